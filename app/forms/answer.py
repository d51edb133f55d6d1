"""What a person handed in: read, coerced, and checked by a schema built from the form."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, ValidationError
from werkzeug.datastructures import MultiDict

from app.forms.checks import field_of
from app.forms.condition import holds
from app.forms.problems import TooManyRows, UnexpectedField
from app.forms.schema import MOST_ROWS, RESERVED, Form, Part
from app.locale import twin
from models.base import Problem

Submitted = MultiDict[str, str]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Values by key, or what is wrong with them; what was typed is kept to be shown again."""

    #: int, Decimal, date, bool, text, list of texts, or list of rows; hidden and empty fields are left out
    values: Mapping[str, Any]
    #: field name ("people", "channels.0.content", "" for the whole form) → problems
    errors: Mapping[str, Sequence[Problem]]
    #: as typed
    given: Mapping[str, Any]

    @property
    def is_complete(self) -> bool:
        """Nothing is wrong; it may be handed on."""
        return not self.errors

    def plain(self) -> dict[str, Any]:
        """The values as JSON keeps them: days as text, decimals as text, the rest as it is."""
        return {key: _plain(value) for key, value in self.values.items()}


def read(form: Form, submitted: Submitted, data: Mapping[str, Any] | None = None) -> Answer:
    """Coerce and check what was handed in; a field the form does not hold is refused."""
    inputs = list(form.inputs())
    given = {part.key: _given(part, submitted) for part in inputs}
    shown = [part for part in inputs if part.key not in _hidden_keys(form.parts, given)]
    errors: dict[str, list[Problem]] = {}
    unexpected = list(_unexpected(inputs, submitted))
    if unexpected:
        errors[""] = [UnexpectedField(fields=unexpected)]
    for part in shown:
        if part.kind == "dynamiclist" and len(given[part.key]) > MOST_ROWS:
            errors[part.key] = [TooManyRows(label=twin(part, "label"), most=MOST_ROWS)]
    fields = {part.key: field_of(part, data or {}) for part in shown}
    filled = {part.key: given[part.key] for part in shown if given[part.key] not in ("", [], None)}
    values: Mapping[str, Any] = {}
    try:
        values = Schema.from_dict(fields, name="Form")().load(filled, unknown=RAISE)
    except ValidationError as refused:
        for name, problems in _flat(refused.messages_dict):
            errors.setdefault(name, []).extend(problems)
    return Answer(values=values if not errors else {}, errors=errors, given=given)


def _given(part: Part, submitted: Submitted) -> Any:
    if part.kind == "checkbox":
        return part.key in submitted
    if part.kind == "checklist":
        return submitted.getlist(part.key)
    if part.kind == "dynamiclist":
        return _rows(part, submitted)
    return submitted.get(part.key, "").replace("\r\n", "\n").strip()


def _rows(part: Part, submitted: Submitted) -> list[dict[str, str]]:
    """The rows of a list in order; a row left empty is no row."""
    numbers = {
        int(match[1]) for name in submitted if (match := re.fullmatch(rf"{part.key}\.(\d{{1,3}})\.\w+", name))
    }
    rows = [
        {child.key: submitted.get(f"{part.key}.{number}.{child.key}", "").strip() for child in part.parts}
        for number in sorted(numbers)
    ]
    return [row for row in rows if any(row.values())]


def _hidden_keys(parts: Sequence[Part], given: Mapping[str, Any], inside: bool = False) -> set[str]:
    hidden: set[str] = set()
    for part in parts:
        is_hidden = inside or (part.hide is not None and holds(part.hide, given))
        if part.is_input and is_hidden:
            hidden.add(part.key)
        elif not part.is_input:
            hidden |= _hidden_keys(part.parts, given, is_hidden)
    return hidden


def _unexpected(inputs: Sequence[Part], submitted: Submitted) -> Iterator[str]:
    keys = {part.key for part in inputs if part.kind != "dynamiclist"}
    columns = {
        f"{part.key}.{child.key}" for part in inputs if part.kind == "dynamiclist" for child in part.parts
    }
    for name in submitted:
        if name in RESERVED or name in keys or re.sub(r"\.\d{1,3}\.", ".", name) in columns:
            continue
        yield name


def _flat(messages: Mapping[Any, Any], before: str = "") -> Iterator[tuple[str, list[Problem]]]:
    """Problems of rows by the name their field has on the page."""
    for name, found in messages.items():
        path = f"{before}.{name}" if before else str(name)
        if isinstance(found, Mapping):
            yield from _flat(found, path)
        else:
            yield path, list(found)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return value
