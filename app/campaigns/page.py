"""What the page of one campaign reads beside the row itself: who has it, opinions, work orders, answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access import visible_offices
from app.progress import LEFT, has_left
from models.campaign import Approval, Campaign
from models.evaluation import Evaluation
from models.execution import Contact, WorkOrder
from models.organisation import Office, Staff
from models.process import Incident, ToDo


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A to-do the campaign waits for: what is to be done, who may do it, since when."""

    to_do: ToDo
    people: tuple[Staff, ...]

    @property
    def is_claimed(self) -> bool:
        """One person has it; the others only may claim it while nobody has."""
        return self.to_do.assignee is not None


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What a person decided on this campaign, as handed in."""

    to_do: ToDo
    person: Staff | None


def campaign_of(session: Session, staff: Staff, number: str) -> Campaign | None:
    """The campaign with this number, if this person may see it."""
    return session.scalar(
        select(Campaign)
        .join(Office, Campaign.office_id == Office.id)
        .where(Campaign.number == number, visible_offices(staff))
    )


def waiting_for(session: Session, process_id: int | None) -> tuple[Waiting, ...]:
    """The open to-dos of a process, oldest first, with the people who may decide them."""
    to_dos = session.scalars(
        select(ToDo)
        .where(ToDo.process_id == process_id, ToDo.state == "open")
        .order_by(ToDo.created_at, ToDo.id)
    ).all()
    people = staff_by_login(session, [login for to_do in to_dos for login in _logins(to_do)])
    return tuple(
        Waiting(to_do=to_do, people=tuple(people[login] for login in _logins(to_do) if login in people))
        for to_do in to_dos
    )


def stuck_at(session: Session, process_id: int | None) -> Sequence[Incident]:
    """What gave up in this process and is not repaired yet, oldest first."""
    return session.scalars(
        select(Incident)
        .where(Incident.process_id == process_id, Incident.state == "open")
        .order_by(Incident.created_at, Incident.id)
    ).all()


def _logins(to_do: ToDo) -> list[str]:
    return [to_do.assignee] if to_do.assignee else [candidate.login for candidate in to_do.candidates]


def opinions_of(session: Session, process_id: int | None) -> tuple[Opinion, ...]:
    """Every decision by a person on this process, in the order of time."""
    to_dos = session.scalars(
        select(ToDo)
        .where(ToDo.process_id == process_id, ToDo.state == "done")
        .order_by(ToDo.closed_at, ToDo.id)
    ).all()
    people = staff_by_login(session, [to_do.closed_by for to_do in to_dos if to_do.closed_by])
    return tuple(Opinion(to_do=to_do, person=people.get(to_do.closed_by or "")) for to_do in to_dos)


def asked_for(opinions: Sequence[Opinion]) -> tuple[Opinion, ...]:
    """The opinions that sent the campaign back after it was last handed in."""
    last = max((i for i, o in enumerate(opinions) if o.to_do.element == "draft_campaign"), default=-1)
    return tuple(o for o in opinions[last + 1 :] if o.to_do.outcome == "adjust")


def staff_by_login(session: Session, logins: Sequence[str]) -> dict[str, Staff]:
    """The people behind these logins."""
    found = session.scalars(select(Staff).where(Staff.login.in_(set(logins))))
    return {person.login: person for person in found}


def approvals_of(session: Session, campaign_id: int) -> Sequence[Approval]:
    """Every submission's route and what it binds, newest first."""
    return session.scalars(
        select(Approval).where(Approval.campaign_id == campaign_id).order_by(Approval.submission.desc())
    ).all()


def orders_of(session: Session, campaign_id: int) -> Sequence[WorkOrder]:
    """The work orders of a campaign in the order of their days."""
    return session.scalars(
        select(WorkOrder)
        .where(WorkOrder.campaign_id == campaign_id)
        .order_by(WorkOrder.planned_on, WorkOrder.channel, WorkOrder.id)
    ).all()


def unmet(session: Session, campaign_id: int) -> int:
    """People of the treated list nobody sent anything to yet: the number a stop takes away."""
    return (
        session.scalar(
            select(func.count(Contact.sid.distinct())).where(
                Contact.campaign_id == campaign_id, Contact.state.in_(LEFT)
            )
        )
        or 0
    )


def latest_evaluation(session: Session, campaign_id: int) -> Evaluation | None:
    """The evaluation computed last."""
    return session.scalar(
        select(Evaluation)
        .where(Evaluation.campaign_id == campaign_id)
        .order_by(Evaluation.computed_at.desc(), Evaluation.id.desc())
        .limit(1)
    )


def units_sent(session: Session, campaign_id: int) -> dict[str, int]:
    """Parts of messages and calls charged so far, per channel."""
    rows: Any = session.execute(
        select(Contact.channel, func.sum(Contact.units))
        .where(Contact.campaign_id == campaign_id, has_left())
        .group_by(Contact.channel)
    )
    return {channel: int(units) for channel, units in rows}
