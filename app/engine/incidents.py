"""What gave up and waits for a person: opened in the transaction that gave up, closed by who repaired it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.engine.outages import outage_of
from app.engine.problems import IncidentGone, IncidentUnknown, Unforeseen
from models.base import Problem
from models.process import Incident, Job, Process

#: who repaired what needed nobody
SYSTEM = "system"


def described(problem: Exception) -> tuple[str, dict[str, Any]]:
    """A problem as a msgid and its fields; of what is no Problem of ours, what it says itself."""
    told = outage_of(problem) or problem
    if not isinstance(told, Problem):
        told = Unforeseen(kind=type(told).__name__, text=str(told)[:2000])
    return told.message, {name: str(value) for name, value in told.fields.items()}


def get(session: Session, incident_id: int) -> Incident:
    """The incident as it is now."""
    found = session.get(Incident, incident_id, populate_existing=True)
    if found is None:
        raise IncidentUnknown(incident_id=incident_id)
    return found


def must_be_open(incident: Incident) -> None:
    """Somebody else may have been faster: say who and when."""
    if incident.state != "open":
        raise IncidentGone(by=incident.repaired_by, at=incident.repaired_at)


def give_up(session: Session, job: Job, now: datetime) -> Incident:
    """The job failed for good: a person has to look."""
    job.state, job.leased_until = "failed", None
    incident = Incident(
        process_id=job.process_id, job_id=job.id, element=job.element, message=job.message,
        fields=job.fields, created_at=now,
    )  # fmt: skip
    session.add(incident)
    return incident


def repaired(incident: Incident, login: str, now: datetime) -> None:
    """Nobody need look any more."""
    incident.state, incident.repaired_at, incident.repaired_by = "repaired", now, login


def repaired_with(session: Session, job: Job, login: str, now: datetime) -> None:
    """The open incident of a job is repaired by who set the job right."""
    open_ones = select(Incident).where(Incident.job_id == job.id, Incident.state == "open")
    for incident in session.scalars(open_ones):
        repaired(incident, login, now)


def of_timer(session: Session, process: Process, what: tuple[str, dict[str, Any]], now: datetime) -> bool:
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
        repaired(incident, SYSTEM, now)


def _of_timers(process_id: int) -> Select[Incident]:
    open_ones = select(Incident).where(Incident.process_id == process_id, Incident.state == "open")
    return open_ones.where(Incident.job_id.is_(None))
