"""A work order becomes batches: from here on a sender may take them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from handlers.channels.outbox.claiming import stand_in_line
from handlers.contacts import AnySession
from models.execution import Contact, WorkOrder
from models.sending import LAST, SendBatch

#: contacts of one batch
SIZE = 1_000
#: (first id, last id, people) of a batch
Span = tuple[int, int, int]


def open_batches(session: AnySession, order: WorkOrder, now: datetime, size: int = SIZE) -> int:
    """Cut the contacts still planned into batches, once; how many there are."""
    known = select(SendBatch.id).where(SendBatch.work_order_id == order.id)
    if session.scalars(known.limit(1)).first() is not None:
        return 0
    place = func.row_number().over(order_by=Contact.id) - 1
    planned = select(Contact.id, (place // size).label("part")).where(
        Contact.work_order_id == order.id, Contact.state == "planned"
    )
    of = planned.subquery().c
    cut = select(func.min(of.id), func.max(of.id), func.count()).group_by(of.part).order_by(of.part)
    spans = [(first, last, people) for first, last, people in session.execute(cut)]
    add_batches(session, order.id, spans, now)
    return len(spans)


def add_batches(session: AnySession, work_order_id: int, spans: Sequence[Span], due_at: datetime) -> None:
    """More batches of a work order, behind those there are."""
    counted = select(func.coalesce(func.max(SendBatch.number), 0))
    last = session.scalar(counted.where(SendBatch.work_order_id == work_order_id)) or 0
    rows: list[dict[str, Any]] = [
        {
            "work_order_id": work_order_id,
            "number": number,
            "first_id": first_id,
            "last_id": last_id,
            "people": people,
            "state": "ready",
            "turn": LAST,
            "due_at": due_at,
            "fence": 0,
            "intended_to": 0,
        }
        for number, (first_id, last_id, people) in enumerate(spans, start=last + 1)
    ]
    if rows:
        session.execute(insert(SendBatch), rows)
        stand_in_line(session, work_order_id)
