"""Fragments of the audience step: rows after an act, and what the conditions come to."""

from typing import Any

import orjson
from flask import Blueprint, Response, abort, current_app, make_response, render_template, request
from sqlalchemy import select

from app.access import person, visible_offices
from app.preview.count import Question
from app.preview.drafts import draft_of, open_to_do
from app.preview.pool import StillCounting, TooManyCounts
from app.preview.rows import act, read
from app.preview.service import ask, question_of
from app.preview.subjects import OPERATORS, subjects_by_key
from app.preview.tree import leaves, to_tree
from handlers.audience import LOW_RESPONSE
from models.base import Problem, db
from models.campaign import Campaign
from models.organisation import Office, Staff

bp = Blueprint("audiences", __name__, url_prefix="/audiences")


@bp.post("/conditions")
def conditions() -> Response:
    """The rows after an act (`add:<path>`, `group:`, `remove:`, `ungroup:`, `pick:`), with the next focus."""
    verb, _, path = request.args.get("act", "").partition(":")
    root, focus = act(read(request.form), verb, path)
    page = render_template(
        "audiences/_conditions.html",
        root=root,
        subjects=subjects_by_key(db.session()),
        operators=OPERATORS,
        focus=focus,
    )
    response = make_response(page)
    response.headers["HX-Trigger"] = '{"change": {"target": "#conditions"}}'
    return response


@bp.post("/preview")
def preview() -> str:
    """Sentence, counts, waterfall, control group and power of the conditions in the form; nothing is kept."""
    staff = person()
    campaign = _campaign(staff, request.args.get("number", ""))
    subjects = subjects_by_key(db.session())
    root = read(request.form)
    alone = leaves(root, subjects)
    session, decide = db.session(), current_app.extensions["decisions"]
    kept = draft_of(session, campaign, open_to_do(session, campaign), decide)
    draft = {**kept, **_typed(), "definition": to_tree(root, subjects)}
    seed = request.args.get("seed", 0, type=int)
    shown: dict[str, Any] = {"number": campaign.number, "seed": seed, "is_empty": not alone}
    if alone:
        nodes = tuple(orjson.dumps(node).decode() for _, node in alone)
        shown |= _asked(question_of(campaign, draft, seed, nodes), staff.login)
    groups = dict(subjects["group"].values)
    return render_template(
        "audiences/_preview.html",
        paths=[path for path, _ in alone],
        groups=groups,
        seldom=[groups[name] for name in LOW_RESPONSE],
        counties=dict(subjects["tag:county"].values),
        brands=dict(subjects["tag:brand"].values),
        **shown,
    )


def _campaign(staff: Staff, number: str) -> Campaign:
    campaign = db.session.scalar(
        select(Campaign)
        .join(Office, Campaign.office_id == Office.id)
        .where(Campaign.number == number, visible_offices(staff))
    )
    if campaign is None:
        abort(404)
    return campaign


def _asked(question: Question, login: str) -> dict[str, Any]:
    try:
        return {"counted": ask(question, login)}
    except (StillCounting, TooManyCounts) as problem:
        return {"waits": True, "problem": problem}
    except Problem as problem:
        return {"problem": problem}


def _typed() -> dict[str, Any]:
    form = request.form
    cap = form.get("people_cap", "").replace(",", "").strip()
    return {
        "hold_out_percent": form.get("hold_out_percent", ""),
        "people_cap": int(cap) if cap.isdigit() else None,
    }
