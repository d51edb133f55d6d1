"""Work outside the step: begun by a committed row, run under a lease and a fence, ended by a second step.

Two clocks are at work here. When a job is due is told by the product's clock; a lease is a worker's sign of
life and goes by the machine's, which runs on while the product's clock of a demo stands still or jumps.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from app.engine import moments
from app.engine.elements import ServiceTask, properties_of
from app.engine.positions import Position
from app.engine.problems import JobLost, JobNotDue, JobUnknown
from app.engine.tries import LEASE, PUT_OFF_TOO_FAR, TIME_LIMIT, TOO_FAR, pause_after, tries_for
from models.process import Job

_UNTRACKED: dict[str, Any] = {"synchronize_session": False, "populate_existing": True}


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A job one worker has taken."""

    job_id: int
    process_id: int
    element: str
    operation: str
    arguments: dict[str, Any]
    key: str
    fence: int
    attempts: int
    time_limit: timedelta


def _is_ready(now: datetime) -> ColumnElement[bool]:
    """What is put off for longer than any pause was put off before the clock was set back: it is due."""
    from_before = Job.due_at > now + PUT_OFF_TOO_FAR
    return and_(Job.state == "ready", or_(Job.due_at <= now, from_before))


def _is_lost(machine_now: datetime) -> ColumnElement[bool]:
    return and_(Job.state == "running", Job.leased_until <= machine_now)


def due(session: Session, now: datetime, machine_now: datetime, limit: int) -> list[int]:
    """Jobs that want a worker: ready ones, and those whose worker was lost."""
    wanted = or_(_is_ready(now), _is_lost(machine_now))
    return list(session.scalars(select(Job.id).where(wanted).order_by(Job.due_at, Job.id).limit(limit)))


def next_due(session: Session) -> datetime | None:
    """When the next job that waits for its time will be due."""
    return session.scalar(select(func.min(Job.due_at)).where(Job.state == "ready"))


def take(session: Session, now: datetime, machine_now: datetime, limit: int) -> list[Claim]:
    """Take up to so many ready jobs, the longest due first; whoever asks at the same time gets others.

    Jobs of one process go one after the other, in the order they became due.
    """
    busy = select(Job.process_id).where(Job.state == "running")
    asked = select(Job.id, Job.process_id).where(_is_ready(now), Job.process_id.not_in(busy))
    ordered = asked.order_by(Job.due_at, Job.id).limit(4 * limit)
    found: dict[int, int] = {}
    for job_id, process_id in session.execute(ordered.with_for_update(skip_locked=True)):
        found.setdefault(process_id, job_id)
    return _taken(session, machine_now, Job.id.in_(list(found.values())[:limit]))


def claim(session: Session, job_id: int, now: datetime, machine_now: datetime) -> Claim:
    """Take this job; of two who try one wins, the other gets `JobNotDue`."""
    taken = _taken(session, machine_now, and_(Job.id == job_id, _is_ready(now)))
    if not taken:
        raise JobNotDue(job_id=job_id, state=get(session, job_id).state)
    return taken[0]


def _taken(session: Session, machine_now: datetime, which: ColumnElement[bool]) -> list[Claim]:
    values = {
        "state": "running",
        "attempts": Job.attempts + 1,
        "fence": Job.fence + 1,
        "leased_until": machine_now + LEASE,
    }
    taken = update(Job).where(which).values(values).returning(Job)
    rows = session.scalars(taken, execution_options=_UNTRACKED)
    return [_claim(job) for job in sorted(rows, key=lambda job: (job.due_at, job.id))]


def _claim(job: Job) -> Claim:
    return Claim(
        job_id=job.id, process_id=job.process_id, element=job.element, operation=job.operation,
        arguments=dict(job.arguments), key=job.key, fence=job.fence, attempts=job.attempts,
        time_limit=timedelta(seconds=job.time_limit),
    )  # fmt: skip


def renew(session: Session, taken: Claim, machine_now: datetime) -> bool:
    """The worker is still at it; False where the job is no longer its own."""
    mine = (Job.id == taken.job_id, Job.state == "running", Job.fence == taken.fence)
    return _count(session, update(Job).where(*mine).values(leased_until=machine_now + LEASE)) == 1


def lost(session: Session, machine_now: datetime, limit: int) -> list[int]:
    """Jobs whose worker gives no sign of life any more."""
    return list(session.scalars(select(Job.id).where(_is_lost(machine_now)).order_by(Job.id).limit(limit)))


def is_lost(job: Job, machine_now: datetime) -> bool:
    """The same of one job as it is now."""
    return job.state == "running" and job.leased_until is not None and job.leased_until <= machine_now


def has_too_far(session: Session, machine_now: datetime) -> bool:
    """There are leases from before the machine's clock was set back."""
    too_far = (Job.state == "running", Job.leased_until > machine_now + TOO_FAR)
    return session.scalar(select(Job.id).where(*too_far).limit(1)) is not None


def shorten(session: Session, machine_now: datetime) -> int:
    """Leases from before the clock was set back end when they should; who is at work renews its own first."""
    too_far = (Job.state == "running", Job.leased_until > machine_now + TOO_FAR)
    return _count(session, update(Job).where(*too_far).values(leased_until=machine_now + LEASE))


def release(session: Session, machine_now: datetime) -> int:
    """Every lease ends now, for when it is known that nobody works any more; how many that were."""
    held = (Job.state == "running", Job.leased_until > machine_now)
    return _count(session, update(Job).where(*held).values(leased_until=machine_now))


def _count(session: Session, change: Any) -> int:
    return int(getattr(session.execute(change, execution_options=_UNTRACKED), "rowcount", 0))


def get(session: Session, job_id: int) -> Job:
    """The job as it is now."""
    found = session.get(Job, job_id, populate_existing=True)
    if found is None:
        raise JobUnknown(job_id=job_id)
    return found


def is_mine(job: Job, taken: Claim) -> bool:
    """False where the process moved on or another worker took over meanwhile."""
    return job.state == "running" and job.fence == taken.fence


def opened(
    process_id: int, position: Position, operation: str, arguments: dict[str, Any], now: datetime
) -> Job:
    """The row of a job that begins with this commit; its key is the token, the same at every try."""
    spec = position.task.task_spec
    return Job(
        process_id=process_id,
        key=position.token,
        element=position.element,
        operation=operation,
        arguments=arguments,
        tries=tries_of(spec),
        time_limit=int(time_limit_of(spec).total_seconds()),
        due_at=now,
        created_at=now,
    )


def tries_of(spec: ServiceTask) -> int | None:
    """How often the diagram lets a job be tried: once more than its `retries`; None where it says nothing."""
    asked = properties_of(spec).get("retries") or spec.retries
    return None if asked in (None, "") else 1 + int(asked)


def time_limit_of(spec: ServiceTask) -> timedelta:
    """What one try may take, by the property `time_limit`, e.g. PT10M."""
    asked = properties_of(spec).get("time_limit", "").strip()
    start = datetime.fromtimestamp(0, UTC)
    return moments.after(asked, start) - start if asked else TIME_LIMIT


def done(job: Job, result: Any, now: datetime) -> None:
    """The work is done; the row keeps the result."""
    job.state, job.ended_at, job.leased_until = "done", now, None
    job.result = result if isinstance(result, dict) else None


def ended(session: Session, process_id: int, keys: Iterable[str]) -> list[Job]:
    """The jobs of these tokens that are not over, for when the process goes another way."""
    unfinished = Job.state.in_(("ready", "running", "failed"))
    asked = select(Job).where(Job.process_id == process_id, Job.key.in_(list(keys)), unfinished)
    return list(session.scalars(asked))


def may_be_tried_again(job: Job, problem: Exception) -> bool:
    """As often as the diagram says; where it says nothing, as often as there is hope."""
    return job.attempts < (tries_for(problem) if job.tries is None else job.tries)


def try_again(job: Job, problem: Exception, now: datetime) -> None:
    """After a pause, twice as long each time; a job whose worker died is ready at once."""
    job.state, job.leased_until = "ready", None
    job.due_at = now if isinstance(problem, JobLost) else now + pause_after(job.attempts)


def repair(job: Job, now: datetime) -> None:
    """The job may be taken again, and has all its tries before it."""
    job.state, job.due_at, job.attempts, job.ended_at = "ready", now, 0, None
