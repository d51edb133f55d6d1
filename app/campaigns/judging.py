"""Everything that can be said about a draft: what is wrong, what it reaches, costs and has to pass."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.campaigns.checks import (
    BudgetTooSmall,
    CannotProve,
    Fault,
    NobodyLeft,
    NobodyMeant,
    NoControl,
    check_audience,
    check_channels,
    check_goal,
)
from app.campaigns.estimate import Estimate, Signing, estimate, needs_approval, route
from app.locale import ZONE, yuan
from app.preview.count import Counted
from app.preview.pool import StillCounting, TooManyCounts
from app.preview.service import ask, question_of
from models.base import Problem, db
from models.campaign import Campaign
from models.product import Product


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A draft seen from all sides."""

    faults: tuple[Fault, ...]
    counted: Counted | None = None
    #: why there are no counts: still counting, no data, a tree that cannot be read
    waiting: Problem | None = None
    estimate: Estimate | None = None
    needs_approval: bool = True
    route: tuple[Signing, ...] = field(default=())

    @property
    def errors(self) -> tuple[Fault, ...]:
        """What must be mended before the draft is handed in."""
        return tuple(fault for fault in self.faults if not fault.is_warning)

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What is only worth knowing."""
        return tuple(fault for fault in self.faults if fault.is_warning)


def judge(campaign: Campaign, draft: Mapping[str, Any], login: str, now: datetime) -> Judged:
    """Check every field, count the audience, estimate cost and route."""
    counted, waiting = _count(campaign, draft, login)
    found = _estimate(campaign, draft, counted, now)
    faults = [
        *check_goal(draft, campaign.campaign_type),
        *check_audience(draft),
        *_counted_faults(draft, counted, waiting),
    ]
    faults += _channel_faults(campaign, draft, now)
    if found is not None and not found.fits:
        faults.append(_too_dear(found))
    decide = current_app.extensions["decisions"]
    needed = needs_approval(decide, campaign, str(draft.get("purpose") or campaign.purpose))
    steps = (
        route(db.session(), decide, campaign, counted.treated, _budget(draft)) if counted and needed else ()
    )
    return Judged(
        faults=tuple(faults),
        counted=counted,
        waiting=waiting,
        estimate=found,
        needs_approval=needed,
        route=steps,
    )


def check_step(
    step: int, campaign: Campaign, draft: Mapping[str, Any], login: str, now: datetime
) -> list[Fault]:
    """What is wrong with the fields of one step; only the audience is counted for it."""
    if step == 1:
        return list(check_goal(draft, campaign.campaign_type))
    if step == 2:
        return [*check_audience(draft), *_counted_faults(draft, *_count(campaign, draft, login))]
    return list(_channel_faults(campaign, draft, now)) if step == 3 else []


def _channel_faults(campaign: Campaign, draft: Mapping[str, Any], now: datetime) -> Iterator[Fault]:
    today = now.astimezone(ZONE).date()
    return check_channels(draft, today, {}, campaign.campaign_type, _example(draft))


def _count(campaign: Campaign, draft: Mapping[str, Any], login: str) -> tuple[Counted | None, Problem | None]:
    if not (draft.get("definition") or {}).get("all"):
        return None, None
    try:
        return ask(question_of(campaign, draft), login), None
    except Problem as problem:
        return None, problem


def _estimate(
    campaign: Campaign, draft: Mapping[str, Any], counted: Counted | None, now: datetime
) -> Estimate | None:
    if counted is None:
        return None
    return estimate(db.session(), campaign, draft, counted, now.astimezone(ZONE).date())


def _counted_faults(
    draft: Mapping[str, Any], counted: Counted | None, waiting: Problem | None
) -> Iterator[Fault]:
    if counted is None:
        if waiting is not None and not isinstance(waiting, StillCounting | TooManyCounts):
            yield Fault(field="definition", problem=waiting)
    elif not counted.matched:
        yield Fault(field="definition", problem=NobodyMeant())
    elif not counted.treated:
        yield Fault(field="definition", problem=NobodyLeft(matched=counted.matched))
    elif not counted.control and draft.get("purpose") != "notice":
        yield Fault(field="hold_out_percent", problem=NoControl(), is_warning=True)
    elif counted.power is not None and not counted.power.is_enough:
        chance = round(counted.power.chance * 100)
        yield Fault(field="hold_out_percent", problem=CannotProve(chance=chance), is_warning=True)


def _too_dear(found: Estimate) -> Fault:
    fields = {"cost": yuan(found.cost_fen), "budget": yuan(found.budget_fen)}
    return Fault(field="budget_yuan", problem=BudgetTooSmall(**fields))


def _budget(draft: Mapping[str, Any]) -> Decimal:
    try:
        return Decimal(str(draft.get("budget_yuan") or 0))
    except ArithmeticError:
        return Decimal(0)


def _example(draft: Mapping[str, Any]) -> str:
    """The price of the chosen product, as its catalogue writes it."""
    codes = draft.get("product_codes") or [""]
    price = db.session.scalar(select(Product.price).where(Product.code == codes[0]))
    return price or "5元/月"
