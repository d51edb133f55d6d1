"""What a person hands in with a decision: the form's fields, held to what was approved, and the opinion."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Request
from flask_babel import gettext

from app import forms
from app.forms import Answer, Form, Part
from app.inbox.case import Case
from app.inbox.detail import ceiling_of, needing_opinion, outcome_word, outcomes_of
from app.locale import day
from models.base import Problem


class DayNotApproved(Problem):
    """A day outside the window that was approved."""

    message = "Choose a day between %(first)s and %(last)s, the days that were approved."


class EndsBeforeItBegins(Problem):
    """The days are the wrong way round."""

    message = "The last day must not lie before the first day, %(first)s."


@dataclass(frozen=True, kw_only=True)
class HandedIn:
    """A decision as it came in: checked, or with what is wrong beside each field."""

    outcome: str
    opinion: str
    answer: dict[str, Any]
    #: as typed, to be shown again
    given: Mapping[str, Any]
    errors: Mapping[str, list[Problem]]
    opinion_error: str = ""

    @property
    def is_right(self) -> bool:
        """Nothing stands in the way of handing it to the process."""
        return not self.errors and not self.opinion_error


def form_of(case: Case, schema: Mapping[str, Any] | None) -> Form | None:
    """The form of a to-do with the ceilings of the approval put in; None where there is no form of fields."""
    if schema is None:
        return None
    form = forms.load(schema)
    ceiling = ceiling_of(case)
    if case.to_do.form != "confirm_channel" or ceiling is None:
        return form
    parts = tuple(
        replace(part, most=Decimal(ceiling.people)) if part.key == "people" else part for part in form.parts
    )
    return replace(form, parts=parts)


def first_values(case: Case) -> dict[str, Any]:
    """What the fields hold before anybody typed: the draft, else what was approved."""
    if case.to_do.draft:
        return dict(case.to_do.draft)
    ceiling = ceiling_of(case)
    if case.to_do.form != "confirm_channel" or ceiling is None:
        return {}
    return {"people": ceiling.people, "from_day": ceiling.first, "to_day": ceiling.last}


def read(request: Request, case: Case, form: Form | None) -> HandedIn:
    """Check a decision; only the first outcome takes the form's fields, the others send back or skip."""
    named = outcomes_of(case.to_do)
    outcome = request.form.get("outcome") or named[0]
    opinion = request.form.get("opinion", "").strip()
    missing = outcome in needing_opinion(case.to_do) and not opinion
    answer = forms.read(form, request.form, case.to_do.variables) if form else None
    takes_fields = answer is not None and outcome == named[0]
    errors = _errors(answer, case) if answer is not None and takes_fields else {}
    return HandedIn(
        outcome=outcome,
        opinion=opinion,
        answer=answer.plain() if answer is not None and takes_fields and not errors else {},
        given=answer.given if answer is not None else {},
        errors=errors,
        opinion_error=_needed(outcome) if missing else "",
    )


def as_draft(request: Request, case: Case, form: Form | None) -> dict[str, Any]:
    """What was typed so far, unchecked, with the opinion under its own name."""
    given = dict(forms.read(form, request.form, case.to_do.variables).given) if form else {}
    return given | {"opinion": request.form.get("opinion", "")}


def labelled(case: Case, form: Form | None) -> list[tuple[Part, Any]]:
    """The fields of a closed to-do with what was handed in, those left empty left out."""
    answer = case.to_do.answer or {}
    return [(part, answer[part.key]) for part in form.inputs() if part.key in answer] if form else []


def _needed(outcome: str) -> str:
    return str(gettext("An opinion is needed for “%(outcome)s”.", outcome=outcome_word(outcome)))


def _errors(answer: Answer, case: Case) -> dict[str, list[Problem]]:
    errors = {name: list(found) for name, found in answer.errors.items()}
    if errors or case.to_do.form != "confirm_channel":
        return errors
    return _wrong_days(answer.values["from_day"], answer.values["to_day"], case)


def _wrong_days(first: date, last: date, case: Case) -> dict[str, list[Problem]]:
    """A keeper may move inside the approved window, never out of it."""
    ceiling = ceiling_of(case)
    errors: dict[str, list[Problem]] = {}
    if ceiling and ceiling.first and ceiling.last:
        for name, value in (("from_day", first), ("to_day", last)):
            if not ceiling.first <= value <= ceiling.last:
                errors[name] = [DayNotApproved(first=day(ceiling.first), last=day(ceiling.last))]
    if last < first:
        errors.setdefault("to_day", []).append(EndsBeforeItBegins(first=day(first)))
    return errors
