"""To-dos for machines: the feed of what waits for the person who asks."""

from collections.abc import Sequence
from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields
from sqlalchemy import or_, select

from app.access import person
from models.base import db
from models.campaign import Campaign
from models.process import Candidate, ToDo

bp = Blueprint("api_to_dos", __name__, url_prefix="/api/v1/to-dos", description="To-dos")

#: to-dos in one answer
MOST = 200


class FilterSchema(Schema):
    """What the caller wants to see."""

    campaign = fields.String(load_default="", metadata={"description": "number of a campaign"})


class ToDoSchema(Schema):
    """A to-do the caller may decide, or may claim first."""

    id = fields.Integer()
    element = fields.String()
    name = fields.String()
    name_en = fields.String()
    campaign = fields.String()
    title = fields.String()
    outcomes = fields.List(fields.String())
    assignee = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime(allow_none=True)


@bp.get("")
@bp.arguments(FilterSchema, location="query")
@bp.response(200, ToDoSchema(many=True))
def to_dos(wanted: dict[str, str]) -> Sequence[dict[str, Any]]:
    """The open to-dos that are mine or that I may claim, oldest first."""
    login = person().login
    mine = or_(
        ToDo.assignee == login,
        ToDo.assignee.is_(None) & ToDo.candidates.any(Candidate.login == login),
    )
    asked = (
        select(ToDo, Campaign.number)
        .outerjoin(Campaign, (ToDo.subject_type == "campaign") & (Campaign.id == ToDo.subject_id))
        .where(ToDo.state == "open", mine)
        .order_by(ToDo.created_at, ToDo.id)
        .limit(MOST)
    )
    if wanted["campaign"]:
        asked = asked.where(Campaign.number == wanted["campaign"])
    return [_shown(to_do, number) for to_do, number in db.session.execute(asked)]


def _shown(to_do: ToDo, number: str | None) -> dict[str, Any]:
    return {
        "id": to_do.id,
        "element": to_do.element,
        "name": to_do.name,
        "name_en": to_do.name_en,
        "campaign": number or "",
        "title": to_do.title,
        "outcomes": str(to_do.properties.get("outcomes", "")).split(","),
        "assignee": to_do.assignee,
        "created_at": to_do.created_at,
        "due_at": to_do.due_at,
    }
