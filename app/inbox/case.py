"""The evidence beside a decision: one to-do with its campaign, submissions and the steps before it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, raiseload, selectinload

from app.inbox.sheet import Sheet, sheet_of
from handlers.audience import Places, places_of
from models.audience import Audience
from models.campaign import Approval, Campaign, Scenario
from models.organisation import Staff, StaffRole
from models.process import Process, ToDo


@dataclass(frozen=True, kw_only=True)
class Case:
    """All that is read to show one to-do."""

    to_do: ToDo
    campaign: Campaign | None
    #: submissions for approval, oldest first
    approvals: tuple[Approval, ...]
    #: every to-do of the same process, oldest first
    steps: tuple[ToDo, ...]
    #: people by login: all who decided, may decide or planned
    people: dict[str, Staff]
    #: keepers by the channel they answer for
    keepers: dict[str, list[Staff]]
    #: names of prefectures and counties, for sentences
    places: Places
    #: the figures of a line of the reconciliation; None where the to-do is about a campaign
    sheet: Sheet | None = None

    @property
    def approval(self) -> Approval | None:
        """The submission now in question."""
        return self.approvals[-1] if self.approvals else None

    @property
    def audience(self) -> Audience | None:
        """The list now in question."""
        return self.campaign.audience if self.campaign else None

    def submission_of(self, step: ToDo) -> int:
        """The submission a to-do belongs to: by the order of opening, as a clock may stand still."""
        handed_in = (s for s in self.steps if s.element == "draft_campaign" and s.outcome == "submit")
        return sum(1 for draft in handed_in if draft.id <= step.id)


def case(session: Session, to_do_id: int) -> Case | None:
    """Read one to-do with its campaign, submissions and the steps before it; None where there is no such."""
    to_do = session.scalar(
        select(ToDo).where(ToDo.id == to_do_id).options(joinedload(ToDo.process).joinedload(Process.version))
    )
    if to_do is None:
        return None
    campaign = _campaign(session, to_do)
    steps = tuple(session.scalars(select(ToDo).where(ToDo.process_id == to_do.process_id).order_by(ToDo.id)))
    approvals, keepers = _approvals(session, campaign), _keepers(session, campaign)
    stops = [step for approval in approvals for step in approval.route]
    expected = {login for stop in stops for login in stop.get("people", ())}
    expected |= {person.login for people in keepers.values() for person in people}
    return Case(
        to_do=to_do,
        campaign=campaign,
        approvals=approvals,
        steps=steps,
        people=_people(session, steps, expected),
        keepers=keepers,
        places=places_of(session),
        sheet=sheet_of(session, to_do.subject_id) if to_do.subject_type == "balance" else None,
    )


def _campaign(session: Session, to_do: ToDo) -> Campaign | None:
    if to_do.subject_type != "campaign":
        return None
    return session.scalar(
        select(Campaign)
        .where(Campaign.id == to_do.subject_id)
        .options(
            joinedload(Campaign.office),
            joinedload(Campaign.planner).joinedload(Staff.office),
            joinedload(Campaign.scenario).load_only(Scenario.name, Scenario.name_en, Scenario.family),
            joinedload(Campaign.audience),
            selectinload(Campaign.products),
            selectinload(Campaign.channels),
        )
    )


def _approvals(session: Session, campaign: Campaign | None) -> tuple[Approval, ...]:
    if campaign is None:
        return ()
    query = select(Approval).where(Approval.campaign_id == campaign.id).order_by(Approval.id)
    return tuple(session.scalars(query))


def _people(session: Session, steps: Sequence[ToDo], expected: set[str]) -> dict[str, Staff]:
    logins = expected | {step.closed_by for step in steps} | {step.assignee for step in steps}
    logins |= {candidate.login for step in steps for candidate in step.candidates}
    query = (
        select(Staff)
        .where(Staff.login.in_(login for login in logins if login))
        .options(joinedload(Staff.office), joinedload(Staff.department))
    )
    return {person.login: person for person in session.scalars(query)}


def _keepers(session: Session, campaign: Campaign | None) -> dict[str, list[Staff]]:
    if campaign is None:
        return {}
    query = (
        select(Staff, StaffRole.scope)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(StaffRole.role == "channel_keeper", Staff.is_active)
        .options(raiseload("*"))
        .order_by(Staff.id)
    )
    found: dict[str, list[Staff]] = {row.channel: [] for row in campaign.channels}
    for person, scope in session.execute(query):
        for channel in scope.split(","):
            if channel in found:
                found[channel].append(person)
    return found
