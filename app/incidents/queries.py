"""What the pages of incidents read: the list, what was tried about one, and how regular work goes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from app.diagrams.sight import with_campaign
from app.regular import Regular
from models.campaign import Campaign
from models.history import HistoryEvent
from models.organisation import Office, Staff
from models.process import Incident, Job, Process
from models.schedule import ScheduledRun

#: incidents on one page
PAGE = 30
STATES = ("open", "repaired", "all")
#: events that tell what was tried about a job or a timer
TOLD = ("job_failed", "timer_failed", "retried", "corrected", "skipped", "stopped")
#: jobs that are tried again, shown at most
MOST = 50


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the address of the list asks for."""

    state: str = "open"
    q: str = ""
    page: int = 1


@dataclass(frozen=True, kw_only=True)
class Line:
    """One incident with what it is about."""

    incident: Incident
    job: Job | None
    process: Process
    campaign: Campaign | None
    office: Office | None


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of the list, and how many there are in all."""

    lines: tuple[Line, ...]
    total: int
    number: int

    @property
    def pages(self) -> int:
        """At least one, so that an empty list has a page to be empty on."""
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One try, or what a person did about it."""

    at: datetime
    verb: str
    who: Staff | None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Work:
    """One piece of regular work as it stands."""

    regular: Regular
    last: ScheduledRun | None
    following: datetime
    failed: tuple[ScheduledRun, ...]


def open_incidents(session: Session) -> int:
    """How many wait for a person: incidents of processes, and regular work that gave up."""
    stuck = session.scalar(select(func.count(Incident.id)).where(Incident.state == "open")) or 0
    failed = session.scalar(select(func.count(ScheduledRun.id)).where(ScheduledRun.state == "failed")) or 0
    return stuck + failed


def list_incidents(session: Session, filters: Filters) -> Page:
    """Open ones first, then by campaign, the latest first."""
    found = _narrow(_lines(Incident, Job, Process, Campaign, Office), filters)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    is_open = case((Incident.state == "open", 0), else_=1)
    ordered = found.order_by(is_open, Campaign.number, Incident.created_at.desc(), Incident.id.desc())
    number = min(max(filters.page, 1), max(1, -(-total // PAGE)))
    rows = session.execute(ordered.limit(PAGE).offset((number - 1) * PAGE)).all()
    return Page(lines=tuple(_line(row) for row in rows), total=total, number=number)


def incident_of(session: Session, incident_id: int) -> Line | None:
    """One incident with what it is about."""
    row = session.execute(
        _lines(Incident, Job, Process, Campaign, Office).where(Incident.id == incident_id)
    ).first()
    return _line(row) if row is not None else None


def _lines(*columns: Any) -> Select[*tuple[Any, ...]]:
    asked = with_campaign(select(*columns)).join(Incident, Incident.process_id == Process.id)
    return asked.outerjoin(Job, Job.id == Incident.job_id)


def _narrow(found: Select[*tuple[Any, ...]], filters: Filters) -> Select[*tuple[Any, ...]]:
    if filters.state != "all":
        found = found.where(Incident.state == filters.state)
    words = filters.q.strip()
    if words:
        columns = (Campaign.name, Campaign.number, Incident.element)
        found = found.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return found


def _line(row: Any) -> Line:
    incident, job, process, campaign, office = row
    return Line(incident=incident, job=job, process=process, campaign=campaign, office=office)


def tried_about(session: Session, line: Line) -> tuple[Tried, ...]:
    """Every try and every act about this job or timer, in the order of history."""
    asked = select(HistoryEvent).where(
        HistoryEvent.chain == f"process:{line.process.id}", HistoryEvent.verb.in_(TOLD)
    )
    events = session.scalars(asked.order_by(HistoryEvent.seq)).all()
    told = [(event, json.loads(event.details or "{}")) for event in events]
    mine = [(event, details) for event, details in told if _is_about(line, event, details)]
    people = staff_by_login(session, {event.actor for event, _ in mine})
    return tuple(
        Tried(at=event.at, verb=event.verb, who=people.get(event.actor), details=details)
        for event, details in mine
    )


def _is_about(line: Line, event: HistoryEvent, details: Mapping[str, Any]) -> bool:
    if details.get("incident") == line.incident.id:
        return True
    if line.job is None:
        return event.verb == "timer_failed"
    return bool(details.get("job") == line.job.id)


def staff_by_login(session: Session, logins: set[str]) -> dict[str, Staff]:
    """The people behind these logins."""
    found = session.scalars(select(Staff).where(Staff.login.in_(logins)))
    return {person.login: person for person in found}


def tried_again(session: Session) -> Sequence[tuple[Job, Process, Campaign | None]]:
    """Jobs that failed and are to be tried again by themselves, the next one first."""
    asked = with_campaign(select(Job, Process, Campaign)).join(Job, Job.process_id == Process.id)
    waiting = asked.where(Job.state == "ready", Job.attempts > 0)
    rows = session.execute(waiting.order_by(Job.due_at, Job.id).limit(MOST)).all()
    return [(job, process, campaign) for job, process, campaign in rows]


def regular_work(session: Session, regular: Sequence[Regular], now: datetime) -> list[Work]:
    """Every piece of regular work: its last run, its next moment, and the runs that gave up."""
    latest = select(ScheduledRun.name, func.max(ScheduledRun.due_at)).group_by(ScheduledRun.name)
    moments = {name: moment for name, moment in session.execute(latest)}
    wanted = or_(ScheduledRun.state == "failed", ScheduledRun.due_at.in_(moments.values()))
    runs = session.scalars(select(ScheduledRun).where(wanted).order_by(ScheduledRun.due_at)).all()
    last = {run.name: run for run in runs if moments.get(run.name) == run.due_at}
    return [
        Work(
            regular=each,
            last=last.get(each.name),
            following=each.following(now),
            failed=tuple(run for run in runs if run.name == each.name and run.state == "failed"),
        )
        for each in regular
    ]


def dealt_with(session: Session, run_id: int) -> tuple[str, datetime] | None:
    """Who last acted on a run of regular work, and when."""
    asked = select(HistoryEvent.actor, HistoryEvent.at).where(HistoryEvent.chain == chain_of(run_id))
    row = session.execute(asked.order_by(HistoryEvent.seq.desc()).limit(1)).first()
    return (row.actor, row.at) if row is not None else None


def chain_of(run_id: int) -> str:
    """The name of a run's chain of history."""
    return f"scheduled_run:{run_id}"
