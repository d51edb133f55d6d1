"""The outbound desk: take a call, ask for an order, record what came of it, and go on with the next."""

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app import htmx
from app.access import person
from app.calls import page
from app.calls.typed import Typed, moment_of
from app.locale import now, translate
from handlers.channels import calls
from handlers.channels.calls import CallCentre, CallGone, CallProblem, NoSuchCall
from models.base import db

bp = Blueprint("calls", __name__, url_prefix="/calls")


@bp.get("")
def index() -> str:
    """The call in hand with all one needs to know and say; without one, how the day stands."""
    held = calls.in_hands_of(db.session, person().login)
    if held is None:
        return render_template("calls/between.html", desk=page.between(_centre(), person(), now()))
    return _shown(held, Typed())


@bp.post("/next")
def pull() -> AnyResponse:
    """Take the next call."""
    calls.pull(db.session, _centre(), person().login, now())
    return redirect(url_for("calls.index"), 303)


@bp.post("/<int:call_id>/result")
def hand_in(call_id: int) -> AnyResponse:
    """Record how the call ended and take the next one; 422 with what is missing beside what was typed."""
    login, typed = person().login, Typed.of(request.form)
    try:
        calls.record(db.session, _centre(), call_id, typed.fence, login, typed.result(), now())
    except (CallGone, NoSuchCall) as problem:
        flash(translate(problem), "b")
        return redirect(url_for("calls.index"), 303)
    except CallProblem as problem:
        return _again(call_id, typed, problem)
    return pull()


@bp.post("/<int:call_id>/order")
def order(call_id: int) -> AnyResponse:
    """Ask the customer by message to confirm an order."""
    fence, product = request.form.get("fence", 0, type=int), request.form.get("product", "")
    try:
        calls.ask_order(db.session, _centre(), call_id, fence, person().login, product, now())
    except CallProblem as problem:
        if htmx.is_partial():
            return make_response(_questions(call_id, problem), 409)
        flash(translate(problem), "b")
    if htmx.is_partial():
        return make_response(_questions(call_id))
    return redirect(url_for("calls.index"), 303)


@bp.get("/<int:call_id>/answer")
def answer(call_id: int) -> str:
    """Whether the customer has answered meanwhile; the desk asks again every few seconds."""
    return _questions(call_id)


@bp.post("/<int:call_id>/rest")
def rest(call_id: int) -> AnyResponse:
    """Put the call back and take a break."""
    try:
        calls.put_back(db.session, call_id, request.form.get("fence", 0, type=int), person().login)
        flash(_("You are on a break. The call lies among the others again."), "o")
    except CallProblem as problem:
        flash(translate(problem), "b")
    return redirect(url_for("calls.index"), 303)


@bp.get("/when")
def moment() -> str:
    """The time picked, in the words of the script; a script is in the customer's language."""
    return page.said_at(moment_of(request.args.get("call_back_at", "")))


def _centre() -> CallCentre:
    centre: CallCentre = current_app.extensions["call_centre"]
    return centre


def _again(call_id: int, typed: Typed, problem: CallProblem) -> Response:
    """The same page with what was typed; a call that is no longer there has nothing to be mended."""
    held = calls.in_hands_of(db.session, person().login)
    if held is None or held.call_id != call_id:
        return redirect(url_for("calls.index"), 303)  # type: ignore[return-value]
    return make_response(_shown(held, typed, problem), 422)


def _shown(held: calls.Held, typed: Typed, problem: CallProblem | None = None) -> str:
    desk = page.at_desk(_centre(), person(), held, now())
    return render_template("calls/call.html", desk=desk, typed=typed, problem=problem)


def _questions(call_id: int, problem: CallProblem | None = None) -> str:
    """Only of a call this person has."""
    held = calls.in_hands_of(db.session, person().login)
    is_mine = held is not None and held.call_id == call_id
    card = calls.card_of(db.session, _centre(), held) if held is not None and is_mine else None
    return render_template("calls/_questions.html", card=card, unasked=problem)
