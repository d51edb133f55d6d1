"""A work order becomes batches: from here on a sender may take them."""

from datetime import datetime

from sqlalchemy import insert, select

from handlers.contacts import AnySession
from models.execution import Contact, WorkOrder
from models.sending import SendBatch

#: contacts of one batch
SIZE = 1_000


def open_batches(session: AnySession, order: WorkOrder, now: datetime) -> int:
    """Cut the contacts still planned into batches, once; how many there are."""
    known = select(SendBatch.id).where(SendBatch.work_order_id == order.id)
    if session.scalars(known.limit(1)).first() is not None:
        return 0
    asked = (
        select(Contact.id)
        .where(Contact.work_order_id == order.id, Contact.state == "planned")
        .order_by(Contact.id)
    )
    ids = session.scalars(asked).all()
    rows = [
        {
            "work_order_id": order.id,
            "number": number,
            "first_id": part[0],
            "last_id": part[-1],
            "people": len(part),
            "state": "ready",
            "due_at": now,
            "fence": 0,
            "intended_to": 0,
        }
        for number, part in enumerate((ids[i : i + SIZE] for i in range(0, len(ids), SIZE)), start=1)
    ]
    if rows:
        session.execute(insert(SendBatch), rows)
    return len(rows)
