"""A person holds a work order back, lets it go on, or ends it: at most one window of messages follows.

Each raises the fence of its batches, so the next commit of whoever sends them fails. The fence comes first:
who was begun to be sent to is known only when no sender can begin another.
"""

from datetime import datetime

import numpy as np
from sqlalchemy import ColumnElement, and_, or_, select, update

from handlers.channels.calls import end_calls
from handlers.channels.outbox.claiming import OPEN, stand_in_line
from handlers.channels.outbox.rows import change
from handlers.contacts import AnySession, release
from models.base import Problem
from models.call import Call
from models.execution import Contact, WorkOrder
from models.sending import SendBatch

#: states in which a work order can still be ended
UNDER_WAY = ("dispatched", "paused")
#: states of a call nobody has ended yet
OPEN_CALLS = ("waiting", "taken")


class NotUnderWay(Problem):
    """Somebody was faster, or it was over before."""

    message = "Work order %(number)s is not under way; nothing was changed."


class NotPaused(Problem):
    """What goes on cannot be let go on."""

    message = "Work order %(number)s is not paused; nothing was changed."


def pause(session: AnySession, order: WorkOrder, by: str, reason: str, now: datetime) -> None:
    """Send nothing more of this work order, and have nobody called, until it is resumed."""
    order = locked(session, order)
    if order.state != "dispatched":
        raise NotUnderWay(number=order.number)
    order.state, order.paused_by, order.paused_at, order.pause_reason = "paused", by, now, reason
    _raise_fences(session, order, ("ready", "taken"), "held")


def resume(session: AnySession, order: WorkOrder, now: datetime) -> None:
    """Go on where it was paused; nobody who may have been sent to is sent to again."""
    order = locked(session, order)
    if order.state != "paused":
        raise NotPaused(number=order.number)
    order.state, order.paused_by, order.paused_at, order.pause_reason = "dispatched", "", None, ""
    _raise_fences(session, order, ("held",), "ready")
    stand_in_line(session, order.id)
    look_again(session, now, order.id)


def stop(session: AnySession, order: WorkOrder, now: datetime) -> int:
    """End this work order for good: who was not begun to be sent to or called will not be; how many."""
    order = locked(session, order)
    if order.state not in UNDER_WAY:
        raise NotUnderWay(number=order.number)
    _raise_fences(session, order, OPEN, "sent")
    order.state = "stopped"
    return _stop_messages(session, order, now) + end_calls(session, [order.id], now)


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
    """The work order has messages to be sent or to be settled, or calls to be made."""
    batch = select(SendBatch.id).where(SendBatch.work_order_id == order.id, SendBatch.state != "settled")
    call = select(Call.id).where(Call.work_order_id == order.id, Call.state.in_(OPEN_CALLS))
    return any(session.scalars(asked.limit(1)).first() is not None for asked in (batch, call))


def locked(session: AnySession, order: WorkOrder) -> WorkOrder:
    """The work order as it is now; of two who act on it at once one waits for the other."""
    session.flush()
    session.refresh(order, with_for_update=True)
    return order


def _raise_fences(session: AnySession, order: WorkOrder, states: tuple[str, ...], then: str) -> None:
    which = (SendBatch.work_order_id == order.id, SendBatch.state.in_(states))
    change(session, update(SendBatch).where(*which).values(fence=SendBatch.fence + 1, state=then))


def _stop_messages(session: AnySession, order: WorkOrder, now: datetime) -> int:
    """Of a message nothing may have left, not even a part."""
    unsent = or_(Contact.state == "waiting", and_(Contact.state == "planned", ~_may_have_left()))
    stopped = (
        update(Contact)
        .where(Contact.work_order_id == order.id, unsent)
        .values(state="stopped", settled_at=now)
        .returning(Contact.sid)
    )
    found = session.scalars(stopped, execution_options={"synchronize_session": False})
    sids = np.fromiter(found, dtype=np.int64)
    release(session, order.campaign_id, now, order.channel, sids)
    return len(sids)


def _may_have_left() -> ColumnElement[bool]:
    batch = select(SendBatch.id).where(
        SendBatch.work_order_id == Contact.work_order_id,
        SendBatch.state != "settled",
        Contact.id.between(SendBatch.first_id, SendBatch.intended_to),
    )
    return batch.correlate(Contact).exists()
