"""Approve: what is bound, who must say yes, and what they said."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any

from sqlalchemy import select

from handlers.desk.answers import campaign_of
from handlers.desk.binding import current_approval, digest, what_is_bound
from handlers.desk.workshop import Workshop
from handlers.operation import Result, operation
from models.base import Problem, db
from models.campaign import Approval, Campaign
from models.organisation import Department, Office, Staff, StaffRole

#: the steps the diagram draws, in its order
STEPS = ("prefecture", "province", "leader")
#: decision tables whose versions an approver sees as evidence
EVIDENCE = ("approval_route", "campaign_type", "exclusion_set", "contact_limits")


class NobodyToApprove(Problem):
    """The route asks for somebody who is not there."""

    message = (
        "Nobody can approve at the step “%(step)s” for %(office)s; ask the administrator to appoint one."
    )


class UnknownStep(Problem):
    """The decision table names a step the diagram does not have."""

    message = "The approval route names the step “%(step)s”, which the diagram does not have."


class NothingSubmitted(Problem):
    """A decision about a campaign that was never submitted."""

    message = "This campaign was not submitted; there is nothing to approve."


@operation
def bind(campaign_id: int, workshop: Workshop, now: datetime) -> Result:
    """Bind this submission: definition, content and ceilings under a digest, with the rules seen."""
    campaign = campaign_of(campaign_id)
    bound = what_is_bound(campaign)
    approval = Approval(
        campaign_id=campaign.id,
        submission=campaign.submissions,
        digest=digest(bound),
        bound=bound,
        evidence={
            "decisions": {name: workshop.decision_digest(name) for name in EVIDENCE},
            "snapshot": campaign.audience.snapshot.isoformat() if campaign.audience else None,
        },
        route=[],
        created_at=now,
    )
    db.session.add(approval)
    return {
        "office_level": campaign.office.level,
        "department": _department_code(campaign),
        "campaign_type": campaign.campaign_type,
        "people": bound["people"],
        "cost": campaign.budget_fen / 100,
    }


@operation
def find_route(campaign_id: int, steps: list[dict[str, Any]]) -> Result:
    """Name the people of each step; the one who submits never decides alone, so is never asked."""
    campaign, approval = campaign_of(campaign_id), _submitted(campaign_id)
    found: dict[str, Any] = {"flow": steps[0]["flow"] if steps else "submit"}
    for name in STEPS:
        found |= {f"{name}_signers": [], f"{name}_needed": 0, f"{name}_votes": []}
    route = []
    for step in steps:
        if step["step"] not in STEPS:
            raise UnknownStep(step=step["step"])
        people = _people(campaign, step)
        signers = [people] if step["mode"] == "any" else [[login] for login in people]
        needed = _needed(step, len(signers))
        found |= {f"{step['step']}_signers": signers, f"{step['step']}_needed": needed}
        route.append({**step, "people": people, "needed": needed})
    approval.route = route
    return found


@operation
def file_for_record(campaign_id: int, now: datetime) -> Result:
    """A filing informs and needs no decision."""
    approval = _submitted(campaign_id)
    approval.state, approval.ended_at = "passed", now
    return {"approval": "pass"}


@operation
def record_decision(campaign_id: int, votes: Sequence[str], is_passed: bool, now: datetime) -> Result:
    """Passed where every step has its passes, whoever was outvoted; else rejected by one, or returned."""
    outcome = "pass" if is_passed else "reject" if "reject" in votes else "adjust"
    approval = _submitted(campaign_id)
    approval.state = {"pass": "passed", "adjust": "returned", "reject": "rejected"}[outcome]
    approval.ended_at = now
    return {"approval": outcome}


def _submitted(campaign_id: int) -> Approval:
    approval = current_approval(campaign_id)
    if approval is None:
        raise NothingSubmitted()
    return approval


def _department_code(campaign: Campaign) -> str:
    department = db.session.get(Department, campaign.department_id) if campaign.department_id else None
    return department.code if department else "market"


def _needed(step: dict[str, Any], signers: int) -> int:
    if step["mode"] == "any":
        return 1
    if step["mode"] == "ratio":
        return max(1, ceil(signers * float(step["share"])))
    return signers


def _people(campaign: Campaign, step: dict[str, Any]) -> list[str]:
    """Logins of those who hold the step's role in the office of its level above the campaign."""
    office = _office_at(campaign.office, step["level"])
    asked = (
        select(Staff.login)
        .join(StaffRole)
        .where(StaffRole.role == step["role"], Staff.is_active, Staff.office_id == office.id)
        .where(Staff.id != campaign.planner_id)
        .order_by(Staff.login)
    )
    if step["department"]:
        asked = asked.join(Department, Staff.department_id == Department.id)
        asked = asked.where(Department.code == step["department"])
    people = list(db.session.scalars(asked.distinct()))
    if not people:
        raise NobodyToApprove(step=step["step"], office=office.name)
    return people


def _office_at(office: Office, level: str) -> Office:
    """The office of this level at or above the given one."""
    at = office
    while at.level != level and at.parent is not None:
        at = at.parent
    return at
