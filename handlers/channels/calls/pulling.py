"""The next call: one at a time to one call agent, for twenty minutes; whom nobody may call is left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.exc import IntegrityError

from handlers.channels.calls.centre import CallCentre
from handlers.channels.calls.checking import hindrance, obey
from handlers.channels.calls.holding import let_go, one_act
from handlers.channels.calls.open_orders import open_orders
from handlers.contacts import AnySession
from models.call import Call, CallTaking

#: how long a call is kept for who pulled it
LEASE = timedelta(minutes=20)
#: how long an appointment waits for the call agent who made it
KEPT_FOR = timedelta(minutes=10)
#: a locked row is read anew, whatever the session knew of it
AS_IT_IS = {"populate_existing": True}


@dataclass(frozen=True, kw_only=True)
class Held:
    """A call in somebody's hands."""

    call_id: int
    #: goes with everything that is handed in for it
    fence: int
    sid: int
    contact_id: int
    campaign_id: int
    #: which try this is, from 1
    attempt: int
    is_appointed: bool
    taken_at: datetime
    leased_until: datetime

    @classmethod
    def of(cls, call: Call) -> Self:
        """What the row says; only for a call that is taken."""
        assert call.taken_at is not None  # noqa: S101 - a taken call has both
        assert call.leased_until is not None  # noqa: S101
        return cls(
            call_id=call.id,
            fence=call.fence,
            sid=call.sid,
            contact_id=call.contact_id,
            campaign_id=call.campaign_id,
            attempt=call.attempts + 1,
            is_appointed=call.is_appointed,
            taken_at=call.taken_at,
            leased_until=call.leased_until,
        )


def pull(session: AnySession, centre: CallCentre, login: str, now: datetime) -> Held | None:
    """The call this call agent has, or else the next one; None where nothing is due.

    Appointments come first, those of this call agent before others', then calls whose lease ended, then the
    oldest. Each is checked just before it is given (H4): who may not be called is closed with the cause.
    Pulling again gives the same call, so a lost answer does no harm.
    """
    while (held := _take(session, centre, login, now)) is not None:
        found = hindrance(session, centre, held.call_id, now)
        if found is None:
            return held
        obey(session, held.call_id, held.fence, login, found, now)
    return None


def in_hands_of(session: AnySession, login: str) -> Held | None:
    """The call this call agent has now; only looked at."""
    call = session.scalars(_of(login)).first()
    return None if call is None else Held.of(call)


def _take(session: AnySession, centre: CallCentre, login: str, now: datetime) -> Held | None:
    try:
        return _taken(session, centre, login, now)
    except IntegrityError:
        # this call agent asked twice at once: now we see what the other request took
        return _taken(session, centre, login, now)


def _taken(session: AnySession, centre: CallCentre, login: str, now: datetime) -> Held | None:
    with one_act(session):
        call = _mine(session, centre, login, now)
        if call is None:
            call = _next(session, centre, login, now)
            if call is None:
                return None
            _give(session, call, login, now)
        call.leased_until = now + LEASE
        session.flush()
        return Held.of(call)


def _of(login: str) -> Select[Call]:
    return select(Call).where(Call.taken_by == login, Call.state == "taken")


def _mine(session: AnySession, centre: CallCentre, login: str, now: datetime) -> Call | None:
    """What I have; once my lease has ended only if it could be pulled anew, else it goes back."""
    call = session.scalars(_of(login).with_for_update(), execution_options=AS_IT_IS).first()
    if call is None or call.leased_until is None or call.leased_until > now:
        return call
    if call.work_order_id in open_orders(session, centre, now):
        return call
    call.state = "waiting"
    let_go(call)
    session.flush()
    return None


def _next(session: AnySession, centre: CallCentre, login: str, now: datetime) -> Call | None:
    """The first row nobody else is just taking: PostgreSQL skips locked rows, SQLite has one writer."""
    orders = open_orders(session, centre, now)
    if not orders:
        return None
    asked = select(Call).where(Call.work_order_id.in_(orders)).order_by(Call.due_at, Call.id).limit(1)
    for place in _places(login, now):
        call = session.scalars(
            asked.where(place).with_for_update(skip_locked=True),
            execution_options=AS_IT_IS,
        ).first()
        if call is not None:
            return call
    return None


def _places(login: str, now: datetime) -> Iterator[ColumnElement[bool]]:
    """Where to look, in this order."""
    waiting, appointed = Call.state == "waiting", Call.is_appointed.is_(True)
    yield appointed & waiting & (Call.due_at <= now) & (Call.taken_by == login)
    yield appointed & waiting & (Call.due_at <= now - KEPT_FOR)
    yield (Call.state == "taken") & _lease_is_over(now)
    yield Call.is_appointed.is_(False) & waiting & (Call.due_at <= now)


def _lease_is_over(now: datetime) -> ColumnElement[bool]:
    """One that ends later than any can was given before the clock was set back."""
    return or_(Call.leased_until <= now, Call.leased_until > now + 2 * LEASE)


def _give(session: AnySession, call: Call, login: str, now: datetime) -> None:
    """From now on this call agent can dial the number, and that is on record."""
    call.state, call.taken_by, call.taken_at = "taken", login, now
    call.fence += 1
    session.add(CallTaking(call_id=call.id, fence=call.fence, login=login, at=now))
