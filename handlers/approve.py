"""Approve: what is bound, who must say yes, and what they said."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any

from sqlalchemy import select

from handlers.contacts import reserve
from handlers.desk.answers import campaign_of
from handlers.desk.binding import current_approval, digest, what_is_bound
from handlers.desk.looking import looking
from handlers.desk.reach import first_day, limits_of, treated
from handlers.desk.signers import route_inputs, signers
from handlers.desk.workshop import Workshop
from handlers.operation import Result, job, operation
from models.base import Problem, db
from models.campaign import Approval, Campaign
from models.organisation import Staff

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
    return route_inputs(db.session, campaign, bound["people"], campaign.budget_fen / 100)


@operation
def find_route(campaign_id: int, steps: list[dict[str, Any]]) -> Result:
    """Name the people of each step; the one who submits never decides alone, so is never asked."""
    campaign, approval = campaign_of(campaign_id), _submitted(campaign_id)
    found: dict[str, Any] = {"flow": steps[0]["flow"] if steps else "submit"}
    for name in STEPS:
        found |= {f"{name}_signers": [], f"{name}_needed": 0, f"{name}_votes": []}
    route = []
    for step, staff in zip(steps, signers(db.session, campaign, steps), strict=True):
        people = _logins(campaign, step, staff)
        signers_of_step = [people] if step["mode"] == "any" else [[login] for login in people]
        needed = _needed(step, len(signers_of_step))
        found |= {f"{step['step']}_signers": signers_of_step, f"{step['step']}_needed": needed}
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


@job
def reserve_contacts(campaign_id: int, workshop: Workshop, now: datetime) -> Result:
    """Budget one contact for everybody a channel may meet, on its first planned day (H5).

    Who has no room for one more gets no place, and is taken out where the list is split. Nothing is reserved
    for a submission that was recalled meanwhile.
    """
    with looking():
        campaign = campaign_of(campaign_id)
        limits = limits_of(campaign, workshop)
        wanted = [
            (channel.channel, treated(campaign, workshop, channel.channel), first_day(channel, campaign, now))
            for channel in campaign.channels
            if limits.upon(channel.channel)
        ]
    if _was_recalled(campaign_id):
        db.session.rollback()
        return {"reserved": 0}
    placed = [
        reserve(
            db.session, campaign_id, channel, sids, day, limits=limits, warehouse=workshop.warehouse, now=now
        )
        for channel, sids, day in wanted
    ]
    db.session.commit()
    return {"reserved": sum(len(sids) for sids in placed)}


def _was_recalled(campaign_id: int) -> bool:
    """Whether this submission was withdrawn; it cannot be from here on until our transaction ends."""
    latest = select(Approval).where(Approval.campaign_id == campaign_id).order_by(Approval.id.desc())
    approval = db.session.scalars(latest.limit(1).with_for_update()).first()
    if approval is None or approval.submission != campaign_of(campaign_id).submissions:
        return False
    return approval.state == "voided"


def _submitted(campaign_id: int) -> Approval:
    approval = current_approval(campaign_id)
    if approval is None:
        raise NothingSubmitted()
    return approval


def _needed(step: dict[str, Any], signers: int) -> int:
    if step["mode"] == "any":
        return 1
    if step["mode"] == "ratio":
        return max(1, ceil(signers * float(step["share"])))
    return signers


def _logins(campaign: Campaign, step: dict[str, Any], staff: Sequence[Staff]) -> list[str]:
    """Who is asked at a step; a step the diagram does not have, or with nobody to sign, is refused."""
    if step["step"] not in STEPS:
        raise UnknownStep(step=step["step"])
    if not staff:
        raise NobodyToApprove(step=step["step"], office=campaign.office.name)
    return [person.login for person in staff]
