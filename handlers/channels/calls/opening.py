"""A work order becomes calls: from here on call agents may pull them."""

from datetime import datetime

from sqlalchemy import Boolean, Integer, String, insert, literal, select, update

from handlers.contacts import AnySession
from models.call import Call
from models.execution import Contact, WorkOrder


def open_calls(session: AnySession, order: WorkOrder, now: datetime) -> int:
    """Put every contact still planned on the call list, once; how many there are."""
    planned = (Contact.work_order_id == order.id, Contact.state == "planned")
    rows = select(
        Contact.id,
        Contact.work_order_id,
        Contact.campaign_id,
        Contact.sid,
        literal("waiting", String),
        literal(now, Call.due_at.type),
        literal(False, Boolean),
        literal(0, Integer),
        literal(0, Integer),
    ).where(*planned)
    columns = (
        Call.contact_id,
        Call.work_order_id,
        Call.campaign_id,
        Call.sid,
        Call.state,
        Call.due_at,
        Call.is_appointed,
        Call.attempts,
        Call.fence,
    )
    opened = session.execute(insert(Call).from_select(list(columns), rows))
    session.execute(update(Contact).where(*planned).values(state="handed_over"))
    return int(getattr(opened, "rowcount", 0))
