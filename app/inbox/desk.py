"""The person's desk: the list of one tab and the to-do that lies open on it, ready to be drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flask import abort, current_app, render_template
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import forms
from app.diagrams.place import Place, place
from app.diagrams.sight import process_for
from app.engine.problems import EngineProblem, NotACandidate
from app.engine.values import Actor
from app.forms import Form
from app.inbox import hand_in
from app.inbox.case import Case, case
from app.inbox.detail import Detail, outcome_word
from app.inbox.page import Page, TabLink, after, groups_of, read
from app.inbox.queries import Row, Tab
from app.locale import language, twin
from models.base import Problem, db
from models.evaluation import Evaluation
from models.organisation import Staff
from models.process import ToDo


@dataclass(frozen=True, kw_only=True)
class Picked:
    """A to-do on the desk, or the empty desk."""

    desk: "Desk"
    found: Case | None = None
    form: Form | None = None
    #: what the fields show
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, Sequence[Problem]] = field(default_factory=dict)
    opinion: str = ""
    opinion_error: str = ""
    problem: Problem | None = None
    notice: str = ""

    @property
    def case(self) -> Case:
        """What was read of the to-do; the empty desk has none."""
        return self.found or abort(404)

    @property
    def to_do_id(self) -> int | None:
        """The number of the open to-do."""
        return self.found.to_do.id if self.found else None

    @property
    def tab(self) -> Tab:
        """The list it was picked from."""
        return self.desk.tab

    def with_errors(self, handed: hand_in.HandedIn) -> "Picked":
        """The same to-do with what was typed and what is wrong with it."""
        return replace(
            self,
            values=handed.given,
            errors=handed.errors,
            opinion=handed.opinion,
            opinion_error=handed.opinion_error,
        )

    def with_problem(self, problem: Problem | None, handed: hand_in.HandedIn | None) -> "Picked":
        """The same to-do with the reason the process gave; nothing typed is lost."""
        shown = self.with_errors(handed) if handed else self
        return replace(shown, problem=problem)

    def with_notice(self, notice: str) -> "Picked":
        """The same to-do with a word on what was just done."""
        return replace(self, notice=notice)

    def render(self, is_part: bool, is_chosen: bool) -> str:
        """The page, or only its list and detail."""
        shown = self._detail() if self.found else None
        return render_template(
            "inbox/inbox.html" if is_part else "inbox/index.html",
            is_part=is_part,
            page=self.desk.page(self, is_chosen and shown is not None),
            detail=shown,
        )

    def _detail(self) -> Detail:
        found = self.case
        may = found.to_do.may_be_decided_by(self.desk.login)
        fields = ""
        if self.form and may:
            fields = forms.render(self.form, self.values, self.errors, found.to_do.variables)
        return Detail(
            case=found,
            reader=self.desk.reader,
            now=self.desk.now,
            place=_place(found),
            evaluation=_evaluation(self.desk.session, found),
            fields=fields,
            typed=self.opinion,
            errors={"opinion": self.opinion_error} if self.opinion_error else {},
            problem=self.problem,
            handed_in=[(twin(part, "label"), value) for part, value in hand_in.labelled(found, self.form)],
        )


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One person's list of one tab, as it is now."""

    session: Session
    tab: Tab
    reader: Staff
    now: datetime
    rows: Sequence[Row]
    tabs: list[TabLink]
    done_today: int

    @classmethod
    def open(cls, tab: Tab, reader: Staff, now: datetime) -> "Desk":
        """Read the list of this tab."""
        session: Session = db.session()
        rows, tabs, done = read(session, tab, reader.login, now)
        return cls(session=session, tab=tab, reader=reader, now=now, rows=rows, tabs=tabs, done_today=done)

    @property
    def login(self) -> str:
        """Whose desk it is."""
        return self.reader.login

    def first(self) -> Picked:
        """The first to-do of the list, or the empty desk."""
        key = next((row.to_do_id for row in self.rows if row.to_do_id is not None), None)
        return self.pick(key) if key is not None else Picked(desk=self)

    def pick(self, to_do_id: int, verb: str = "") -> Picked:
        """Lay one to-do on the desk; 404 where there is none, 403 where this person may not see it.

        An act (`verb`) on what one may not even see is kept in the history of the process.
        """
        found = case(self.session, to_do_id) or abort(404)
        if process_for(self.session, self.reader, found.to_do.process_id) is None:
            if verb:
                record_refusal(to_do_id, verb, self.login, NotACandidate(login=self.login))
            abort(403)
        values = hand_in.first_values(found)
        return Picked(
            desk=self,
            found=found,
            form=hand_in.form_of(found, _schema(found)),
            values=values,
            opinion=str(values.get("opinion", "")),
        )

    def page(self, picked: Picked, is_chosen: bool) -> Page:
        """The list as it stands beside this to-do."""
        return Page(
            tab=self.tab,
            rows=self.rows,
            groups=groups_of(self.rows, self.tab, self.now),
            tabs=self.tabs,
            done_today=self.done_today,
            is_chosen=is_chosen,
            template=_template(picked.found),
            following=after(self.rows, picked.to_do_id),
            notice=picked.notice,
        )


def record_refusal(to_do_id: int, verb: str, login: str, problem: Problem) -> None:
    """A refused attempt is history too: who tried what, and why it was not done."""
    to_do = db.session.get(ToDo, to_do_id) or abort(404)
    chain, element = f"process:{to_do.process_id}", to_do.element
    db.session.rollback()
    fields = {name: str(value) for name, value in problem.fields.items()}
    details = {"to_do": to_do_id, "task": element, "message": problem.message, "fields": fields}
    current_app.extensions["engine"].refuse(chain, verb, Actor(login), details)


def said(outcome: str, picked: Picked) -> str:
    """What was just done, in one line."""
    campaign = picked.case.campaign
    name = campaign.name if campaign else picked.case.to_do.title
    colon = "：" if language() == "zh" else ": "
    return outcome_word(outcome) + colon + (name or str(gettext("done")))


def _template(found: Case | None) -> str:
    """The page of a to-do: by its element, else by its form, else the generic one."""
    if found is None:
        return "inbox/detail.html"
    names = [f"{found.to_do.element}/detail.html", f"{found.to_do.form}/detail.html", "inbox/detail.html"]
    known = current_app.jinja_env.select_template([name for name in names if not name.startswith("/")])
    return str(known.name)


def _schema(found: Case) -> Mapping[str, Any] | None:
    """The form's schema as it was published with the process; the wizard is a page of its own."""
    if found.to_do.form in ("", "draft_campaign"):
        return None
    schema: Mapping[str, Any] = current_app.extensions["engine"].form(
        found.to_do.process.version_id, found.to_do.form
    )
    return schema


def _place(found: Case) -> Place | None:
    """Where the process stands in the diagram the to-do belongs to; a page without it is better than none."""
    try:
        path = current_app.extensions["engine"].path(found.to_do.process_id)
    except EngineProblem:
        return None
    return place(path, found.to_do.process, found.to_do.path.rpartition("/")[0])


def _evaluation(session: Session, found: Case) -> Evaluation | None:
    if found.to_do.form != "summarise" or found.campaign is None:
        return None
    asked = select(Evaluation).where(Evaluation.campaign_id == found.campaign.id)
    return session.scalar(asked.order_by(Evaluation.id.desc()).limit(1))
