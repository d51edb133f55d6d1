"""The inbox: read a to-do, claim it, decide it; after a decision the next one opens by itself."""

from flask import Blueprint, Response, current_app, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app import htmx
from app.access import person
from app.engine.values import Actor
from app.inbox import desk, hand_in, page
from app.inbox.detail import field_word, outcome_word, stop_word
from app.inbox.queries import Tab
from app.locale import now
from models.base import Problem, db

bp = Blueprint("inbox", __name__)
bp.add_app_template_filter(outcome_word)
bp.add_app_template_filter(field_word)
bp.add_app_template_filter(stop_word)


@bp.get("/to-dos")
def index() -> AnyResponse:
    """The list with its first to-do beside it; on a phone the list alone."""
    view = desk.Desk.open(_tab(), person(), now())
    return _answer(view.first(), is_chosen=False)


@bp.get("/to-dos/<int:to_do_id>")
def detail(to_do_id: int) -> AnyResponse:
    """One to-do beside the list it was picked from."""
    view = desk.Desk.open(_tab(), person(), now())
    return _answer(view.pick(to_do_id))


@bp.post("/to-dos/<int:to_do_id>/claim")
def claim(to_do_id: int) -> AnyResponse:
    """Take a to-do that others could take too."""
    return _act(to_do_id, "claim")


@bp.post("/to-dos/<int:to_do_id>/unclaim")
def unclaim(to_do_id: int) -> AnyResponse:
    """Put a to-do back for the others."""
    return _act(to_do_id, "unclaim")


@bp.post("/to-dos/<int:to_do_id>/draft")
def draft(to_do_id: int) -> AnyResponse:
    """Keep what was typed so far; on a to-do that has gone there is nothing to keep it with."""
    view = desk.Desk.open(_tab(), person(), now())
    found = view.pick(to_do_id, "save_draft")
    typed = hand_in.as_draft(request, found.case, found.form)
    try:
        current_app.extensions["engine"].save_draft(to_do_id, Actor(view.login), typed)
    except Problem:
        return make_response("", 409)
    return make_response("", 204)


@bp.post("/to-dos/<int:to_do_id>/decide")
def decide(to_do_id: int) -> AnyResponse:
    """Hand in a decision: 422 with the errors beside the fields, or on to the next to-do."""
    view = desk.Desk.open(_tab(), person(), now())
    found = view.pick(to_do_id, "complete")
    handed = hand_in.read(request, found.case, found.form)
    if found.case.to_do.state == "open" and not handed.is_right:
        return _answer(found.with_errors(handed), 422)
    try:
        current_app.extensions["engine"].complete(
            to_do_id, Actor(view.login), handed.outcome, handed.answer, handed.opinion
        )
    except Problem as problem:
        return _refused(to_do_id, "complete", problem, handed)
    return _on(view, to_do_id, handed.outcome, found)


def _act(to_do_id: int, verb: str) -> AnyResponse:
    """One of the verbs that need nothing but the person."""
    view = desk.Desk.open(_tab(), person(), now())
    view.pick(to_do_id, verb)
    try:
        getattr(current_app.extensions["engine"], verb)(to_do_id, Actor(view.login))
    except Problem as problem:
        return _refused(to_do_id, verb, problem, None)
    tab: Tab = "mine" if verb == "claim" else "claim"
    if not htmx.is_partial():
        return redirect(url_for("inbox.detail", to_do_id=to_do_id, tab=tab), 303)
    again = desk.Desk.open(tab, person(), now())
    return _answer(again.pick(to_do_id), push=True)


def _refused(to_do_id: int, verb: str, problem: Problem, handed: hand_in.HandedIn | None) -> AnyResponse:
    """The process said no: 409 where the to-do has gone, else 422 with the reason; what was typed stays."""
    db.session.rollback()
    desk.record_refusal(to_do_id, verb, person().login, problem)
    found = desk.Desk.open(_tab(), person(), now()).pick(to_do_id)
    is_gone = found.case.to_do.state != "open"
    shown = found.with_problem(None if is_gone else problem, handed)
    return _answer(shown, 409 if is_gone else 422)


def _on(view: desk.Desk, decided: int, outcome: str, found: desk.Picked) -> AnyResponse:
    """Open the next to-do of the same list, and say what was done."""
    again = desk.Desk.open(view.tab, person(), now())
    following = page.next_open(view.rows, again.rows, decided)
    notice = desk.said(outcome, found)
    if not htmx.is_partial():
        return redirect(_address(following, view.tab), 303)
    shown = again.pick(following) if following else again.first()
    return _answer(shown.with_notice(notice), push=True, is_chosen=following is not None)


def _answer(shown: desk.Picked, status: int = 200, push: bool = False, is_chosen: bool = True) -> Response:
    """The whole page, or only list and detail where htmx asks; `push` puts the new to-do into the address."""
    response = make_response(shown.render(htmx.wants("inbox"), is_chosen), status)
    if push and htmx.is_partial():
        response.headers["HX-Push-Url"] = _address(shown.to_do_id, shown.tab)
    return response


def _address(to_do_id: int | None, tab: Tab) -> str:
    if to_do_id is None:
        return url_for("inbox.index", tab=tab)
    return url_for("inbox.detail", to_do_id=to_do_id, tab=tab)


def _tab() -> Tab:
    return page.as_tab(request.args.get("tab"))
