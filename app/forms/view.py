"""A form as HTML: labels and hints in the reader's language, what was typed, and errors beside the fields."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask import current_app
from markupsafe import Markup

from app.forms.condition import holds
from app.forms.schema import Form, Option, Part, options_of
from models.base import Problem

Errors = Mapping[str, Sequence[Problem]]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A part as it stands on one page."""

    part: Part
    #: name of the input; rows carry their number: channels.0.content
    name: str
    #: text, bool, or list of texts
    value: Any
    options: tuple[Option, ...]
    errors: Sequence[Problem]
    is_hidden: bool
    #: JSON the page decides by; empty where nothing hides it
    hide_when: str
    #: parts of a group, or of each row
    parts: tuple["Shown", ...] = ()
    rows: tuple[tuple["Shown", ...], ...] = ()

    @property
    def id(self) -> str:
        """The id of the input in the page."""
        return "f-" + self.name.replace(".", "-")


def render(
    form: Form,
    values: Mapping[str, Any] | None = None,
    errors: Errors | None = None,
    data: Mapping[str, Any] | None = None,
) -> Markup:
    """The fields without the form element around them; `values` may be a draft or `Answer.given`."""
    known = dict(values or {})
    for part in form.inputs():
        if part.default is not None:
            known.setdefault(part.key, part.default)
    shown = tuple(
        _shown(part, part.key, known, known.get(part.key), errors or {}, data or {}) for part in form.parts
    )
    macros = current_app.jinja_env.get_template("components/form.html").module
    markup: Markup = macros.fields(shown, list((errors or {}).get("", ())))  # type: ignore[attr-defined]
    return markup


def _shown(
    part: Part, name: str, known: Mapping[str, Any], value: Any, errors: Errors, data: Mapping[str, Any]
) -> Shown:
    inner: tuple[Shown, ...] = ()
    rows: tuple[tuple[Shown, ...], ...] = ()
    if part.kind == "dynamiclist":
        rows = _rows(part, value or [], errors, data)
    elif not part.is_input:
        inner = tuple(
            _shown(child, child.key, known, known.get(child.key), errors, data) for child in part.parts
        )
    return Shown(
        part=part,
        name=name,
        value=_written(value),
        options=options_of(part, data),
        errors=errors.get(name, ()) if name else (),
        is_hidden=part.hide is not None and holds(part.hide, {key: _written(v) for key, v in known.items()}),
        hide_when=json.dumps(part.hide) if part.hide else "",
        parts=inner,
        rows=rows,
    )


def _rows(
    part: Part, rows: Sequence[Mapping[str, Any]], errors: Errors, data: Mapping[str, Any]
) -> tuple[tuple[Shown, ...], ...]:
    """The rows there are and an empty one to add."""
    return tuple(
        tuple(
            _shown(child, f"{part.key}.{number}.{child.key}", row, row.get(child.key), errors, data)
            for child in part.parts
        )
        for number, row in enumerate([*rows, {}])
    )


def _written(value: Any) -> Any:
    """As an input holds it."""
    if value is None:
        return ""
    if isinstance(value, bool | list):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)
