"""Work outside the step: begun by a committed row, run under a lease and a fence, ended by a second step."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, or_, select, update
from sqlalchemy.orm import Session

from app.engine.positions import Position
from app.engine.problems import JobNotDue, JobUnknown
from models.base import Problem
from models.process import Incident, Job, Process

#: how long a worker has a job before another may take it
LEASE = timedelta(minutes=30)
#: a job whose workers never came back is given up after so many tries
MOST_ATTEMPTS = 5
#: first pause before a try the diagram asks for; doubled each time
PAUSE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A job one worker has taken."""

    job_id: int
    process_id: int
    operation: str
    arguments: dict[str, Any]
    key: str
    fence: int
    attempts: int


def _is_due(now: datetime) -> Any:
    ready = and_(Job.state == "ready", Job.due_at <= now)
    lost = and_(Job.state == "running", Job.leased_until <= now)
    return or_(ready, lost)


def due(session: Session, now: datetime, limit: int) -> list[int]:
    """Jobs that may be taken now: ready ones, and those whose worker was lost."""
    return list(session.scalars(select(Job.id).where(_is_due(now)).order_by(Job.due_at, Job.id).limit(limit)))


def claim(session: Session, job_id: int, now: datetime) -> Claim:
    """Take a job; of two workers one wins, the other gets `JobNotDue`."""
    values = {
        "state": "running",
        "attempts": Job.attempts + 1,
        "fence": Job.fence + 1,
        "leased_until": now + LEASE,
    }
    taken = update(Job).where(Job.id == job_id, _is_due(now)).values(values).returning(Job)
    options = {"synchronize_session": False, "populate_existing": True}
    job = session.scalars(taken, execution_options=options).first()
    if job is None:
        found = get(session, job_id)
        raise JobNotDue(job_id=job_id, state=found.state)
    return Claim(
        job_id=job.id, process_id=job.process_id, operation=job.operation, arguments=dict(job.arguments),
        key=job.key, fence=job.fence, attempts=job.attempts,
    )  # fmt: skip


def release(session: Session, now: datetime) -> int:
    """Every lease ends now, for when it is known that nobody works any more; how many that were."""
    lost = update(Job).where(Job.state == "running", Job.leased_until > now).values(leased_until=now)
    return int(getattr(session.execute(lost), "rowcount", 0))


def get(session: Session, job_id: int) -> Job:
    """The job as it is now."""
    found = session.get(Job, job_id, populate_existing=True)
    if found is None:
        raise JobUnknown(job_id=job_id)
    return found


def is_mine(job: Job, taken: Claim) -> bool:
    """False where the process moved on or another worker took over meanwhile."""
    return job.state == "running" and job.fence == taken.fence


def done(job: Job, result: Any, now: datetime) -> None:
    """The work is done; the row keeps the result."""
    job.state, job.ended_at, job.leased_until = "done", now, None
    job.result = result if isinstance(result, dict) else None


def opened(
    process_id: int, position: Position, operation: str, arguments: dict[str, Any], now: datetime
) -> Job:
    """The row of a job that begins with this commit; its key is the token, the same at every try."""
    return Job(
        process_id=process_id,
        key=position.token,
        element=position.element,
        operation=operation,
        arguments=arguments,
        due_at=now,
        created_at=now,
    )


def cancel(session: Session, process_id: int, keys: list[str], login: str, now: datetime) -> None:
    """The process went another way: what is not done will not be, and nobody need look at what failed."""
    if not keys:
        return
    unfinished = Job.state.in_(("ready", "running", "failed"))
    for job in session.scalars(
        select(Job).where(Job.process_id == process_id, Job.key.in_(keys), unfinished)
    ):
        job.state, job.ended_at = "cancelled", now
        _repair_incidents(session, job, login, now)


def try_again(job: Job, now: datetime) -> None:
    """Pause, twice as long each time, never two jobs at the same moment."""
    pause = PAUSE * 2 ** (job.attempts - 1)
    job.state, job.leased_until = "ready", None
    job.due_at = now + pause * random.uniform(1.0, 1.25)


def give_up(session: Session, job: Job, problem: Exception, now: datetime) -> Incident:
    """The job failed for good: a person has to look."""
    job.state, job.leased_until = "failed", None
    message, fields = described(problem)
    incident = Incident(
        process_id=job.process_id, job_id=job.id, element=job.element, message=message, fields=fields,
        created_at=now,
    )  # fmt: skip
    session.add(incident)
    return incident


def timer_incident(
    session: Session, process: Process, what: tuple[str, dict[str, Any]], now: datetime
) -> bool:
    """Keep one open incident for the timers of a process; False where there is one already."""
    if session.scalar(_of_timers(process.id)) is not None:
        return False
    message, fields = what
    session.add(
        Incident(process_id=process.id, element="timer", message=message, fields=fields, created_at=now)
    )
    return True


def timers_work(session: Session, process_id: int, now: datetime) -> None:
    """A timer went through again: its incident is repaired."""
    incident = session.scalar(_of_timers(process_id))
    if incident is not None:
        incident.state, incident.repaired_at, incident.repaired_by = "repaired", now, "system"


def _of_timers(process_id: int) -> Select[Incident]:
    open_ones = select(Incident).where(Incident.process_id == process_id, Incident.state == "open")
    return open_ones.where(Incident.job_id.is_(None))


def described(problem: Exception) -> tuple[str, dict[str, Any]]:
    """A problem as a msgid and its fields; what is no Problem of ours is shown as it is."""
    if isinstance(problem, Problem):
        return problem.message, {name: str(value) for name, value in problem.fields.items()}
    return "%(kind)s: %(text)s", {"kind": type(problem).__name__, "text": str(problem)[:2000]}


def repair(session: Session, job: Job, login: str, now: datetime) -> None:
    """The job may be taken again; its open incident is repaired by this person."""
    job.state, job.due_at, job.attempts, job.ended_at = "ready", now, 0, None
    _repair_incidents(session, job, login, now)


def _repair_incidents(session: Session, job: Job, login: str, now: datetime) -> None:
    open_ones = select(Incident).where(Incident.job_id == job.id, Incident.state == "open")
    for incident in session.scalars(open_ones):
        incident.state, incident.repaired_at, incident.repaired_by = "repaired", now, login
