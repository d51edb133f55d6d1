"""The runs of regular work: announced once a moment however many clocks tick, taken by one worker each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.engine.incidents import described
from app.engine.problems import JobLost
from app.engine.tries import LEASE, PUT_OFF_TOO_FAR, TOO_FAR, pause_after, tries_for
from app.regular import Regular
from models.base import Problem, read_only, wake_workers
from models.schedule import ScheduledRun

_UNTRACKED: dict[str, Any] = {"synchronize_session": False, "populate_existing": True}


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A run one worker has taken."""

    run_id: int
    name: str
    due_at: datetime
    fence: int
    attempts: int


class RunUnknown(Problem):
    """No such run."""

    message = "There is no run %(run_id)s of regular work."


class RunNotFailed(Problem):
    """Somebody was faster, or it never failed."""

    message = "This run of regular work has not failed (%(state)s)."


# -- announcing


def missing(session: Session, regular: Sequence[Regular], now: datetime) -> list[dict[str, Any]]:
    """The runs there ought to be by now and are not."""
    asked = select(ScheduledRun.name, func.max(ScheduledRun.due_at)).group_by(ScheduledRun.name)
    last = {name: moment for name, moment in session.execute(asked)}
    return [
        {"name": each.name, "due_at": moment}
        for each in regular
        for moment in each.missed(last.get(each.name), now)
    ]


def announce(session: Session, regular: Sequence[Regular], now: datetime) -> int:
    """Write down the runs that have become due; what another clock announced first is left alone."""
    with read_only():
        is_complete = not missing(session, regular, now)
        session.rollback()
    if is_complete:
        return 0
    announced = sum(_announce(session, run) for run in missing(session, regular, now))
    wake_workers(session)
    session.commit()
    return announced


def _announce(session: Session, run: Mapping[str, Any]) -> int:
    fresh = {"state": "ready", "attempts": 0, "fence": 0, "message": "", "fields": {}}
    try:
        with session.begin_nested():
            session.execute(insert(ScheduledRun), [{**fresh, **run}])
    except IntegrityError:
        return 0
    return 1


def release(session: Session, machine_now: datetime) -> int:
    """Every lease ends now, for when it is known that nobody works any more; how many that were."""
    held = (ScheduledRun.state == "running", ScheduledRun.leased_until > machine_now)
    ended = update(ScheduledRun).where(*held).values(leased_until=machine_now)
    return int(getattr(session.execute(ended, execution_options=_UNTRACKED), "rowcount", 0))


# -- taking and closing


def due(session: Session, regular: Sequence[Regular], machine_now: datetime) -> int:
    """How many runs want a worker: those to be taken, and those whose lease wants a look."""
    free = and_(_is_ready(machine_now), ScheduledRun.name.not_in(_busy()))
    wanted = or_(free, _is_lost(machine_now), _is_too_far(machine_now))
    asked = select(func.count(ScheduledRun.id)).where(wanted, ScheduledRun.name.in_(_names(regular)))
    return session.scalar(asked) or 0


def open_ones(session: Session, regular: Sequence[Regular]) -> int:
    """How many runs are not over."""
    unfinished = ScheduledRun.state.in_(("ready", "running"))
    asked = select(func.count(ScheduledRun.id)).where(unfinished, ScheduledRun.name.in_(_names(regular)))
    return session.scalar(asked) or 0


def take(session: Session, regular: Sequence[Regular], machine_now: datetime, limit: int) -> list[Taken]:
    """Take up to so many runs, of each piece of work the oldest; who asks at the same time gets others."""
    with read_only():
        is_idle = limit < 1 or not due(session, regular, machine_now)
        session.rollback()
    if is_idle:
        return []
    _give_back(session, machine_now)
    asked = select(ScheduledRun.id, ScheduledRun.name).where(
        _is_ready(machine_now), ScheduledRun.name.in_(_names(regular)), ScheduledRun.name.not_in(_busy())
    )
    found: dict[str, int] = {}
    for run_id, name in session.execute(
        asked.order_by(ScheduledRun.due_at).with_for_update(skip_locked=True)
    ):
        found.setdefault(name, run_id)
    values = {
        "state": "running",
        "attempts": ScheduledRun.attempts + 1,
        "fence": ScheduledRun.fence + 1,
        "leased_until": machine_now + LEASE,
    }
    taken = update(ScheduledRun).where(ScheduledRun.id.in_(list(found.values())[:limit])).values(values)
    rows = session.scalars(taken.returning(ScheduledRun), execution_options=_UNTRACKED).all()
    session.commit()
    return sorted((_taken(row) for row in rows), key=lambda one: one.due_at)


def _taken(row: ScheduledRun) -> Taken:
    return Taken(run_id=row.id, name=row.name, due_at=row.due_at, fence=row.fence, attempts=row.attempts)


def renew(session: Session, taken: Taken, machine_now: datetime) -> bool:
    """The worker is still at it; False where the run is no longer its own."""
    return _set(session, taken, {"leased_until": machine_now + LEASE})


def done(session: Session, taken: Taken, now: datetime) -> bool:
    """The run is over; False where it came too late."""
    return _set(session, taken, {"state": "done", "ended_at": now, "leased_until": None})


def failed(session: Session, taken: Taken, problem: Exception, machine_now: datetime, now: datetime) -> bool:
    """Another try after a pause, or a person: by the rule for jobs."""
    message, fields = described(problem)
    if taken.attempts < tries_for(problem):
        pause = timedelta() if isinstance(problem, JobLost) else pause_after(taken.attempts)
        after = {"state": "ready", "leased_until": machine_now + pause}
    else:
        after = {"state": "failed", "leased_until": None, "ended_at": now}
    return _set(session, taken, {**after, "message": message, "fields": fields})


def retry(session: Session, run_id: int) -> ScheduledRun:
    """Let a run that failed be tried again, with all its tries before it."""
    again = {"state": "ready", "attempts": 0, "leased_until": None, "ended_at": None}
    mine = (ScheduledRun.id == run_id, ScheduledRun.state == "failed")
    asked = update(ScheduledRun).where(*mine).values(again).returning(ScheduledRun)
    row = session.scalars(asked, execution_options=_UNTRACKED).first()
    if row is None:
        raise RunNotFailed(state=get(session, run_id).state)
    wake_workers(session)
    return row


def get(session: Session, run_id: int) -> ScheduledRun:
    """The run as it is now."""
    found = session.get(ScheduledRun, run_id, populate_existing=True)
    if found is None:
        raise RunUnknown(run_id=run_id)
    return found


def _give_back(session: Session, machine_now: datetime) -> None:
    """Runs whose worker is gone have had a failed try; leases from before the clock was set back are cut."""
    shortened = {"leased_until": machine_now + LEASE}
    cut = update(ScheduledRun).where(_is_too_far(machine_now)).values(shortened)
    session.execute(cut, execution_options=_UNTRACKED)
    for row in session.scalars(select(ScheduledRun).where(_is_lost(machine_now))).all():
        failed(session, _taken(row), JobLost(attempt=row.attempts), machine_now, machine_now)


def _set(session: Session, taken: Taken, values: Mapping[str, Any]) -> bool:
    mine = (
        ScheduledRun.id == taken.run_id,
        ScheduledRun.state == "running",
        ScheduledRun.fence == taken.fence,
    )
    changed = session.execute(update(ScheduledRun).where(*mine).values(values), execution_options=_UNTRACKED)
    return bool(getattr(changed, "rowcount", 0))


def _is_ready(machine_now: datetime) -> ColumnElement[bool]:
    """A run that is put off waits until its lease field says; put off too far, it waits no more."""
    until = ScheduledRun.leased_until
    free = or_(until.is_(None), until <= machine_now, until > machine_now + PUT_OFF_TOO_FAR)
    return and_(ScheduledRun.state == "ready", free)


def _is_lost(machine_now: datetime) -> ColumnElement[bool]:
    return and_(ScheduledRun.state == "running", ScheduledRun.leased_until <= machine_now)


def _is_too_far(machine_now: datetime) -> ColumnElement[bool]:
    return and_(ScheduledRun.state == "running", ScheduledRun.leased_until > machine_now + TOO_FAR)


def _busy() -> Select[str]:
    """Of each piece of regular work one run at a time."""
    return select(ScheduledRun.name).where(ScheduledRun.state == "running")


def _names(regular: Sequence[Regular]) -> list[str]:
    return [each.name for each in regular]
