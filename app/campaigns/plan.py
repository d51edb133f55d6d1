"""The planning wizard: it is the open to-do draft_campaign; each step saves into its draft."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, current_app, flash, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import htmx
from app.access import person
from app.campaigns.checks import Fault
from app.campaigns.draft import LAST_STEP, STEPS, Draft, merge, name_of, step_of
from app.campaigns.judging import Judged, check_step, judge
from app.campaigns.page import Opinion, asked_for, campaign_of, opinions_of
from app.campaigns.views import bp
from app.engine import Actor
from app.locale import now
from app.preview.drafts import draft_of, open_to_do
from app.preview.subjects import OPERATORS, Subject, subjects_by_key
from app.preview.tree import from_tree
from models.base import db
from models.campaign import Campaign
from models.organisation import Staff
from models.process import ToDo
from models.product import Product, UnitCost

NAMES = ("goal", "audience", "channels", "estimate", "submit")


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One visit to the wizard: the campaign, its to-do, the draft as it stands."""

    staff: Staff
    campaign: Campaign
    to_do: ToDo
    draft: Draft
    subjects: dict[str, Subject]

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return Actor(login=self.staff.login)


@bp.get("/<number>/plan")
def plan(number: str) -> str | Response:
    """One step of the wizard as it was left."""
    desk = _desk(number)
    if not isinstance(desk, Desk):
        return desk
    return _page(desk, _step(request.args.get("step", 1, type=int)))


@bp.post("/<number>/plan")
def save_plan(number: str) -> str | Response | tuple[str, int]:
    """Save the step, then go where the button leads; what is wrong is told beside its field."""
    desk = _desk(number)
    if not isinstance(desk, Desk):
        return desk
    step = _step(request.args.get("step", 1, type=int))
    go = request.form.get("go", "stay")
    draft = merge(desk.draft, step, request.form, desk.subjects)
    engine = current_app.extensions["engine"]
    if desk.to_do.assignee is None:
        engine.claim(desk.to_do.id, desk.actor)
    engine.save_draft(desk.to_do.id, desk.actor, draft)
    if request.args.get("auto"):
        return render_template("campaigns/plan/_saved.html", saved_at=now())
    return _go(_desk_again(number, draft), step, go)


def _go(desk: Desk, step: int, go: str) -> str | Response | tuple[str, int]:
    number = desk.campaign.number
    if go == "abandon":
        return _abandon(desk)
    if go == "submit":
        return _submit(desk)
    if go == "next":
        found = check_step(step, desk.campaign, desk.draft, desk.staff.login, now())
        wrong = [fault for fault in found if not fault.is_warning]
        if wrong:
            return _page(desk, step, wrong), 422
    to = {"next": step + 1, "back": step - 1}.get(go, step)
    return htmx.go(url_for("campaigns.plan", number=number, step=_step(to)))


def _submit(desk: Desk) -> str | Response | tuple[str, int]:
    judged = judge(desk.campaign, desk.draft, desk.staff.login, now())
    if judged.errors:
        return _page(desk, LAST_STEP, judged.errors, judged), 422
    current_app.extensions["engine"].complete(desk.to_do.id, desk.actor, "submit", desk.draft)
    flash(_("Handed in. It is on its way; you see here who has it."), "o")
    return htmx.go(url_for("campaigns.page", number=desk.campaign.number))


def _abandon(desk: Desk) -> Response:
    reason = request.form.get("reason", "").strip()
    current_app.extensions["engine"].complete(desk.to_do.id, desk.actor, "abandon", desk.draft, reason)
    flash(_("The campaign was abandoned."), "w")
    return htmx.go(url_for("campaigns.page", number=desk.campaign.number))


def _page(desk: Desk, step: int, faults: Sequence[Fault] = (), judged: Judged | None = None) -> str:
    if judged is None and step >= 4:
        judged = judge(desk.campaign, desk.draft, desk.staff.login, now())
    return render_template(
        f"campaigns/plan/{NAMES[step - 1]}.html",
        campaign=desk.campaign,
        to_do=desk.to_do,
        draft=desk.draft,
        step=step,
        faults=_by_field(faults),
        hints=_hints(desk, step),
        judged=judged,
        asked=_asked(desk),
        step_of=step_of,
        name_of=name_of,
        **_choices(desk, step),
    )


def _choices(desk: Desk, step: int) -> dict[str, Any]:
    """What the step's fields offer; only what this step shows is read."""
    if step == 2:
        root = from_tree(desk.draft.get("definition"), desk.subjects)
        return {"root": root, "subjects": desk.subjects, "operators": OPERATORS}
    products = db.session.scalars(select(Product).order_by(Product.id)).all()
    costs = {cost.channel: cost for cost in db.session.scalars(select(UnitCost))}
    return {"products": products, "costs": costs}


def _by_field(faults: Sequence[Fault]) -> dict[str, list[Fault]]:
    found: dict[str, list[Fault]] = {}
    for fault in faults:
        found.setdefault(fault.field, []).append(fault)
    return found


def _hints(desk: Desk, step: int) -> dict[str, list[Fault]]:
    """What is worth knowing about the texts as they stand, beside their fields."""
    if step != 3 or not desk.draft.get("channels"):
        return {}
    found = check_step(step, desk.campaign, desk.draft, desk.staff.login, now())
    return _by_field([fault for fault in found if fault.is_warning])


def _asked(desk: Desk) -> tuple[Opinion, ...]:
    """What was asked for when the campaign came back."""
    return asked_for(opinions_of(db.session(), desk.campaign.process_id))


def _step(wished: int) -> int:
    return min(max(wished, 1), len(STEPS))


def _desk(number: str) -> Desk | Response:
    """The wizard's desk, or the way to the campaign's page for those who cannot plan it now."""
    staff = person()
    campaign = campaign_of(db.session(), staff, number)
    if campaign is None:
        abort(404)
    to_do = open_to_do(db.session(), campaign)
    if to_do is None or not to_do.may_be_decided_by(staff.login):
        flash(_("This campaign is not waiting for you to plan it."), "w")
        return htmx.go(url_for("campaigns.page", number=number))
    draft = draft_of(db.session(), campaign, to_do, current_app.extensions["decisions"])
    subjects = subjects_by_key(db.session())
    return Desk(staff=staff, campaign=campaign, to_do=to_do, draft=draft, subjects=subjects)


def _desk_again(number: str, draft: Draft) -> Desk:
    """The desk after the engine saved: rows are read anew, the draft is the one just saved."""
    desk = _desk(number)
    if not isinstance(desk, Desk):
        abort(409)
    return Desk(
        staff=desk.staff, campaign=desk.campaign, to_do=desk.to_do, draft=draft, subjects=desk.subjects
    )
