"""The last look at a batch before the wire, and what follows where it may not be sent now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import and_, or_, update
from sqlalchemy.orm import Session

from handlers.channels.outbox.aside import leave_out
from handlers.channels.outbox.claiming import Taken, give_back, is_ours
from handlers.channels.outbox.gates import Closed, Held, Open, Over, Shut, gate
from handlers.channels.outbox.holding import locked, pause
from handlers.channels.outbox.journal import Standing, standing
from handlers.channels.outbox.loading import Sorted, people_of, sort_people
from handlers.channels.outbox.rows import change
from handlers.channels.outbox.tools import Load, Tools
from models.base import Problem
from models.execution import Contact, WorkOrder
from models.sending import SendBatch

#: who holds a work order back that must not be sent
SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class Cleared:
    """A batch that may be sent, and who of it may not."""

    load: Load
    people: Sorted


def look(session: Session, batches: Sequence[Taken], tools: Tools, now: datetime) -> list[Cleared | Closed]:
    """Read everything that speaks for or against these batches of one work order; nothing is changed."""
    order = session.get_one(WorkOrder, batches[0].work_order_id)
    stands = standing(session, order.campaign_id, now)
    found = gate(session, order, tools, now)
    if not isinstance(found, Open):
        return [found for _ in batches]
    try:
        people = sort_people(session, batches, order, tools, now)
    except Problem as problem:
        return [Held(problem=problem) for _ in batches]
    clear = partial(_clear, order=order, until=found.until, stands=stands, now=now)
    return [clear(taken, each) for taken, each in zip(batches, people, strict=True)]


def _clear(
    taken: Taken, people: Sorted, *, order: WorkOrder, until: datetime, stands: Standing, now: datetime
) -> Cleared | Shut:
    if people.waits_until is not None and len(people.waiting) and not people.messages:
        return Shut(until=people.waits_until, is_for_all=False)
    load = Load(
        taken=taken,
        campaign_id=order.campaign_id,
        channel=order.channel,
        is_repeated=order.campaign.delivery == "at_least_once",
        looked_at=now,
        until=until,
        standing=stands,
        messages=people.messages,
    )
    return Cleared(load=load, people=people)


def close(session: Session, taken: Taken, found: Closed, now: datetime) -> None:
    """Write down what follows for a batch that may not be sent now; nothing where it is no longer ours."""
    if isinstance(found, Shut):
        _put_off(session, taken, found)
    elif isinstance(found, Held):
        _hold(session, taken, found, now)
    else:
        _end(session, taken, found, now)


def _put_off(session: Session, taken: Taken, found: Shut) -> None:
    if give_back(session, taken, found.until) and found.is_for_all:
        others = (SendBatch.work_order_id == taken.work_order_id, SendBatch.state == "ready")
        later = update(SendBatch).where(*others, SendBatch.due_at < found.until)
        change(session, later.values(due_at=found.until))


def _hold(session: Session, taken: Taken, found: Held, now: datetime) -> None:
    """A work order that must not be sent is paused as a person would, and a person lets it go on."""
    order = locked(session, session.get_one(WorkOrder, taken.work_order_id))
    if found.problem is not None and order.state == "dispatched":
        pause(session, order, SYSTEM, str(found.problem), now)
    if order.state == "paused":
        is_held = and_(SendBatch.id == taken.id, SendBatch.state == "held")
        held = update(SendBatch).where(or_(is_held, and_(*is_ours(taken))))
        change(session, held.values(state="held", leased_until=None))
    else:
        give_back(session, taken, now)


def _end(session: Session, taken: Taken, found: Over, now: datetime) -> None:
    """Who is left will not be sent to; what was begun is settled."""
    ended = {"state": "sent", "leased_until": None}
    if not change(session, update(SendBatch).where(*is_ours(taken)).values(ended)):
        return
    order = session.get_one(WorkOrder, taken.work_order_id)
    left = people_of(session, taken, Contact.id > taken.intended_to)
    leave_out(session, order, left, now, state=found.state, cause=found.cause)
