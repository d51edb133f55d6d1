"""Counts an audience as it would be frozen today: the same tools in the same order as the plan stage.

Members of the condition tree, exclusions of the purpose, the cap by score, the lot for the control group
(notes on evaluation, "order of operations"); and what the control group could prove.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import audience as audiences
from handlers.contacts import Limits
from handlers.desk.estimate import SPONTANEOUS_SHARE
from handlers.desk.reach import planned_day
from handlers.evaluation import power, smallest_provable_lift
from handlers.evaluation.planning import WANTED_POWER
from handlers.scoring import Scores
from handlers.warehouse import Generation, Warehouse
from models.base import Problem
from models.product import Product

Sids = NDArray[np.int64]
Decide = Callable[[str, Mapping[str, Any]], Any]

#: success rates the table of powers tells about, as shares of the one aimed at
TOLD = (Decimal("0.6"), Decimal("0.8"), Decimal("0.9"), Decimal(1), Decimal("1.2"))


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, complete: equal questions of one day have equal answers."""

    number: str
    campaign_id: int
    definition: str
    campaign_type: str
    purpose: str
    product_codes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    hold_out_basis_points: int = 0
    people_cap: int | None = None
    target_basis_points: int = 0
    start_on: date | None = None
    locale: str = "zh"
    #: another seed, another sample
    seed: int = 0
    #: conditions to be counted alone, each a node of the tree as JSON
    alone: tuple[str, ...] = ()

    @cached_property
    def tree(self) -> dict[str, Any]:
        """The condition tree."""
        found: dict[str, Any] = orjson.loads(self.definition)
        return found


@dataclass(frozen=True, kw_only=True)
class Power:
    """What the control group can prove."""

    #: rates are fractions; (success rate, chance to prove it)
    told: tuple[tuple[Decimal, float], ...]
    rate: Decimal
    spontaneous: Decimal
    #: chance to prove the rate aimed at
    chance: float
    smallest_lift: float | None

    @property
    def is_enough(self) -> bool:
        """The wanted power is reached."""
        return self.chance >= WANTED_POWER


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The answer: how many, who was taken out by which rule, who is kept back."""

    sentence: str
    snapshot: date
    generation: str
    exclusion_set: str
    matched: int
    #: [{"rule", "removed", "alone", "left"}] in order
    waterfall: tuple[Mapping[str, Any], ...]
    reachable: int
    #: after the cap, control included
    listed: int
    control: int
    #: customers of the list in groups that seldom answer: shown, never taken out
    seldom: int
    power: Power | None
    sample: tuple[audiences.Sampled, ...]
    #: customers of the whole net who fulfil each condition counted alone; None where it cannot be read
    alone: tuple[int | None, ...] = ()

    @property
    def treated(self) -> int:
        """Customers who would be contacted."""
        return self.listed - self.control


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Where counting finds its data and rules."""

    warehouse: Warehouse
    scores: Scores
    decide: Decide
    session: Session


def count(question: Question, shelf: Shelf, now: datetime) -> Counted:
    """Count the audience as it stands today; nobody is an answer, a tree that cannot be read a problem."""
    at = _Bench(question=question, shelf=shelf, generation=shelf.warehouse.current(), now=now)
    members = audiences.members(at.tree, at.generation, shelf.scores, at.groups)
    kind = shelf.decide(
        "campaign_type", {"campaign_type": question.campaign_type, "purpose": question.purpose}
    )
    found = audiences.exclude(members, _rules(shelf, kind["exclusion_set"]), _context(at))
    columns = _listed(at, found.kept)
    sids: Sids = columns["sid"]
    listed, control = len(sids), int(np.count_nonzero(columns["arm"]))
    return Counted(
        sentence=audiences.sentence(at.tree, question.locale, at.places),
        snapshot=at.generation.snapshot,
        generation=at.generation.id,
        exclusion_set=kind["exclusion_set"],
        matched=len(members),
        waterfall=tuple(
            {"rule": s.rule, "removed": s.removed, "alone": s.alone, "left": s.left} for s in found.steps
        ),
        reachable=len(found.kept),
        listed=listed,
        control=control,
        seldom=audiences.low_response(sids, at.groups),
        power=powers(question.target_basis_points, listed - control, control),
        sample=tuple(_sample(at, sids)) if listed else (),
        alone=tuple(_alone(node, at) for node in question.alone),
    )


@dataclass(frozen=True, kw_only=True)
class _Bench:
    """One count at work."""

    question: Question
    shelf: Shelf
    generation: Generation
    now: datetime

    @cached_property
    def tree(self) -> audiences.Tree:
        return audiences.parse(self.question.tree)

    @cached_property
    def groups(self) -> audiences.Groups:
        return audiences.dense_groups(self.generation, self.shelf.decide)

    @cached_property
    def places(self) -> audiences.Places:
        return audiences.places_of(self.shelf.session)


def _alone(node: str, at: _Bench) -> int | None:
    """How many fulfil one condition of its own; a condition that cannot be read is told where it is used."""
    try:
        tree = audiences.parse({"version": 1, "all": [orjson.loads(node)]})
        return audiences.count(tree, at.generation, at.shelf.scores, at.groups)
    except Problem:
        return None


def powers(target_basis_points: int, treated: int, control: int) -> Power | None:
    """The chance to prove the rate aimed at, and some around it; None without two groups or an aim."""
    if min(treated, control) < 1 or not 0 < target_basis_points < 10_000:
        return None
    rate = Decimal(target_basis_points) / 10_000
    spontaneous = rate * SPONTANEOUS_SHARE
    told = [(each, _chance(each, spontaneous, treated, control)) for each in _rates(rate)]
    return Power(
        told=tuple(told),
        rate=rate,
        spontaneous=spontaneous,
        chance=dict(told)[rate],
        smallest_lift=smallest_provable_lift(float(spontaneous), treated, control),
    )


def _rates(rate: Decimal) -> list[Decimal]:
    return [rate * share for share in TOLD if rate * share < 1]


def _chance(rate: Decimal, spontaneous: Decimal, treated: int, control: int) -> float:
    return power(float(rate - spontaneous), float(spontaneous), treated, control)


def _rules(shelf: Shelf, exclusion_set: str) -> list[audiences.Rule]:
    found = shelf.decide("exclusion_set", {"exclusion_set": exclusion_set})
    return [audiences.Rule(name=row["rule"], days=row["days"]) for row in found]


def _context(at: _Bench) -> audiences.ExclusionContext:
    shelf, channels = at.shelf, list(at.question.channels)
    products = shelf.session.scalars(select(Product).where(Product.code.in_(at.question.product_codes)))
    return audiences.ExclusionContext(
        warehouse=shelf.warehouse,
        session=shelf.session,
        generation=at.generation,
        products=list(products),
        channels=channels,
        now=at.now,
        limits=Limits.in_force(shelf.decide, at.question.campaign_type, channels),
        groups=at.groups,
        campaign_id=at.question.campaign_id,
        day=planned_day(at.question.start_on, at.now),
    )


def _listed(at: _Bench, kept: Sids) -> Mapping[str, NDArray[Any]]:
    """The list as it would be frozen: best scores up to the cap, arms drawn by lot."""
    topics = at.shelf.session.scalars(
        select(Product.score_topic)
        .where(Product.code.in_(at.question.product_codes), Product.score_topic != "")
        .order_by(Product.code)
    ).all()
    score = at.shelf.scores.of(topics[0], kept) if topics else np.full(len(kept), -1, dtype=np.int32)
    return audiences.ranked(
        kept,
        score=score,
        cap=at.question.people_cap,
        salt=f"campaign|{at.question.number}",
        hold_out_basis_points=at.question.hold_out_basis_points,
        generation=at.generation,
        groups=at.groups,
    )


def _sample(at: _Bench, sids: Sids) -> list[audiences.Sampled]:
    return audiences.sample(
        at.tree,
        sids,
        generation=at.generation,
        warehouse=at.shelf.warehouse,
        scores=at.shelf.scores,
        groups=at.groups,
        turn=at.question.seed,
        locale=at.question.locale,
        places=at.places,
    )
