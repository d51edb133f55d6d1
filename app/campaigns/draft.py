"""The draft of a campaign between its form and its to-do: kept as typed, so that nothing typed is lost."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.locale import day
from app.preview.rows import read as read_rows
from app.preview.subjects import Subject
from app.preview.tree import to_tree
from app.words import word

#: the steps of the wizard with the fields each one asks for
STEPS: tuple[tuple[str, ...], ...] = (
    ("name", "reason", "product_codes", "purpose", "target_percent", "budget_yuan", "response_days"),
    ("definition", "hold_out_percent", "people_cap"),
    ("channels", "start_on", "end_on"),
    ("estimate",),
    ("remark",),
)
LAST_STEP = len(STEPS)
CHANNEL_CODES = ("sms", "call")

#: what each field is called in a list of mistakes; the channel of a text stands behind a dash
NAMES: dict[str, LazyString] = {
    "name": _l("Name of the campaign"),
    "reason": _l("Why this campaign"),
    "product_codes": _l("Products"),
    "purpose": _l("Purpose"),
    "target_percent": _l("Success rate aimed at"),
    "budget_yuan": _l("Budget"),
    "response_days": _l("Response window"),
    "definition": _l("Conditions"),
    "hold_out_percent": _l("Control group"),
    "people_cap": _l("Cap"),
    "channels": _l("Channels"),
    "content": _l("Text"),
    "hours": _l("Hours of the day"),
    "start_on": _l("First day"),
    "end_on": _l("Last day"),
    "remark": _l("Remark"),
}

Draft = dict[str, Any]
Form = Any  # werkzeug MultiDict


def iso_day(text: str | None) -> str:
    """A stored day as pages write days; what is no day is shown as it was typed, nothing as a dash."""
    try:
        return day(date.fromisoformat(text or ""))
    except ValueError:
        return text or "—"


def step_of(field: str) -> int:
    """The step that asks for a field; what no step asks for is told at the last."""
    name = field.partition("-")[0]
    if name in ("content", "hours"):
        name = "channels"
    return next((i for i, fields in enumerate(STEPS, 1) if name in fields), LAST_STEP)


def name_of(field: str) -> str:
    """What a field is called, with its channel where it belongs to one."""
    name, _, channel = field.partition("-")
    said = str(NAMES.get(name, name))
    return f"{said} ({word(channel, 'channel')})" if channel else said


def merge(draft: Mapping[str, Any], step: int, form: Form, subjects: Mapping[str, Subject]) -> Draft:
    """The draft with what this step's form carries; other steps stay as they were."""
    readers = {1: _goal, 2: lambda f: _audience(f, subjects), 3: _channels, LAST_STEP: _remark}
    reader = readers.get(step)
    return {**draft, **(reader(form) if reader else {})}


def _goal(form: Form) -> Draft:
    return {
        "name": form.get("name", "").strip(),
        "reason": form.get("reason", "").strip(),
        "product_codes": form.getlist("product_codes"),
        "purpose": form.get("purpose", ""),
        "target_percent": _number(form.get("target_percent", "")),
        "budget_yuan": form.get("budget_yuan", "").strip().replace(",", ""),
        "response_days": _number(form.get("response_days", "")),
    }


def _audience(form: Form, subjects: Mapping[str, Subject]) -> Draft:
    return {
        "definition": to_tree(read_rows(form), subjects),
        "hold_out_percent": _number(form.get("hold_out_percent", "")),
        "people_cap": _number(form.get("people_cap", "")) or None,
    }


def _channels(form: Form) -> Draft:
    chosen = form.getlist("channels")
    return {
        "channels": [
            {
                "channel": code,
                "content": form.get(f"content-{code}", "").strip(),
                "hours": f"{form.get(f'from-{code}', '')}-{form.get(f'to-{code}', '')}",
            }
            for code in CHANNEL_CODES
            if code in chosen
        ],
        "start_on": form.get("start_on", ""),
        "end_on": form.get("end_on", ""),
    }


def _remark(form: Form) -> Draft:
    return {"remark": form.get("remark", "").strip()}


def _number(text: str) -> int | float | str:
    """A number where one was typed, else the text, so that the page can show what was wrong."""
    plain = text.strip().replace(",", "")
    try:
        number = float(plain)
    except ValueError:
        return plain
    if number != number or abs(number) > 10**12:
        return plain
    return int(number) if number.is_integer() else number
