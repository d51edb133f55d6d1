"""Who may decide a to-do: the diagram says by role and level, the organisation says who that is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Problem
from models.campaign import Campaign
from models.execution import WorkOrder
from models.feedback import Balance, FeedbackFile
from models.organisation import Office, Staff, StaffRole
from models.process import Candidate, Process, ToDo


class NobodyAppointed(Problem):
    """The diagram asks for somebody the organisation does not have."""

    message = "Nobody in %(office)s can do “%(task)s” (%(role)s); ask the administrator to appoint one."


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a to-do is about, as far as people are found for it."""

    title: str
    office: Office
    #: who planned it; nobody where a to-do is about no campaign
    planner: str = ""


class Appointments:
    """Fills in title, office and people of a to-do when the engine opens it, in the same transaction."""

    def to_do_opened(self, session: Session, to_do: ToDo, data: Mapping[str, Any]) -> None:
        """Name the subject, and the people unless the diagram did; a single person has it at once."""
        find = SUBJECTS.get(to_do.subject_type)
        subject = find(session, to_do) if find else None
        if subject is None:
            return
        to_do.title, to_do.office_id = subject.title, subject.office.id
        if to_do.candidates:
            return
        people = _people(session, to_do, subject, data.get("channel"))
        to_do.candidates = [Candidate(login=login) for login in people]
        to_do.assignee = people[0] if len(people) == 1 else None

    def to_do_closed(self, session: Session, to_do: ToDo) -> None:
        """Nothing to do: the row itself says who decided."""

    def process_ended(self, session: Session, process: Process) -> None:
        """Nothing to do: the process itself says how it ended."""


def _campaign(session: Session, to_do: ToDo) -> Subject | None:
    """The campaign a process carries, which learns by it which process that is."""
    campaign = session.get(Campaign, to_do.subject_id)
    if campaign is None:
        return None
    campaign.process_id = to_do.process_id
    return Subject(title=campaign.name, office=campaign.office, planner=campaign.planner.login)


def _balance(session: Session, to_do: ToDo) -> Subject | None:
    """A line of the reconciliation, which belongs to its campaign's office, or to the province."""
    row = session.get(Balance, to_do.subject_id)
    if row is None:
        return None
    row.process_id = to_do.process_id
    order = session.get(WorkOrder, row.subject_id) if row.kind == "work_order" else None
    if order is not None:
        title = f"{order.campaign.name} · {order.number}"
        return Subject(title=title, office=order.campaign.office, planner=order.campaign.planner.login)
    file = session.get(FeedbackFile, row.subject_id) if row.kind == "file" else None
    province = session.scalars(select(Office).where(Office.level == "province").order_by(Office.code)).first()
    return Subject(title=file.name if file else "", office=province) if province else None


#: what a to-do may be about -> how it is found
SUBJECTS: Mapping[str, Callable[[Session, ToDo], Subject | None]] = {
    "campaign": _campaign,
    "balance": _balance,
}


def _people(session: Session, to_do: ToDo, subject: Subject, channel: object) -> list[str]:
    """Logins of those with the task's role: the planner is the campaign's own, others are of an office."""
    role = str(to_do.properties.get("role", "planner"))
    if role == "planner":
        return [subject.planner]
    people = _with_role(session, role, _office(subject, to_do), channel)
    if not people:
        raise NobodyAppointed(office=subject.office.name, task=to_do.name, role=role)
    return people


def _office(subject: Subject, to_do: ToDo) -> Office:
    """The office of the level the diagram names at or above the subject's; the province by default."""
    level = str(to_do.properties.get("level", "province"))
    office: Office = subject.office
    while office.level != level and office.parent is not None:
        office = office.parent
    return office


def _with_role(session: Session, role: str, office: Office, channel: object) -> list[str]:
    asked = (
        select(Staff)
        .join(StaffRole)
        .where(StaffRole.role == role, Staff.office_id == office.id, Staff.is_active)
        .order_by(Staff.login)
    )
    staff = list(session.scalars(asked).unique())
    if role == "channel_keeper" and channel:
        staff = [person for person in staff if person.keeps_channel(str(channel))]
    return [person.login for person in staff]
