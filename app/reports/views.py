"""The evaluation pages: which campaigns were measured, and what one of them was worth."""

from typing import Any

from flask import Blueprint, abort, render_template, request
from flask_babel import gettext as _

from app.access import person, visible_offices
from app.locale import language, say, twin
from app.reports.figures import COUNTIES_FIRST, Figures, read
from app.reports.queries import (
    campaign_in_sight,
    latest_evaluation,
    list_evaluations,
    name_of,
    offices_by_code,
    open_summary,
)
from handlers.audience import GROUPS
from models.base import db

bp = Blueprint("reports", __name__, url_prefix="/evaluations")

#: verdicts the list can be narrowed to; "open" where nobody concluded yet
VERDICTS = ("open", "proven", "not_proven", "harmful")


@bp.get("")
def index() -> str:
    """The latest evaluation of every campaign in sight."""
    args = request.args
    verdict = args.get("verdict", "")
    found = list_evaluations(
        db.session(),
        visible_offices(person()),
        args.get("q", ""),
        verdict if verdict in VERDICTS else "",
        args.get("page", 1, type=int),
    )
    rows = [(line, read(line.evaluation.figures)) for line in found.lines]
    return render_template(
        "reports/index.html", found=found, rows=rows, q=args.get("q", ""), verdict=verdict, verdicts=VERDICTS
    )


@bp.get("/<number>")
def page(number: str) -> str:
    """One evaluation: success rate and cost first, then the net lift, then where it came from."""
    staff = person()
    campaign = campaign_in_sight(db.session(), visible_offices(staff), number)
    if campaign is None:
        abort(404)
    evaluation = latest_evaluation(db.session(), campaign.id)
    figures = read(evaluation.figures) if evaluation else None
    return render_template(
        "reports/page.html",
        campaign=campaign,
        evaluation=evaluation,
        figures=figures,
        why=say(figures.lift.why, figures.lift.why_fields) if figures and figures.lift.why else "",
        concluded_by=twin(name_of(db.session(), evaluation.concluded_by if evaluation else None)),
        to_do=open_summary(db.session(), staff, campaign.process_id),
        **(_beside(figures) if figures else {}),
    )


def _beside(figures: Figures) -> dict[str, Any]:
    """Names and shapes the figures are shown with."""
    show_all = bool(request.args.get("counties"))
    counties = figures.by_county if show_all else figures.by_county[:COUNTIES_FIRST]
    best = max((row.get("rate") or 0 for row in counties), default=0)
    return {
        "counties": counties,
        "best_rate": best or 1,
        "offices": offices_by_code(db.session(), [str(row["county"]) for row in counties]),
        "groups": {code: words.of(language()) for code, words in enumerate(GROUPS.values(), start=1)},
        "chart": figures.chart(_("contacted"), _("Control")) if figures.by_day else None,
    }
