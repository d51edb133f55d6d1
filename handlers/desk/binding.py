"""What an approval holds fast, and whether a campaign is still the one that was approved."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from sqlalchemy import select

from models.base import Problem, db
from models.campaign import Approval, Campaign

Decide = Callable[[str, Mapping[str, Any]], Any]


class NotApproved(Problem):
    """Something bound was changed, or the approval was withdrawn: nothing may be sent."""

    message = (
        "This campaign is not the one that was approved; it must be approved again before anything is sent."
    )


def what_is_bound(campaign: Campaign) -> dict[str, Any]:
    """What an approval holds fast: any other value of these voids it (design: what an approval binds)."""
    row = campaign.audience
    fields = {
        "name": campaign.name,
        "products": sorted(p.product_code for p in campaign.products),
        "definition": row.definition_digest if row else "",
        "exclusion_set": row.exclusion_set if row else "",
        "hold_out_percent": campaign.hold_out_basis_points / 100,
        "channels": {c.channel: {"content": c.content, "hours": c.hours} for c in campaign.channels},
        "people": (row.frozen - row.control) if row else 0,
        "budget_yuan": f"{campaign.budget_fen / 100:.2f}",
        "target_percent": campaign.target_basis_points / 100,
        "start_on": campaign.start_on.isoformat() if campaign.start_on else "",
        "end_on": campaign.end_on.isoformat() if campaign.end_on else "",
    }
    return {
        "definition": fields["definition"],
        "content": digest(fields["channels"]),
        "people": fields["people"],
        "cost_fen": campaign.budget_fen,
        "start_on": fields["start_on"],
        "end_on": fields["end_on"],
        "fields": fields,
    }


def digest(value: object) -> str:
    """The fingerprint of a plain value, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def current_approval(campaign_id: int) -> Approval | None:
    """The approval of the latest submission that asked for one."""
    asked = select(Approval).where(Approval.campaign_id == campaign_id).order_by(Approval.id.desc()).limit(1)
    return db.session.scalars(asked).first()


def require_approval(campaign: Campaign) -> None:
    """Refuse unless the latest approval passed this very submission, unchanged."""
    approval = current_approval(campaign.id)
    if approval is None or approval.state != "passed" or approval.submission != campaign.submissions:
        raise NotApproved()
    if approval.digest != digest(what_is_bound(campaign)):
        raise NotApproved()


def require_approval_where_needed(campaign: Campaign, decide: Decide) -> None:
    """As `require_approval`; campaign types that need no approval have none to check."""
    asked = {"campaign_type": campaign.campaign_type, "purpose": campaign.purpose}
    if decide("campaign_type", asked)["needs_approval"]:
        require_approval(campaign)
