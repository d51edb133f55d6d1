"""Who may decide a to-do: the diagram says by role, level or name, the organisation says who that is."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from models.base import Problem
from models.campaign import Campaign
from models.organisation import Office, Staff, StaffRole
from models.process import Candidate, Process, ToDo

AnySession = Session | scoped_session[Session]


class NobodyAppointed(Problem):
    """The diagram asks for somebody the organisation does not have."""

    message = "Nobody in %(office)s can do “%(task)s” (%(role)s); ask the administrator to appoint one."


class Appointments:
    """Fills in title, office and people of a to-do when the engine opens it, in the same transaction."""

    def __init__(self, session: scoped_session[Session]) -> None:
        self._session = session

    def to_do_opened(self, session: AnySession, to_do: ToDo, data: Mapping[str, Any]) -> None:
        """Name the campaign, and the people; a single person has it at once, several may claim it."""
        campaign = session.get(Campaign, to_do.subject_id)
        if campaign is None:
            return
        to_do.title, to_do.office_id = campaign.name, campaign.office_id
        campaign.process_id = to_do.process_id
        people = self._people(session, to_do, campaign, data)
        to_do.candidates = [Candidate(login=login) for login in people]
        if len(people) == 1:
            to_do.assignee = people[0]

    def to_do_closed(self, session: AnySession, to_do: ToDo) -> None:
        """Nothing to do: the row itself says who decided."""

    def process_ended(self, session: AnySession, process: Process) -> None:
        """Nothing to do: the process itself says how it ended."""

    def _people(
        self, session: AnySession, to_do: ToDo, campaign: Campaign, data: Mapping[str, Any]
    ) -> list[str]:
        named = to_do.properties.get("candidates")
        if named:
            logins = data.get(str(named), named)
            return [str(login) for login in logins] if isinstance(logins, list) else [str(logins)]
        role = str(to_do.properties.get("role", "planner"))
        if role == "planner":
            return [campaign.planner.login]
        people = self._with_role(session, role, self._office(campaign, to_do), data.get("channel"))
        if not people:
            raise NobodyAppointed(office=campaign.office.name, task=to_do.name, role=role)
        return people

    def _office(self, campaign: Campaign, to_do: ToDo) -> Office:
        """The office of the level the diagram names at or above the campaign's; the province by default."""
        level = str(to_do.properties.get("level", "province"))
        office = campaign.office
        while office.level != level and office.parent is not None:
            office = office.parent
        return office

    def _with_role(self, session: AnySession, role: str, office: Office, channel: object) -> list[str]:
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


def due_after(properties: Mapping[str, Any]) -> timedelta | None:
    """How long a to-do may wait, from the diagram's `due` in whole days, e.g. "P2D"."""
    text = str(properties.get("due", ""))
    return timedelta(days=int(text[1:-1])) if text.startswith("P") and text.endswith("D") else None
