"""The pages of incidents: what is stuck and why, and the four things that can be done about it."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, abort, current_app, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import htmx, runs
from app.access import may, person
from app.engine import Actor, Engine, IncidentGone, ReasonMissing
from app.incidents import fields, queries, show
from app.incidents.queries import Filters, Line
from app.locale import now, say, translate
from models.base import Problem, db
from models.schedule import ScheduledRun

bp = Blueprint("incidents", __name__)
bp.add_app_template_filter(show.template_of, "result_template")
bp.add_app_template_filter(show.step_name)
bp.add_app_template_filter(datetime.fromisoformat, "moment_of")
Answer = str | Response | tuple[str, int]


@bp.get("/incidents")
def index() -> str:
    """What is stuck, what is tried again by itself, and how regular work goes."""
    args = request.args
    state = args.get("state", "open")
    filters = Filters(
        state=state if state in queries.STATES else "open",
        q=args.get("q", ""),
        page=args.get("page", 1, type=int),
    )
    session = db.session()
    return render_template(
        "incidents/index.html",
        found=queries.list_incidents(session, filters),
        filters=filters,
        again=queries.tried_again(session),
        work=queries.regular_work(session, current_app.extensions["schedule"], now()),
        step=show.step,
        say=say,
        may_act=may(person(), "incidents.retry_run"),
    )


@bp.get("/incidents/<int:incident_id>")
def page(incident_id: int) -> str:
    """One incident: its cause in words, what was tried when, what the job was given."""
    return show.page(_found(incident_id))


@bp.post("/incidents/<int:incident_id>/retry")
def retry(incident_id: int) -> Answer:
    """Try again what failed."""
    return _do(
        incident_id,
        "retry",
        lambda line: _engine().retry(incident_id, _actor(), _reason()),
        _("It is tried again now."),
    )


@bp.post("/incidents/<int:incident_id>/correct")
def correct(incident_id: int) -> Answer:
    """Change what the job was given and try again."""

    def act(line: Line) -> object:
        values = fields.must_read(show.fields_of(line, request.form), line.job)
        return _engine().correct(incident_id, _actor(), values, _reason())

    return _do(incident_id, "correct", act, _("Corrected; it is tried again now."))


@bp.post("/incidents/<int:incident_id>/skip")
def skip(incident_id: int) -> Answer:
    """Count the job as done."""

    def act(line: Line) -> object:
        result = fields.read_result(request.form.get("result", ""))
        return _engine().skip(incident_id, _actor(), result, _reason())

    return _do(incident_id, "skip", act, _("Skipped; the process goes on."))


@bp.post("/incidents/<int:incident_id>/stop")
def stop(incident_id: int) -> Answer:
    """Stop the process; it was asked twice."""
    return _do(
        incident_id,
        "stop",
        lambda line: _engine().stop_at(incident_id, _actor(), _reason()),
        _("Stopped."),
    )


@bp.post("/incidents/regular-work/<int:run_id>/retry")
def retry_run(run_id: int) -> Response:
    """Try a run of regular work again."""
    session, reason = db.session(), _reason()
    found = session.get(ScheduledRun, run_id) or abort(404)
    told = {"name": found.name, "due": found.due_at.isoformat(), "reason": reason}
    session.rollback()
    try:
        if not reason:
            raise ReasonMissing()
        chain = queries.chain_of(run_id)
        _engine().act(chain, "retried", _actor(), told, lambda session: runs.retry(session, run_id))
        flash(_("It is tried again now."), "o")
    except runs.RunNotFailed as problem:
        flash(translate(show.who_was_faster(run_id) or problem), "w")
    except Problem as problem:
        flash(translate(problem), "b")
    return htmx.go(url_for("incidents.index"))


def _do(incident_id: int, verb: str, act: Callable[[Line], object], said: str) -> Answer:
    """One verb: back to the page with a word, or the page again with what was typed and what is wrong."""
    line = _found(incident_id)
    chain = f"process:{line.process.id}"
    try:
        act(line)
    except Problem as problem:
        db.session.rollback()
        told = {name: str(value) for name, value in problem.fields.items()}
        details = {"incident": incident_id, "message": problem.message, "fields": told}
        _engine().refuse(chain, verb, _actor(), details)
        is_gone = isinstance(problem, IncidentGone)
        return show.page(_found(incident_id), verb, problem), 409 if is_gone else 422
    flash(said, "o")
    return htmx.go(url_for("incidents.page", incident_id=incident_id))


def _found(incident_id: int) -> Line:
    return queries.incident_of(db.session(), incident_id) or abort(404)


def _engine() -> Engine:
    engine: Engine = current_app.extensions["engine"]
    return engine


def _actor() -> Actor:
    return Actor(login=person().login)


def _reason() -> str:
    return request.form.get("reason", "").strip()
