"""Calls that will not be made any more: the campaign was stopped, or its time is over."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, or_, select, update

from handlers.channels.calls.holding import one_act
from handlers.channels.calls.open_orders import CALL, is_over
from handlers.channels.calls.settling import settle_calls
from handlers.contacts import AnySession
from models.call import Call
from models.campaign import Campaign
from models.execution import Contact, WorkOrder

#: (state, cause) of a customer on a call list who was never called: called off, or no day is left
CALLED_OFF, TOO_LATE = ("stopped", "not_called"), ("suppressed", "too_late")


def end_calls(session: AnySession, work_order_ids: Collection[int], now: datetime) -> int:
    """Take what waits off the list; how many calls that ends.

    Who was never tried was not met and will not be; who was tried in vain was not reached; who was reached
    stays so. A talk under way goes on, and its result is kept. Nothing is committed.
    """
    return _end(session, work_order_ids, CALLED_OFF, now)


def _end(
    session: AnySession, work_order_ids: Collection[int], untried: tuple[str, str], now: datetime
) -> int:
    over = or_(Call.state == "waiting", and_(Call.state == "taken", Call.leased_until <= now))
    asked = (
        select(Call.id, Call.contact_id, Call.campaign_id, Call.attempts)
        .where(Call.work_order_id.in_(work_order_ids), over)
        .order_by(Call.id)
        .with_for_update()
    )
    rows = session.execute(asked).all()
    _close(session, [r.contact_id for r in rows if r.attempts], ("not_reached", ""), now)
    _close(session, [r.contact_id for r in rows if not r.attempts], untried, now)
    for campaign_id in {row.campaign_id for row in rows}:
        unmet = [row.contact_id for row in rows if row.campaign_id == campaign_id]
        settle_calls(session, campaign_id, _not_met(session, unmet), 0, now)
    for part in _parts([row.id for row in rows]):
        ended = update(Call).where(Call.id.in_(part))
        session.execute(ended.values(state="stopped", ended_at=now, fence=Call.fence + 1, leased_until=None))
    session.expire_all()
    return len(rows)


def end_overdue(session: AnySession, now: datetime) -> int:
    """End the calls of campaigns whose last day is past; how many that are."""
    with one_act(session):
        asked = (
            select(WorkOrder.id)
            .join(Campaign, Campaign.id == WorkOrder.campaign_id)
            .where(WorkOrder.channel == CALL, WorkOrder.state.in_(("dispatched", "paused")), is_over(now))
        )
        return _end(session, session.scalars(asked).all(), TOO_LATE, now)


def _close(session: AnySession, contacts: list[int], become: tuple[str, str], now: datetime) -> None:
    state, cause = become
    for part in _parts(contacts):
        session.execute(
            update(Contact)
            .where(Contact.id.in_(part), Contact.state == "handed_over")
            .values(state=state, cause=cause, settled_at=now)
            .execution_options(synchronize_session=False)
        )


def _not_met(session: AnySession, contacts: list[int]) -> list[int]:
    """Those of them who were never reached, by sid."""
    found: list[int] = []
    for part in _parts(contacts):
        asked = select(Contact.sid).where(Contact.id.in_(part), Contact.state != "reached")
        found += session.scalars(asked)
    return found


def _parts(ids: list[int], size: int = 500) -> list[list[int]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
