"""The draft of a campaign as it stands: what was typed, else what was handed in last, else first values."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.campaign import Campaign, Scenario
from models.process import ToDo

Draft = dict[str, Any]
Decide = Callable[[str, Mapping[str, Any]], Any]
#: the to-do a campaign is planned in
ELEMENT = "draft_campaign"


def open_to_do(session: Session, campaign: Campaign) -> ToDo | None:
    """The to-do in which the campaign is being planned, if it is."""
    return session.scalar(
        select(ToDo).where(
            ToDo.process_id == campaign.process_id, ToDo.state == "open", ToDo.element == ELEMENT
        )
    )


def draft_of(session: Session, campaign: Campaign, to_do: ToDo | None, decide: Decide) -> Draft:
    """The draft whole, so that every page shows and counts the same."""
    typed = (to_do.draft if to_do else None) or _last_answer(session, campaign) or {}
    return {**first_draft(campaign, _hold_out(campaign, decide)), **typed}


def first_draft(campaign: Campaign, hold_out_percent: int) -> Draft:
    """What a new draft begins with: the campaign's own rows over the first values of its scenario."""
    draft: Draft = {
        "name": "",
        "reason": "",
        "product_codes": [],
        "purpose": campaign.purpose or "acquire",
        "definition": {"version": 1, "all": []},
        "hold_out_percent": hold_out_percent,
        "people_cap": None,
        "channels": [],
        "budget_yuan": "",
        "target_percent": "",
        "start_on": "",
        "end_on": "",
        "response_days": 30,
        "remark": "",
    }
    draft |= _of_scenario(campaign.scenario)
    draft["name"] = campaign.name or draft["name"]
    chosen = [row.product_code for row in campaign.products]
    if chosen:
        draft["product_codes"] = chosen
    return draft


def _of_scenario(scenario: Scenario | None) -> Draft:
    return dict(scenario.first_values) if scenario else {}


def _last_answer(session: Session, campaign: Campaign) -> Draft | None:
    """What was handed in last: a returned campaign is mended, not written anew, with a remark of its own."""
    answer = session.scalar(
        select(ToDo.answer)
        .where(ToDo.process_id == campaign.process_id, ToDo.element == ELEMENT, ToDo.state == "done")
        .order_by(ToDo.closed_at.desc(), ToDo.id.desc())
        .limit(1)
    )
    return {**answer, "remark": ""} if answer else None


def _hold_out(campaign: Campaign, decide: Decide) -> int:
    inputs = {"campaign_type": campaign.campaign_type, "purpose": campaign.purpose}
    return int(decide("campaign_type", inputs)["default_hold_out"])
