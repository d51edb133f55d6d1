"""Evaluate: what the campaign added, what it cost, what we learn."""

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select

from handlers.desk.answers import answers, campaign_of
from handlers.desk.looking import looking
from handlers.desk.measure import measure
from handlers.desk.responses import audience_orders, frozen_list
from handlers.desk.workshop import Workshop
from handlers.operation import Result, job, operation
from models.base import Problem, db
from models.campaign import Campaign, Scenario
from models.evaluation import Evaluation


class NotMeasured(Problem):
    """Somebody concluded before anything was measured."""

    message = "This campaign has not been measured yet."


@job
def measure_lift(campaign_id: int, workshop: Workshop, now: datetime) -> Result:
    """Compute the final figures once the window is over; a second try computes the same."""
    with looking():
        figures = measure(campaign_of(campaign_id), workshop, db.session, now)
    row = _latest(campaign_id) or Evaluation(campaign_id=campaign_id)
    row.figures, row.computed_at, row.is_final = figures, now, True
    db.session.add(row)
    db.session.commit()
    lift = row.figures["lift"]
    return {"lift_points": lift.get("points"), "is_evaluable": lift["evaluable"]}


@operation
def measure_cost(campaign_id: int) -> Result:
    """Say what it cost, all in all and per success, in fen."""
    row = _measured(campaign_id)
    return {"cost_fen": row.figures["cost"]["total_fen"]}


@operation
def record_summary(campaign_id: int, now: datetime) -> Result:
    """Keep the evaluator's words beside the figures they are about."""
    done = answers(campaign_id, "summarise")[0]
    answer = done.answer or {}
    row = _measured(campaign_id)
    row.conclusion, row.verdict = str(answer.get("conclusion", "")), str(answer.get("verdict", ""))
    row.concluded_by, row.concluded_at = done.closed_by, now
    return {"keep_as_scenario_wanted": bool(answer.get("keep_as_scenario"))}


@operation
def keep_as_scenario(campaign_id: int) -> Result:
    """Keep the campaign as a template, with what it reached, for other offices (E9)."""
    campaign, row = campaign_of(campaign_id), _measured(campaign_id)
    answer = answers(campaign_id, "summarise")[0].answer or {}
    name = str(answer.get("scenario_name") or campaign.name)
    code = f"kept-{campaign.number}"
    scenario = db.session.scalars(select(Scenario).where(Scenario.code == code)).first() or Scenario(
        code=code
    )
    scenario.family = campaign.scenario.family if campaign.scenario else "product"
    scenario.name = scenario.name_en = name
    scenario.first_values, scenario.kept_from_id = _first_values(campaign), campaign.id
    lift = row.figures["lift"]
    scenario.result = {"success_rate": lift.get("rate"), "lift_points": lift.get("points")}
    db.session.add(scenario)
    return None


@job
def return_labels(campaign_id: int, workshop: Workshop, now: datetime) -> Result:
    """Write who ordered, by arm, for the models to learn from; the file never changes afterwards."""
    with looking():
        campaign = campaign_of(campaign_id)
        people = frozen_list(campaign, workshop)
        orders = audience_orders(campaign, workshop, db.session)
        path = workshop.warehouse.root / "labels" / f"{campaign.number}.parquet"
    ordered = people["sid"].isin(orders.sids)
    table = pa.table({"sid": people["sid"], "arm": people["arm"], "ordered": ordered})
    _write(path, table)
    row = _measured(campaign_id)
    row.labels_file = str(path.relative_to(workshop.warehouse.root))
    db.session.commit()
    return {"labels": table.num_rows}


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    pq.write_table(table, beside, compression="zstd")
    beside.replace(path)


def _first_values(campaign: Campaign) -> dict[str, object]:
    """What a new campaign from this scenario starts with; numbers of people and dates are its own affair."""
    return {
        "campaign_type": campaign.campaign_type,
        "purpose": campaign.purpose,
        "product_codes": [row.product_code for row in campaign.products],
        "definition": campaign.definition,
        "channels": [
            {"channel": row.channel, "content": row.content, "hours": row.hours} for row in campaign.channels
        ],
        "hold_out_percent": campaign.hold_out_basis_points / 100,
        "target_percent": campaign.target_basis_points / 100,
        "response_days": campaign.response_days,
    }


def _latest(campaign_id: int) -> Evaluation | None:
    asked = select(Evaluation).where(Evaluation.campaign_id == campaign_id).order_by(Evaluation.id.desc())
    return db.session.scalars(asked.limit(1)).first()


def _measured(campaign_id: int) -> Evaluation:
    row = _latest(campaign_id)
    if row is None:
        raise NotMeasured()
    return row
