"""Campaigns for machines: what one reached."""

from typing import Any

from flask import abort, current_app
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from sqlalchemy import select

from app.access import person, visible_offices
from app.engine import Engine
from app.words import STAGES
from models.base import db
from models.campaign import Campaign
from models.evaluation import Evaluation
from models.organisation import Office

bp = Blueprint("api_campaigns", __name__, url_prefix="/api/v1/campaigns", description="Campaigns")


class EvaluationSchema(Schema):
    """The latest figures of a campaign."""

    number = fields.String()
    name = fields.String()
    is_final = fields.Boolean()
    computed_at = fields.AwareDateTime()
    verdict = fields.String()
    conclusion = fields.String()
    audience = fields.Integer(metadata={"description": "frozen list, control group included"})
    control = fields.Integer()
    state = fields.String(metadata={"description": "running, done or stopped"})
    outcome = fields.String(allow_none=True, metadata={"description": "end event the process reached"})
    stages = fields.List(fields.String(), metadata={"description": "stages gone through, in their order"})
    figures = fields.Dict()


@bp.get("/<number>/evaluation")
@bp.response(200, EvaluationSchema)
def evaluation(number: str) -> dict[str, Any]:
    """The latest evaluation of a campaign of an office you may see; 404 while there is none."""
    mine = select(Campaign).join(Office, Office.id == Campaign.office_id).where(visible_offices(person()))
    campaign = db.session.scalars(mine.where(Campaign.number == number)).first()
    if campaign is None:
        abort(404)
    asked = select(Evaluation).where(Evaluation.campaign_id == campaign.id).order_by(Evaluation.id.desc())
    row = db.session.scalars(asked.limit(1)).first()
    if row is None:
        abort(404)
    return {
        "number": campaign.number,
        "name": campaign.name,
        "is_final": row.is_final,
        "computed_at": row.computed_at,
        "verdict": row.verdict,
        "conclusion": row.conclusion,
        "audience": campaign.audience.frozen if campaign.audience else 0,
        "control": campaign.audience.control if campaign.audience else 0,
        "state": campaign.process.state if campaign.process else "",
        "outcome": campaign.process.outcome if campaign.process else None,
        "stages": _stages(campaign),
        "figures": row.figures,
    }


def _stages(campaign: Campaign) -> list[str]:
    """The stages the campaign has entered and left."""
    if campaign.process_id is None:
        return []
    engine: Engine = current_app.extensions["engine"]
    times = engine.stage_times(campaign.process_id)
    return [time.element for time in times if time.element in STAGES and time.left_at is not None]
