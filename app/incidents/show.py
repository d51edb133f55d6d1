"""What the page of one incident shows: the line itself, what was tried, and forms as far as one may act."""

from collections.abc import Mapping
from typing import Any

from flask import current_app, render_template, request
from flask_babel import gettext as _

from app.access import may, person
from app.engine import Engine, IncidentGone
from app.engine.needs import Following
from app.incidents import fields, queries
from app.incidents.fields import Field
from app.incidents.queries import Line
from app.locale import say, twin
from models.base import Problem, db


def page(line: Line, verb: str = "", problem: Problem | None = None) -> str:
    """The page; after a refused act with what was typed, and why it was refused."""
    is_gone = isinstance(problem, IncidentGone)
    may_act = line.incident.state == "open" and may(person(), "incidents.retry")
    shown: dict[str, Any] = {
        "line": line,
        "label": label(line),
        "tried": queries.tried_about(db.session(), line),
        "problem": None if is_gone else problem,
        "is_gone": is_gone,
        "repaired_by": name_of(line.incident.repaired_by),
        "verb": verb,
        "typed": request.form,
        "may_act": may_act,
        "say": say,
    }
    if line.job is not None and may_act:
        shown |= {"fields": fields_of(line, request.form if verb == "correct" else None)}
        shown |= {"after": _engine().following(line.incident.id)}
    return render_template("incidents/page.html", **shown)


def fields_of(line: Line, form: Mapping[str, str] | None) -> list[Field]:
    """The arguments of the job as fields, with what was typed and what is wrong with it."""
    operation = _engine().operation(line.job.operation) if line.job is not None else None
    if line.job is None or operation is None:
        return []
    if form is None:
        return fields.fields_of(operation, line.process, line.job)
    typed = {name: form.get(f"argument-{name}", "") for name in operation.parameters}
    shown = fields.fields_of(operation, line.process, line.job, typed)
    problems = fields.read(shown, line.job)[1]
    return fields.fields_of(operation, line.process, line.job, typed, problems)


def template_of(after: Following) -> str:
    """The result as it might be typed: every variable the next steps read and nobody has set."""
    names = () if after.variable else tuple(need.variable for need in after.needs)
    return "{" + ", ".join(f'"{name}": null' for name in names) + "}"


def label(line: Line) -> str:
    """The name of what failed: a step as its diagram gives it, or a timer."""
    if line.job is None:
        return str(_("Timer"))
    return step(line.process.version_id, line.job.element)


def step(version_id: int, element: str) -> str:
    """The name of a step in the reader's language."""
    return step_name(_engine().label(version_id, element))


def step_name(names: tuple[str, str]) -> str:
    """One of two names, in the reader's language."""
    return twin({"name": names[0], "name_en": names[1]})


def who_was_faster(run_id: int) -> Problem | None:
    """Who dealt with a run of regular work before, and when; None where nobody did."""
    found = queries.dealt_with(db.session(), run_id)
    return None if found is None else IncidentGone(by=name_of(found[0]), at=found[1])


def name_of(login: str | None) -> str:
    """A person's name; the machine's own where nobody did it."""
    if login == "system":
        return str(_("System"))
    found = queries.staff_by_login(db.session(), {login or ""})
    return twin(found[login]) if login in found else str(login or "")


def _engine() -> Engine:
    engine: Engine = current_app.extensions["engine"]
    return engine
