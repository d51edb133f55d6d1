"""The list of campaigns, and starting a new one."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import htmx
from app.access import person
from app.campaigns.draft import iso_day
from app.campaigns.queries import Filters, list_campaigns, offices_in_sight
from app.campaigns.stages import ENDED
from app.campaigns.start import FAMILIES, TYPES, Beginning, BeginningProblem, begin
from app.words import STAGES
from models.base import db
from models.campaign import Scenario

bp = Blueprint("campaigns", __name__, url_prefix="/campaigns")
bp.add_app_template_filter(iso_day)


@bp.get("")
def index() -> str:
    """The campaigns this person may see, newest first."""
    staff = person()
    args = request.args
    filters = Filters(
        q=args.get("q", ""),
        stage=args.get("stage", ""),
        office=args.get("office", ""),
        mine=bool(args.get("mine")),
        page=args.get("page", 1, type=int),
    )
    return render_template(
        "campaigns/index.html",
        found=list_campaigns(db.session(), staff, filters),
        filters=filters,
        stages=[*STAGES, ENDED],
        offices=offices_in_sight(db.session(), staff),
        may_plan=staff.has_role("planner"),
    )


@bp.get("/new")
def new() -> str:
    """Scenarios of the five families, and a blank sheet."""
    return _new_page({"scenario": request.args.get("scenario", ""), "campaign_type": "precision"}, {})


@bp.post("/new")
def start() -> Response | tuple[str, int]:
    """Start a campaign and open its first to-do: the wizard, or the choice of an opportunity."""
    form = request.form
    wish = Beginning(
        name=form.get("name", "").strip(),
        campaign_type=form.get("campaign_type", ""),
        scenario=form.get("scenario", ""),
        finds_opportunity=bool(form.get("find_opportunity")),
    )
    try:
        campaign = begin(db.session(), current_app.extensions["engine"], person(), wish)
    except BeginningProblem as problem:
        db.session.rollback()
        return _new_page(form, {problem.field: problem}), 422
    number = campaign.number
    if wish.finds_opportunity:
        return htmx.go(url_for("campaigns.page", number=number))
    return htmx.go(url_for("campaigns.plan", number=number))


def _new_page(values: Mapping[str, Any], problems: Mapping[str, BeginningProblem]) -> str:
    scenarios = db.session.scalars(select(Scenario).order_by(Scenario.family, Scenario.id)).all()
    decide = current_app.extensions["decisions"]
    kinds = {
        code: decide("campaign_type", {"campaign_type": code, "purpose": purpose})
        for code, purpose in TYPES.items()
    }
    return render_template(
        "campaigns/new.html",
        families=[(family, [s for s in scenarios if s.family == family]) for family in FAMILIES],
        kinds=kinds,
        values=values,
        problems=problems,
        title=_("New campaign"),
    )
