"""A person holds a work order back, lets it go on, or ends it: at most one window of messages follows.

Each raises the fence of its batches, so the next commit of whoever sends them fails. The fence comes first:
who was begun to be sent to is known only when no sender can begin another.
"""

from datetime import datetime

import numpy as np
from sqlalchemy import ColumnElement, and_, func, or_, select, update

from handlers.channels.outbox.claiming import OPEN
from handlers.channels.outbox.rows import change
from handlers.contacts import AnySession, release
from models.base import Problem
from models.call import Call
from models.execution import Contact, WorkOrder
from models.sending import SendBatch

#: states in which a work order can still be ended
UNDER_WAY = ("dispatched", "paused")
#: calls nobody has ended yet
OPEN_CALLS = ("waiting", "taken")


class NotUnderWay(Problem):
    """Somebody was faster, or it was over before."""

    message = "Work order %(number)s is not being carried out (%(state)s); nothing was changed."


class NotPaused(Problem):
    """What goes on cannot be let go on."""

    message = "Work order %(number)s is not paused (%(state)s); nothing was changed."


def pause(session: AnySession, order: WorkOrder, by: str, reason: str, now: datetime) -> None:
    """Send nothing more of this work order until it is resumed."""
    order = _locked(session, order)
    if order.state != "dispatched":
        raise NotUnderWay(number=order.number, state=order.state)
    order.state, order.paused_by, order.paused_at, order.pause_reason = "paused", by, now, reason
    _raise_fences(session, order.id, ("ready", "taken"), "held")


def resume(session: AnySession, order: WorkOrder, now: datetime) -> None:
    """Go on where it was paused; nobody who may have been sent to is sent to again."""
    order = _locked(session, order)
    if order.state != "paused":
        raise NotPaused(number=order.number, state=order.state)
    order.state, order.paused_by, order.paused_at, order.pause_reason = "dispatched", "", None, ""
    _raise_fences(session, order.id, ("held",), "ready")
    look_again(session, now, order.id)


def stop(session: AnySession, order: WorkOrder, now: datetime) -> int:
    """End this work order for good: who was not begun to be sent to or called never will be; how many."""
    order = _locked(session, order)
    if order.state not in UNDER_WAY:
        raise NotUnderWay(number=order.number, state=order.state)
    _raise_fences(session, order.id, OPEN, "sent")
    order.state = "stopped"
    return _stop_contacts(session, order, now)


def look_again(session: AnySession, now: datetime, work_order_id: int | None = None) -> int:
    """Let what waits for its hour be looked at now: hours or blackouts were changed; how many batches."""
    waiting = update(SendBatch).where(SendBatch.state == "ready", SendBatch.due_at > now)
    if work_order_id is not None:
        waiting = waiting.where(SendBatch.work_order_id == work_order_id)
    return change(session, waiting.values(due_at=now))


def is_open(session: AnySession, campaign_id: int) -> bool:
    """Something of the campaign may still be sent or called, or was sent and is not settled yet."""
    orders = select(WorkOrder.id).where(WorkOrder.campaign_id == campaign_id)
    batch = select(SendBatch.id).where(SendBatch.work_order_id.in_(orders), SendBatch.state != "settled")
    call = select(Call.id).where(Call.campaign_id == campaign_id, Call.state.in_(OPEN_CALLS))
    return any(session.scalars(asked.limit(1)).first() is not None for asked in (batch, call))


def has_work(session: AnySession, order: WorkOrder) -> bool:
    """The work order has batches to send or calls to make."""
    batch = select(SendBatch.id).where(SendBatch.work_order_id == order.id, SendBatch.state.in_(OPEN))
    call = select(Call.id).where(Call.work_order_id == order.id, Call.state.in_(OPEN_CALLS))
    return any(session.scalars(asked.limit(1)).first() is not None for asked in (batch, call))


def _locked(session: AnySession, order: WorkOrder) -> WorkOrder:
    """The work order as it is now; of two who act on it at once, one waits for the other."""
    return session.get_one(WorkOrder, order.id, populate_existing=True, with_for_update=True)


def _raise_fences(session: AnySession, work_order_id: int, states: tuple[str, ...], then: str) -> None:
    which = (SendBatch.work_order_id == work_order_id, SendBatch.state.in_(states))
    change(session, update(SendBatch).where(*which).values(fence=SendBatch.fence + 1, state=then))


def _stop_contacts(session: AnySession, order: WorkOrder, now: datetime) -> int:
    """Calls end with their rows; of a message not even a part may have left."""
    calls = (Call.work_order_id == order.id, Call.state.in_(OPEN_CALLS))
    uncalled = select(Call.contact_id).where(*calls, Call.attempts == 0)
    which = or_(
        Contact.state == "waiting",
        and_(Contact.state == "planned", ~_may_have_left()),
        and_(Contact.state == "handed_over", Contact.id.in_(uncalled)),
    )
    stopped = (
        update(Contact)
        .where(Contact.work_order_id == order.id, which)
        .values(state="stopped", settled_at=now)
        .returning(Contact.sid)
    )
    found = session.scalars(stopped, execution_options={"synchronize_session": False})
    sids = np.fromiter(found, dtype=np.int64)
    ended = {"state": "stopped", "ended_at": now, "taken_by": None, "leased_until": None}
    change(session, update(Call).where(*calls).values(fence=Call.fence + 1, **ended))
    release(session, order.campaign_id, now, order.channel, sids)
    return len(sids)


def _may_have_left() -> ColumnElement[bool]:
    return (
        select(SendBatch.id)
        .where(
            SendBatch.work_order_id == Contact.work_order_id,
            SendBatch.state != "settled",
            Contact.id.between(SendBatch.first_id, SendBatch.intended_to),
        )
        .correlate(Contact)
        .exists()
    )
