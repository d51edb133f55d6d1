"""The page of one campaign: where it stands, who has it, what it is, how it goes; recall and stop."""

from typing import Any

from flask import abort, current_app, flash, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import htmx
from app.access import person
from app.campaigns import page as reads
from app.campaigns.queries import stages_of
from app.campaigns.stages import Standing, standing
from app.campaigns.views import bp
from app.campaigns.way import drawings, stage_notes
from app.engine import Actor
from app.locale import now, say, translate
from app.preview.wording import sentence_of
from app.progress import progress_of
from models.base import Problem, db
from models.campaign import Campaign
from models.organisation import Staff
from models.product import UnitCost

TABS = ("overview", "audience", "channels", "dispatch", "results", "approvals", "diagram")


@bp.get("/<number>")
def page(number: str) -> str:
    """One campaign; the tab is in the address."""
    staff, campaign = _seen(number)
    tab = request.args.get("tab", "overview")
    return render_template(
        "campaigns/page.html", **_shown(staff, campaign, tab if tab in TABS else "overview")
    )


@bp.get("/<number>/progress")
def progress(number: str) -> str:
    """The work orders and answers as they stand, for the page to fetch every few seconds."""
    staff, campaign = _seen(number)
    return render_template("campaigns/tabs/_progress.html", **_shown(staff, campaign, "dispatch"))


@bp.post("/<number>/look")
def look(number: str) -> str:
    """The message as the customer sees it, while it is written."""
    _seen(number)
    cost = db.session.get(UnitCost, "sms")
    text = request.form.get("content-sms", "").strip()
    return render_template("campaigns/plan/_look.html", text=text, sms_cost=cost.cost_fen if cost else 0)


@bp.post("/<number>/recall")
def recall(number: str) -> Response:
    """The submitting office takes its campaign back while others decide."""
    staff, campaign = _seen(number)
    return _deliver(
        staff, campaign, "recall", _standing(campaign).may_be_recalled and may_recall(staff, campaign)
    )


@bp.post("/<number>/stop")
def stop(number: str) -> Response:
    """Stop a campaign that is being carried out; it was asked twice, and the reason is kept."""
    staff, campaign = _seen(number)
    return _deliver(staff, campaign, "stop", _standing(campaign).may_be_stopped and may_stop(staff, campaign))


def may_recall(staff: Staff, campaign: Campaign) -> bool:
    """Only planners of the submitting office recall."""
    return staff.has_role("planner") and staff.office_id == campaign.office_id


def may_stop(staff: Staff, campaign: Campaign) -> bool:
    """Planners of the submitting office and of the offices above it stop."""
    return staff.has_role("planner") and staff.office.covers(campaign.office.code)


def _deliver(staff: Staff, campaign: Campaign, message: str, allowed: bool) -> Response:
    """Hand the message to the process; what is not allowed any more is said, and kept in history."""
    engine, actor = current_app.extensions["engine"], Actor(login=staff.login)
    reason = request.form.get("reason", "").strip()
    number, campaign_id, process_id = campaign.number, campaign.id, campaign.process_id
    back = htmx.go(url_for("campaigns.page", number=number))
    if not allowed:
        engine.refuse(f"process:{process_id}", message, actor, {"reason": reason})
        flash(_("This cannot be done any more: the campaign has moved on, or it is not yours."), "w")
        return back
    if not reason:
        flash(_("Give a reason; those who read it later will ask."), "b")
        return back
    try:
        engine.deliver(message, str(campaign_id), {"reason": reason}, actor)
    except Problem as problem:
        flash(translate(problem), "b")
        return back
    said = _("Recalled. The draft is open again.") if message == "recall" else _("Stopped.")
    flash(said, "o")
    return back


def _seen(number: str) -> tuple[Staff, Campaign]:
    staff = person()
    campaign = reads.campaign_of(db.session(), staff, number)
    if campaign is None:
        abort(404)
    return staff, campaign


def _standing(campaign: Campaign) -> Standing:
    stages = stages_of(db.session(), [campaign.process_id] if campaign.process_id else [])
    process = campaign.process
    return standing(
        stages.get(campaign.process_id or 0, []),
        process.state if process else "running",
        process.outcome if process else None,
        campaign.submissions,
    )


def _shown(staff: Staff, campaign: Campaign, tab: str) -> dict[str, Any]:
    session, at = db.session(), _standing(campaign)
    opinions = reads.opinions_of(session, campaign.process_id)
    orders = progress_of(session, reads.orders_of(session, campaign.id))
    answered = sum(order.settled for order in orders)
    engine = current_app.extensions["engine"]
    times = engine.stage_times(campaign.process_id) if campaign.process_id else []
    shown: dict[str, Any] = {
        "campaign": campaign,
        "tab": tab,
        "tabs": TABS,
        "at": at,
        "now": now(),
        "notes": stage_notes(campaign, times, opinions, orders, answered),
        "waiting": reads.waiting_for(session, campaign.process_id) if at.is_open else (),
        "stuck": reads.stuck_at(session, campaign.process_id),
        "say": say,
        "opinions": opinions,
        "orders": orders,
        "answered": answered,
        "evaluation": reads.latest_evaluation(session, campaign.id),
        "may_recall": at.may_be_recalled and may_recall(staff, campaign),
        "may_stop": at.may_be_stopped and may_stop(staff, campaign),
        "unmet": reads.unmet(session, campaign.id) if at.may_be_stopped else 0,
        "mine": staff,
    }
    return shown | _of_tab(campaign, tab)


def _of_tab(campaign: Campaign, tab: str) -> dict[str, Any]:
    """What only one tab shows."""
    session = db.session()
    if tab in ("overview", "approvals"):
        approvals = reads.approvals_of(session, campaign.id)
        logins = [login for each in approvals for step in each.route for login in step.get("people", ())]
        return {"approvals": approvals, "people": reads.staff_by_login(session, logins)}
    if tab in ("channels", "dispatch"):
        costs = {cost.channel: cost for cost in session.scalars(select(UnitCost))}
        keepers = [row.confirmed_by for row in campaign.channels if row.confirmed_by]
        return {
            "costs": costs,
            "units": reads.units_sent(session, campaign.id),
            "people": reads.staff_by_login(session, keepers),
        }
    if tab == "audience" and campaign.audience:
        return {"sentence": sentence_of(campaign.audience.definition)}
    if tab == "diagram" and campaign.process:
        path = current_app.extensions["engine"].path(campaign.process.id)
        return {"drawings": drawings(path, campaign.process)}
    return {}
