"""Plan: who is meant, who is left out, who is kept back, and what it will cost."""

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from handlers import audience as audiences
from handlers.contacts import Limits, release
from handlers.desk.answers import campaign_of, latest_answer
from handlers.desk.draft import DraftProblem, read
from handlers.desk.estimate import estimate
from handlers.desk.looking import looking
from handlers.desk.reach import planned_day
from handlers.desk.workshop import Workshop, local_day
from handlers.operation import Result, job, operation
from handlers.scoring import Scores
from handlers.warehouse import Generation
from models.audience import Audience
from models.base import Problem, db
from models.campaign import Approval, Campaign
from models.product import Product, UnitCost

Sids = NDArray[np.int64]


class DraftNotReady(Problem):
    """A draft with open mistakes was handed in."""

    message = "The campaign cannot be submitted yet: %(problems)s"

    def __init__(self, problems: list[DraftProblem]) -> None:
        super().__init__(problems="; ".join(str(p) for p in problems))
        self.problems = problems


@operation
def record_campaign(campaign_id: int, now: datetime) -> Result:
    """Write what the planner handed in into the campaign, and count the submission."""
    campaign = campaign_of(campaign_id)
    codes = set(db.session.scalars(select(Product.code)))
    draft, problems = read(latest_answer(campaign_id, "draft_campaign"), local_day(now), codes)
    if problems or draft is None:
        raise DraftNotReady(problems)
    draft.write_to(campaign)
    campaign.submissions += 1
    return {"campaign_type": campaign.campaign_type, "purpose": campaign.purpose}


@job
def build_audience(campaign_id: int, workshop: Workshop, now: datetime) -> Result:
    """Find everybody the condition tree means in today's customer data."""
    generation, scores = workshop.warehouse.current(), Scores(workshop.warehouse)
    with looking():
        tree = audiences.parse(campaign_of(campaign_id).definition or {})
        groups = audiences.dense_groups(generation, workshop.decide)
        sids = audiences.members(tree, generation, scores, groups)
    campaign = campaign_of(campaign_id)
    row = Audience(
        campaign_id=campaign.id,
        definition=campaign.definition or {},
        definition_digest=audiences.digest(tree),
        generation=generation.id,
        snapshot=generation.snapshot,
        exclusion_set="",
        matched=len(sids),
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    campaign.audience_id = row.id
    _keep(_draft_file(workshop, campaign, row), sids)
    db.session.commit()
    return {"audience_id": row.id}


@job
def exclude(campaign_id: int, exclusion_set: str, workshop: Workshop, now: datetime) -> Result:
    """Take out whom the rules of this purpose protect, counting what each rule took."""
    with looking():
        campaign, row = _current(campaign_id)
        file = _draft_file(workshop, campaign, row)
        context = exclusion_context(campaign, workshop, now)
        waterfall = audiences.exclude(np.load(file), exclusion_rules(workshop, exclusion_set), context)
    row.exclusion_set = exclusion_set
    row.waterfall = [
        {"rule": s.rule, "removed": s.removed, "alone": s.alone, "left": s.left} for s in waterfall.steps
    ]
    row.reachable = len(waterfall.kept)
    _keep(file.with_suffix(".kept.npy"), waterfall.kept)
    db.session.commit()
    return None


@job
def hold_out(campaign_id: int, workshop: Workshop, now: datetime) -> Result:
    """Keep the best up to the cap, draw the control group by lot, and freeze the list, once."""
    with looking():
        campaign, row = _current(campaign_id)
        if row.frozen_at is not None:
            return None
        file = _draft_file(workshop, campaign, row)
        kept: Sids = np.load(file.with_suffix(".kept.npy"))
        generation = workshop.warehouse.generation(row.generation)
        groups = audiences.dense_groups(generation, workshop.decide)
        columns = _frozen_columns(campaign, kept, generation, Scores(workshop.warehouse, generation), groups)
        frozen = audiences.freeze(workshop.audiences / campaign.number, columns)
    row.hold_out_salt, row.hold_out_basis_points = salt(campaign), campaign.hold_out_basis_points
    row.frozen, row.control = frozen.rows, int(np.count_nonzero(columns["arm"]))
    row.file, row.file_digest = str(frozen.path.relative_to(workshop.folder)), frozen.digest
    row.frozen_at = now
    db.session.commit()
    file.unlink(missing_ok=True)
    file.with_suffix(".kept.npy").unlink(missing_ok=True)
    return None


@operation
def size(campaign_id: int) -> Result:
    """Say how many will be contacted, what it may cost, and whether an effect could be proved."""
    campaign, row = _current(campaign_id)
    found = estimate(
        campaign,
        frozen=row.frozen,
        control=row.control,
        unit_costs={c.channel: c for c in db.session.scalars(select(UnitCost))},
    )
    row.cost_fen, row.power_basis_points = found.cost_fen, found.power_basis_points
    return {"people": row.frozen - row.control}


@operation
def withdraw_submission(campaign_id: int, now: datetime) -> Result:
    """Void what was said to a recalled submission; confirmations and reserved contacts fall with it."""
    campaign = campaign_of(campaign_id)
    asked = select(Approval).where(
        Approval.campaign_id == campaign_id, Approval.state.in_(("open", "passed"))
    )
    for approval in db.session.scalars(asked):
        approval.state, approval.ended_at = "voided", now
    for channel in campaign.channels:
        channel.confirmed_people = channel.confirmed_from = channel.confirmed_to = channel.confirmed_by = None
    db.session.flush()
    release(db.session, campaign_id, now)
    return None


def exclusion_rules(workshop: Workshop, exclusion_set: str) -> list[audiences.Rule]:
    """The rules of an exclusion set in their order, as the decision table has them."""
    found = workshop.decide("exclusion_set", {"exclusion_set": exclusion_set})
    return [audiences.Rule(name=row["rule"], days=row["days"]) for row in found]


def exclusion_context(campaign: Campaign, workshop: Workshop, now: datetime) -> audiences.ExclusionContext:
    """What exclusion rules look at: products, channels, and the limits in force."""
    channels = [channel.channel for channel in campaign.channels]
    generation = workshop.warehouse.current()
    return audiences.ExclusionContext(
        warehouse=workshop.warehouse,
        session=db.session,
        generation=generation,
        products=[row.product for row in campaign.products],
        channels=channels,
        now=now,
        limits=Limits.in_force(workshop.decide, campaign.campaign_type, channels),
        groups=audiences.dense_groups(generation, workshop.decide),
        campaign_id=campaign.id,
        day=planned_day(campaign.start_on, now),
    )


def salt(campaign: Campaign) -> str:
    """Each campaign draws its control group anew; a new submission keeps the same draw."""
    return f"campaign|{campaign.number}"


def _frozen_columns(
    campaign: Campaign, kept: Sids, generation: Generation, scores: Scores, groups: audiences.Groups
) -> dict[str, NDArray[Any]]:
    topic = next((row.product.score_topic for row in campaign.products if row.product.score_topic), "")
    is_scored = topic in scores.topics()
    score = scores.of(topic, kept) if is_scored else np.full(len(kept), -1, dtype=np.int32)
    return audiences.ranked(
        kept,
        score=score,
        cap=campaign.people_cap,
        salt=salt(campaign),
        hold_out_basis_points=campaign.hold_out_basis_points,
        generation=generation,
        groups=groups,
    )


def _current(campaign_id: int) -> tuple[Campaign, Audience]:
    campaign = campaign_of(campaign_id)
    if campaign.audience is None:
        raise audiences.NobodyMeant()
    return campaign, campaign.audience


def _draft_file(workshop: Workshop, campaign: Campaign, row: Audience) -> Path:
    return workshop.audiences / campaign.number / f"draft-{row.id}.npy"


def _keep(path: Path, sids: Sids) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, sids)
