"""What came of a try: kept once, and all that follows from it in the same transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from handlers.channels.calls.asking import answer_of, drop_question
from handlers.channels.calls.centre import CallCentre
from handlers.channels.calls.holding import let_go, lock, one_act, require_held
from handlers.channels.calls.open_orders import hours_of
from handlers.channels.calls.outcomes import (
    HOPELESS,
    MOST_TRIES,
    NO_MORE_CALLS,
    PAUSE,
    TO_CONFIRM,
    Outcome,
    Result,
)
from handlers.channels.calls.problems import CalledOff, ConfirmationMissing, KeyUsedBefore
from handlers.channels.calls.settling import settle_calls
from handlers.channels.calls.slots import book
from handlers.channels.hours import Hours
from handlers.contacts import AnySession, Refusal, refuse
from handlers.contacts.limits import local_day
from models.call import Call, CallAttempt
from models.execution import Contact, WorkOrder
from models.feedback import Feedback


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """The answer to a result; the same however often it is handed in."""

    call_id: int
    attempt: int
    outcome: str
    reason: str
    #: when the customer is called again; None where this was the last try
    next_at: datetime | None
    is_appointed: bool

    @classmethod
    def of(cls, attempt: CallAttempt) -> Self:
        """From the row, which never changes."""
        return cls(
            call_id=attempt.call_id,
            attempt=attempt.number,
            outcome=attempt.outcome,
            reason=attempt.reason,
            next_at=attempt.next_at,
            is_appointed=attempt.call_back_at is not None,
        )


@dataclass(frozen=True, kw_only=True)
class Talk:
    """A try that has just ended, with all that its result touches."""

    session: AnySession
    centre: CallCentre
    call: Call
    contact: Contact
    order: WorkOrder
    result: Result
    now: datetime

    @property
    def hours(self) -> Hours:
        """When this campaign may call."""
        return hours_of(self.session, self.centre, self.call.campaign_id)

    def next_try(self) -> datetime | None:
        """After a pause, within the hours; None where the campaign is over by then."""
        at, last = self.hours.opening(self.now + PAUSE), self.order.campaign.end_on
        return None if at is None or (last is not None and local_day(at) > last) else at

    @property
    def goes_on(self) -> bool:
        """False once the work order was stopped or its time is over."""
        return self.order.state in ("dispatched", "paused")


def record(
    session: AnySession,
    centre: CallCentre,
    call_id: int,
    fence: int,
    login: str,
    result: Result,
    now: datetime,
) -> Recorded:
    """Keep the result of a try once: the same key again gives the same answer and changes nothing.

    Raises CallGone for a result whose call has gone to somebody else, and keeps nothing of it.
    """
    result.check()
    try:
        return _record(session, centre, call_id, fence, login, result, now)
    except IntegrityError:
        # the same key came for two calls at once: now we see the other one
        return _record(session, centre, call_id, fence, login, result, now)


def _record(
    session: AnySession,
    centre: CallCentre,
    call_id: int,
    fence: int,
    login: str,
    result: Result,
    now: datetime,
) -> Recorded:
    with one_act(session):
        call = lock(session, call_id)
        known = session.scalars(select(CallAttempt).where(CallAttempt.key == result.key)).first()
        if known is not None:
            return _repeated(known, call_id)
        require_held(session, call, fence, login)
        talk = Talk(
            session=session,
            centre=centre,
            call=call,
            contact=session.get_one(Contact, call.contact_id, with_for_update=True),
            order=session.get_one(WorkOrder, call.work_order_id),
            result=result,
            now=now,
        )
        next_at = _FOLLOWS[result.outcome](talk)
        return Recorded.of(_close(talk, next_at, login))


def _repeated(known: CallAttempt, call_id: int) -> Recorded:
    if known.call_id != call_id:
        raise KeyUsedBefore(key=known.key)
    return Recorded.of(known)


def _close(talk: Talk, next_at: datetime | None, login: str) -> CallAttempt:
    """Write the try down, and put the call where it belongs: among the others again, or away."""
    call, result, now = talk.call, talk.result, talk.now
    call.attempts += 1
    attempt = CallAttempt(
        call_id=call.id,
        number=call.attempts,
        key=result.key,
        login=login,
        began_at=call.taken_at,
        ended_at=now,
        outcome=result.outcome,
        reason=result.reason,
        note=result.note.strip(),
        call_back_at=result.call_back_at,
        next_at=next_at,
    )
    talk.session.add(attempt)
    let_go(call)
    call.is_appointed = result.call_back_at is not None
    if next_at is None:
        call.state, call.ended_at = "done", now
        talk.contact.settled_at = now
    else:
        call.state, call.due_at = "waiting", next_at
    talk.session.flush()
    return attempt


def _succeed(talk: Talk) -> None:
    """A success is the customer's own yes; until it comes he considers. Where nothing is ordered: at once."""
    answer = answer_of(talk.session, talk.contact)
    if answer == "missing":
        raise ConfirmationMissing()
    if answer == "open":
        _meet(talk, "consider", TO_CONFIRM)
    else:
        _meet(talk, "success", "")


def _consider(talk: Talk) -> datetime | None:
    """Called back where the customer named a time; a question put to him may still be answered."""
    at = talk.result.call_back_at
    if at is not None:
        if not talk.goes_on:
            raise CalledOff()
        book(talk.session, at, talk.now, talk.hours, talk.order.campaign.end_on)
    _meet(talk, "consider", talk.result.reason)
    return at


def _refuse(talk: Talk) -> None:
    """This is not offered to him by call again; who wants no calls at all gets none from now on."""
    drop_question(talk.session, talk.contact)
    _meet(talk, "refuse", talk.result.reason)
    if talk.result.reason == NO_MORE_CALLS:
        _opt_out(talk)


def _not_reached(talk: Talk) -> datetime | None:
    """Tried again some hours later; in the end a customer nobody reached is no contact."""
    drop_question(talk.session, talk.contact)
    call, result = talk.call, talk.result
    may_go_on = call.attempts + 1 < MOST_TRIES and result.reason not in HOPELESS
    if may_go_on and talk.goes_on and (again := talk.next_try()) is not None:
        return again
    if talk.contact.state == "handed_over":
        talk.contact.state, talk.contact.reason = "not_reached", result.reason
        settle_calls(talk.session, talk.call.campaign_id, [talk.call.sid], 0, talk.now)
    return None


_FOLLOWS: Mapping[Outcome, Callable[[Talk], datetime | None]] = {
    "success": _succeed,
    "consider": _consider,
    "refuse": _refuse,
    "not_reached": _not_reached,
}


def _meet(talk: Talk, outcome: Outcome, reason: str) -> None:
    """The customer was talked to: one contact, however often he is called back; an order stays an order."""
    contact = talk.contact
    if contact.state != "reached":
        contact.state, contact.contacted_at = "reached", talk.now
        settle_calls(talk.session, talk.call.campaign_id, [talk.call.sid], 1, talk.now)
    if contact.outcome != "success":
        contact.outcome, contact.reason = outcome, reason


def _opt_out(talk: Talk) -> None:
    """In force at once, and counted among what the campaign brought back."""
    refuse(talk.session, [Refusal(sid=talk.call.sid, channel="call", since=talk.now)], source="staff")
    talk.session.add(
        Feedback(
            feed="opt_out",
            key=f"call-{talk.call.id}-{talk.call.attempts + 1}",
            sid=talk.call.sid,
            channel="call",
            body={"text": talk.result.note.strip()},
            occurred_at=talk.now,
            received_at=talk.now,
            state="matched",
            campaign_id=talk.call.campaign_id,
        )
    )
