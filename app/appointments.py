"""Who may decide a to-do: the diagram says by role and level, the organisation says who that is."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Problem
from models.campaign import Campaign
from models.organisation import Office, Staff, StaffRole
from models.process import Candidate, Process, ToDo


class NobodyAppointed(Problem):
    """The diagram asks for somebody the organisation does not have."""

    message = "Nobody in %(office)s can do “%(task)s” (%(role)s); ask the administrator to appoint one."


class Appointments:
    """Fills in title, office and people of a to-do when the engine opens it, in the same transaction."""

    def to_do_opened(self, session: Session, to_do: ToDo, data: Mapping[str, Any]) -> None:
        """Name the campaign, and the people unless the diagram did; a single person has it at once."""
        campaign = session.get(Campaign, to_do.subject_id)
        if campaign is None:
            return
        to_do.title, to_do.office_id = campaign.name, campaign.office_id
        campaign.process_id = to_do.process_id
        if to_do.candidates:
            return
        people = _people(session, to_do, campaign, data.get("channel"))
        to_do.candidates = [Candidate(login=login) for login in people]
        to_do.assignee = people[0] if len(people) == 1 else None

    def to_do_closed(self, session: Session, to_do: ToDo) -> None:
        """Nothing to do: the row itself says who decided."""

    def process_ended(self, session: Session, process: Process) -> None:
        """Nothing to do: the process itself says how it ended."""


def _people(session: Session, to_do: ToDo, campaign: Campaign, channel: object) -> list[str]:
    """Logins of those with the task's role: the planner is the campaign's own, others are of an office."""
    role = str(to_do.properties.get("role", "planner"))
    if role == "planner":
        return [campaign.planner.login]
    people = _with_role(session, role, _office(campaign, to_do), channel)
    if not people:
        raise NobodyAppointed(office=campaign.office.name, task=to_do.name, role=role)
    return people


def _office(campaign: Campaign, to_do: ToDo) -> Office:
    """The office of the level the diagram names at or above the campaign's; the province by default."""
    level = str(to_do.properties.get("level", "province"))
    office: Office = campaign.office
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
