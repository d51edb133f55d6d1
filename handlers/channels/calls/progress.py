"""How far the calling is today: of each work order, of one call agent, and when something is due next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from handlers.channels.calls.centre import CallCentre
from handlers.channels.calls.open_orders import PROVINCE, blackouts, worked
from handlers.channels.calls.outcomes import TO_CONFIRM
from handlers.channels.calls.pulling import KEPT_FOR
from handlers.contacts import AnySession, beginning_of
from handlers.contacts.limits import LOCAL
from models.call import Call, CallAttempt
from models.campaign import Campaign
from models.execution import Contact, WorkOrder

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Calls of today."""

    #: tries made
    called: int
    #: of them, customers who ordered
    successes: int
    #: of them, customers who said yes and have not confirmed yet
    to_confirm: int


@dataclass(frozen=True, kw_only=True)
class OrderTally:
    """A work order today."""

    number: str
    campaign: str
    tally: Tally
    #: customers still to be called before the day ends
    left: int


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A call agent's day, and the lists worked on."""

    mine: Tally
    orders: tuple[OrderTally, ...]

    @property
    def left(self) -> int:
        """Customers of all lists still to be called today."""
        return sum(order.left for order in self.orders)


def progress(session: AnySession, centre: CallCentre, login: str, now: datetime) -> Progress:
    """Today so far, by the working day of the province."""
    first = beginning_of(now.astimezone(LOCAL).date())
    ids = list(worked(session, centre, now))
    tallies, left = _tallies(session, ids, first), _left(session, ids, first + ONE_DAY)
    asked = (
        select(WorkOrder.id, WorkOrder.number, Campaign.name)
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .where(WorkOrder.id.in_(ids))
        .order_by(WorkOrder.id)
    )
    orders = tuple(
        OrderTally(
            number=number, campaign=name, tally=tallies.get(order_id, NOTHING), left=left.get(order_id, 0)
        )
        for order_id, number, name in session.execute(asked)
    )
    return Progress(mine=_tally(session, CallAttempt.login == login, first), orders=orders)


def next_due(session: AnySession, centre: CallCentre, login: str, now: datetime) -> datetime | None:
    """When this call agent can pull something: now, later within the hours, or None while nothing waits."""
    hours = worked(session, centre, now)
    earliest = blackouts(session, now).get(PROVINCE, now)
    others = and_(Call.is_appointed.is_(True), or_(Call.taken_by.is_(None), Call.taken_by != login))
    asked = (
        select(
            Call.work_order_id,
            func.min(case((others, None), else_=Call.due_at)),
            func.min(case((others, Call.due_at))),
        )
        .where(Call.work_order_id.in_(list(hours)), Call.state == "waiting")
        .group_by(Call.work_order_id)
    )
    openings = [
        hours[order_id].opening(max(at, earliest))
        for order_id, own, kept in session.execute(asked)
        for at in (own, kept + KEPT_FOR if kept else None)
        if at is not None
    ]
    return min((at for at in openings if at is not None), default=None)


NOTHING = Tally(called=0, successes=0, to_confirm=0)
_COUNTED = (
    func.count(),
    func.count(case((Contact.outcome == "success", 1))),
    func.count(case((Contact.reason == TO_CONFIRM, 1))),
)


def _tally(session: AnySession, whose: ColumnElement[bool], first: datetime) -> Tally:
    asked = (
        select(*_COUNTED)
        .select_from(CallAttempt)
        .join(Call, Call.id == CallAttempt.call_id)
        .join(Contact, Contact.id == Call.contact_id)
        .where(whose, CallAttempt.ended_at >= first)
    )
    called, successes, to_confirm = session.execute(asked).one()
    return Tally(called=called, successes=successes, to_confirm=to_confirm)


def _tallies(session: AnySession, orders: Sequence[int], first: datetime) -> dict[int, Tally]:
    asked = (
        select(Call.work_order_id, *_COUNTED)
        .select_from(CallAttempt)
        .join(Call, Call.id == CallAttempt.call_id)
        .join(Contact, Contact.id == Call.contact_id)
        .where(Call.work_order_id.in_(orders), CallAttempt.ended_at >= first)
        .group_by(Call.work_order_id)
    )
    return {
        order_id: Tally(called=called, successes=successes, to_confirm=to_confirm)
        for order_id, called, successes, to_confirm in session.execute(asked)
    }


def _left(session: AnySession, orders: Sequence[int], end: datetime) -> dict[int, int]:
    asked = (
        select(Call.work_order_id, func.count())
        .where(Call.work_order_id.in_(orders))
        .where(or_(Call.state == "taken", and_(Call.state == "waiting", Call.due_at < end)))
        .group_by(Call.work_order_id)
    )
    return {order_id: count for order_id, count in session.execute(asked)}
