"""In whose hands a call is: the fence says so, and every act of a call agent is one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from handlers.channels.calls.problems import CallGone, NoSuchCall, PutBack, ResultKnown, TakenByAnother
from handlers.contacts import AnySession
from models.base import Problem
from models.call import Call, CallAttempt


@contextmanager
def one_act(session: AnySession) -> Iterator[None]:
    """All of it or nothing."""
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise


def lock(session: AnySession, call_id: int) -> Call:
    """The call as it is now; whoever else wants to change it waits."""
    call: Call | None = session.get(Call, call_id, with_for_update=True, populate_existing=True)
    if call is None:
        raise NoSuchCall(call=call_id)
    return call


def require_held(session: AnySession, call: Call, fence: int, login: str) -> None:
    """Raise CallGone unless this call agent has the call by this very pull."""
    if not is_held(call, fence, login):
        raise CallGone(why=_why(session, call))


def is_held(call: Call, fence: int, login: str) -> bool:
    """The fence decides and not the clock.

    A talk that outlasts its lease counts, as long as nobody else has pulled the call meanwhile.
    """
    return call.state == "taken" and call.fence == fence and call.taken_by == login


def hold(session: AnySession, call_id: int, fence: int, login: str) -> Call:
    """The call, locked, if it is still in these hands; raises CallGone or NoSuchCall."""
    call = lock(session, call_id)
    require_held(session, call, fence, login)
    return call


def let_go(call: Call) -> None:
    """Whatever else is handed in by the same pull comes too late."""
    call.fence += 1
    call.leased_until = None


def put_back(session: AnySession, call_id: int, fence: int, login: str) -> None:
    """The call lies among the others again as if it had never been pulled; for a break."""
    with one_act(session):
        call = hold(session, call_id, fence, login)
        call.state = "waiting"
        let_go(call)


def _why(session: AnySession, call: Call) -> Problem:
    if call.state == "taken":
        return TakenByAnother(login=call.taken_by, at=call.taken_at)
    asked = select(CallAttempt.ended_at).where(CallAttempt.call_id == call.id)
    ended = session.scalars(asked.where(CallAttempt.began_at == call.taken_at)).first()
    return PutBack() if ended is None else ResultKnown(at=ended)
