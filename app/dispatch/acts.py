"""Pause, resume, stop: a person's act on a work order, written to the history of its campaign."""

from collections.abc import Callable
from datetime import datetime

from flask import current_app, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import htmx
from app.dispatch.rights import may_act
from app.dispatch.views import bp, seen
from app.engine import Actor, Engine
from app.locale import now, num, translate
from handlers.channels import outbox
from models.base import Problem
from models.execution import WorkOrder

Change = Callable[[Session, WorkOrder, str, str, datetime], int]


@bp.post("/<number>/pause")
def pause(number: str) -> Response:
    """Send nothing more and call nobody until it is resumed."""
    return _act(number, "work_order_paused", _pause, _("Paused; at most one window of messages follows."))


@bp.post("/<number>/resume")
def resume(number: str) -> Response:
    """Go on where it was paused."""
    return _act(number, "work_order_resumed", _resume, _("It goes on."))


@bp.post("/<number>/stop")
def stop(number: str) -> Response:
    """End it for good; it was asked twice."""
    return _act(number, "work_order_stopped", _stop, "")


def _pause(session: Session, order: WorkOrder, login: str, reason: str, at: datetime) -> int:
    outbox.pause(session, order, login, reason, at)
    return 0


def _resume(session: Session, order: WorkOrder, login: str, reason: str, at: datetime) -> int:
    outbox.resume(session, order, at)
    return 0


def _stop(session: Session, order: WorkOrder, login: str, reason: str, at: datetime) -> int:
    return outbox.stop(session, order, at)


def _act(number: str, verb: str, change: Change, done: str) -> Response:
    """The change and its history in one transaction; what may not be done is said, and is history too."""
    staff, order = seen(number)
    engine: Engine = current_app.extensions["engine"]
    actor, order_id = Actor(login=staff.login), order.id
    chain = f"process:{order.campaign.process_id}"
    reason = request.form.get("reason", "").strip()
    details = {"work_order": number, "reason": reason}
    back = htmx.go(htmx.came_from(url_for("dispatch.page", number=number)))
    if not may_act(staff, order):
        engine.refuse(chain, verb, actor, details)
        flash(_("Only the keeper of the channel and planners of the campaign's office may do this."), "b")
        return back
    if not reason and verb != "work_order_resumed":
        flash(_("Give a reason; those who read it later will ask."), "b")
        return back
    try:
        unmet = engine.act(
            chain,
            verb,
            actor,
            details,
            lambda session: change(session, session.get_one(WorkOrder, order_id), actor.login, reason, now()),
        )
    except Problem as problem:
        flash(translate(problem), "b")
        return back
    flash(done or _stopped(unmet), "o")
    return back


def _stopped(unmet: int) -> str:
    return str(
        ngettext(
            "Stopped. %(n)s customer will not be met.",
            "Stopped. %(n)s customers will not be met.",
            unmet,
            n=num(unmet),
        )
    )
