"""What a draft will cost, and whom it will have to pass, told before it is handed in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.preview.count import Counted
from handlers.desk import draft as drafts
from handlers.desk import estimate as estimates
from handlers.desk.signers import route_inputs, signers
from models.campaign import Campaign
from models.organisation import Staff
from models.product import Product, UnitCost

Decide = Callable[[str, Mapping[str, Any]], Any]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Cost against budget and what is hoped for."""

    cost_fen: int
    budget_fen: int
    successes: int

    @property
    def fits(self) -> bool:
        """The budget covers the cost."""
        return self.cost_fen <= self.budget_fen


@dataclass(frozen=True, kw_only=True)
class Signing:
    """One step of the way through approval."""

    step: str
    level: str
    mode: str
    people: tuple[Staff, ...]


def estimate(
    session: Session, campaign: Campaign, draft: Mapping[str, Any], counted: Counted, today: date
) -> Estimate | None:
    """The estimate of the plan stage, on a campaign that is not kept; None while fields are missing."""
    products = {product.code: product for product in session.scalars(select(Product))}
    read, problems = drafts.read(dict(draft), today, set(products))
    if read is None or any(problem.field == "product_codes" for problem in problems):
        return None
    planned = Campaign(campaign_type=campaign.campaign_type, channels=[], products=[])
    read.write_to(planned)
    for row in planned.products:
        row.product = products[row.product_code]
    costs = {cost.channel: cost for cost in session.scalars(select(UnitCost))}
    found = estimates.estimate(planned, frozen=counted.listed, control=counted.control, unit_costs=costs)
    return Estimate(cost_fen=found.cost_fen, budget_fen=planned.budget_fen, successes=found.successes)


def needs_approval(decide: Decide, campaign: Campaign, purpose: str) -> bool:
    """What the campaign type says."""
    kind = decide("campaign_type", {"campaign_type": campaign.campaign_type, "purpose": purpose})
    return bool(kind["needs_approval"])


def route(
    session: Session, decide: Decide, campaign: Campaign, people: int, budget_yuan: Decimal
) -> tuple[Signing, ...]:
    """The steps the decision table finds, each with those who may sign; the planner never signs."""
    asked = route_inputs(session, campaign, people, float(budget_yuan))
    steps: Sequence[Mapping[str, Any]] = decide("approval_route", asked)
    return tuple(
        Signing(step=step["step"], level=step["level"], mode=step["mode"], people=people_of_step)
        for step, people_of_step in zip(steps, signers(session, campaign, steps), strict=True)
    )
