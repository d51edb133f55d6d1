"""Messages of unknown fate, written to the wire and never answered: a receipt tells, or a person decides."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.orm import aliased

from handlers.channels.outbox.opening import Span, add_batches
from handlers.channels.outbox.rows import change
from handlers.channels.outbox.settling import WRITTEN_OFF, enter_contacts
from handlers.contacts import AnySession
from models.execution import Contact, WorkOrder
from models.sending import SendAnswer, SendBatch

#: what a person may say of all unknown messages of a work order
Verdict = Literal["sent", "again", "written_off"]
#: ids asked for in one statement
AT_ONCE = 500


def settle_unknown(session: AnySession, order: WorkOrder, verdict: Verdict, now: datetime) -> int:
    """Count the unknown of a work order as sent, send to them again, or write them off; how many.

    Where a batch of the same customers is still under way, they are not sent to again: ask later.
    """
    unknown = (Contact.work_order_id == order.id, Contact.state == "unknown")
    if verdict == "again":
        return _send_again(session, order, now)
    if verdict == "sent":
        return _count_as_sent(session, order, unknown, now)
    return _write_off(session, order, unknown, now)


def hear_of(session: AnySession, contact_ids: Sequence[int], now: datetime) -> int:
    """Receipts came for messages of unknown fate: they were sent after all; how many."""
    changed = 0
    for start in range(0, len(contact_ids), AT_ONCE):
        these = Contact.id.in_(contact_ids[start : start + AT_ONCE])
        orders = select(WorkOrder).where(WorkOrder.id.in_(select(Contact.work_order_id).where(these)))
        for order in session.scalars(orders).all():
            which = (these, Contact.work_order_id == order.id, Contact.state == "unknown")
            changed += _count_as_sent(session, order, which, now)
    return changed


def match_centre_ids(session: AnySession, centre_ids: Sequence[str]) -> dict[str, int]:
    """Whose messages these ids of the SMS centre are; a centre that begins again means the latest."""
    found: dict[str, int] = {}
    for start in range(0, len(centre_ids), AT_ONCE):
        asked = select(SendAnswer.centre_id, SendAnswer.contact_id).where(
            SendAnswer.centre_id.in_(centre_ids[start : start + AT_ONCE]), SendAnswer.status == 0
        )
        found |= {centre_id: contact for centre_id, contact in session.execute(asked.order_by(SendAnswer.id))}
    return found


def the_unknown_of(session: AnySession, sid: int) -> int | None:
    """The one message of unknown fate of a customer; None where there is none, or more than one."""
    asked = select(Contact.id).where(Contact.sid == sid, Contact.state == "unknown").limit(2)
    found = session.scalars(asked).all()
    return found[0] if len(found) == 1 else None


def _count_as_sent(
    session: AnySession, order: WorkOrder, which: Sequence[ColumnElement[bool]], now: datetime
) -> int:
    """When it was: while its last batch was under way."""
    ended = (
        select(func.max(SendBatch.ended_at))
        .where(SendBatch.work_order_id == Contact.work_order_id)
        .where(Contact.id.between(SendBatch.first_id, SendBatch.last_id))
        .correlate(Contact)
        .scalar_subquery()
    )
    changed = (
        update(Contact)
        .where(*which)
        .values(state="accepted", contacted_at=func.coalesce(ended, now, type_=Contact.contacted_at.type))
        .returning(Contact.sid, Contact.contacted_at)
    )
    met = session.execute(changed, execution_options={"synchronize_session": False}).all()
    enter_contacts(session, order, ((sid, 1, at or now) for sid, at in met), now)
    return len(met)


def _write_off(
    session: AnySession, order: WorkOrder, which: Sequence[ColumnElement[bool]], now: datetime
) -> int:
    changed = (
        update(Contact)
        .where(*which)
        .values(state="failed", cause=WRITTEN_OFF, settled_at=now)
        .returning(Contact.sid)
    )
    sids = session.scalars(changed, execution_options={"synchronize_session": False}).all()
    enter_contacts(session, order, ((sid, 0, now) for sid in sids), now)
    return len(sids)


def _send_again(session: AnySession, order: WorkOrder, now: datetime) -> int:
    """One batch for each they were in, so that nobody is ever in two that are open."""
    rows = _unknown_by_batch(session, order)
    spans: list[Span] = [(row.first, row.last, row.people) for row in rows]
    for first, last, _ in spans:
        mine = (Contact.work_order_id == order.id, Contact.id.between(first, last))
        change(session, update(Contact).where(*mine, Contact.state == "unknown").values(state="planned"))
    add_batches(session, order.id, spans, now)
    return sum(people for _, _, people in spans)


def _unknown_by_batch(session: AnySession, order: WorkOrder) -> Sequence[Row[int, int, int]]:
    """First, last and how many unknown contacts of each first batch that no open one overlaps."""
    own, other = aliased(SendBatch), aliased(SendBatch)
    covers = (other.work_order_id == order.id, other.first_id <= own.first_id, other.last_id >= own.last_id)
    follows = select(other.id).where(*covers, other.number < own.number).exists()
    overlaps = (other.first_id <= own.last_id, other.last_id >= own.first_id)
    is_open = select(other.id).where(other.work_order_id == order.id, *overlaps, other.state != "settled")
    return session.execute(
        select(
            func.min(Contact.id).label("first"),
            func.max(Contact.id).label("last"),
            func.count().label("people"),
        )
        .join(own, Contact.id.between(own.first_id, own.last_id))
        .where(own.work_order_id == order.id, ~follows, ~is_open.exists())
        .where(Contact.work_order_id == order.id, Contact.state == "unknown")
        .group_by(own.id)
        .order_by(own.id)
    ).all()
