"""One marshmallow field per form field: it coerces the text and says in a problem what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields

from app.forms.problems import (
    MissingAnswer,
    NotADay,
    NotANumber,
    NotConfirmed,
    NothingChosen,
    NotOnOffer,
    NotWhole,
    TooLittle,
    TooLong,
    TooManyPlaces,
    TooMuch,
    TooShort,
    WrongPattern,
)
from app.forms.schema import CHOICES, Part, options_of
from app.locale import twin
from models.base import Problem

Data = Mapping[str, Any]
#: no exponents: 1e999999 would be a whole number of a million digits
_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{1,9})?")
#: where a form sets no limit of its own
LONGEST_TEXT = 10_000


class Typed(fields.Field[Any]):
    """A field that reads its text by one function."""

    def __init__(self, part: Part, reader: Callable[[Any], Any]) -> None:
        missing: Problem = MissingAnswer(label=twin(part, "label"))
        if part.kind in CHOICES:
            missing = NothingChosen(label=twin(part, "label"))
        words: dict[str, Any] = {"required": [missing], "null": [missing]}
        super().__init__(required=part.is_required, error_messages=words)
        self._reader = reader

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> Any:
        try:
            return self._reader(value)
        except Problem as problem:
            raise ValidationError([problem]) from problem


def field_of(part: Part, data: Data) -> fields.Field[Any]:
    """The marshmallow field for a part; options come from the schema or from `data`."""
    if part.kind == "dynamiclist":
        row = Schema.from_dict({child.key: _in_row(child, data) for child in part.parts}, name="Row")
        return _List(part, row)
    readers: dict[str, Callable[[Any], Any]] = {
        "number": lambda text: _number(part, text),
        "date": lambda text: _day(part, text),
        "checkbox": lambda ticked: _ticked(part, ticked),
        "checklist": lambda chosen: [_chosen(part, data, value) for value in chosen],
        "select": lambda value: _chosen(part, data, value),
        "radio": lambda value: _chosen(part, data, value),
    }
    return Typed(part, readers.get(part.kind, lambda text: _text(part, text)))


def _in_row(part: Part, data: Data) -> fields.Field[Any]:
    """An empty cell of a filled row counts as missing, not as empty text."""
    field = field_of(part, data)
    field.allow_none = not part.is_required
    return field


class _List(Typed):
    """Rows of fields, each checked on its own."""

    def __init__(self, part: Part, row: type[Schema]) -> None:
        super().__init__(part, lambda rows: rows)
        self._row = row

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> Any:
        rows = [{key: cell or None for key, cell in row.items()} for row in value]
        return [
            {key: cell for key, cell in row.items() if cell is not None}
            for row in self._row(many=True).load(rows)
        ]


def _text(part: Part, text: str) -> str:
    label, most = twin(part, "label"), part.longest or LONGEST_TEXT
    if part.shortest is not None and len(text) < part.shortest:
        raise TooShort(label=label, length=len(text), least=part.shortest)
    if len(text) > most:
        raise TooLong(label=label, length=len(text), most=most)
    if part.pattern is not None and not re.fullmatch(part.pattern, text):
        raise WrongPattern(label=label)
    return text


def _number(part: Part, text: str) -> int | Decimal | str:
    label = twin(part, "label")
    plain = text.replace(",", "").replace("−", "-")
    if not _NUMBER.fullmatch(plain):
        raise NotANumber(label=label)
    value = Decimal(plain)
    _check_places(part, value)
    if part.least is not None and value < part.least:
        raise TooLittle(label=label, least=part.least, value=value)
    if part.most is not None and value > part.most:
        raise TooMuch(label=label, most=part.most, value=value)
    if part.as_text:
        return format(value, "f")
    return int(value) if value == value.to_integral_value() else value


def _check_places(part: Part, value: Decimal) -> None:
    exponent = value.normalize().as_tuple().exponent
    places = max(-exponent, 0) if isinstance(exponent, int) else 0
    if part.places is None or places <= part.places:
        return
    label = twin(part, "label")
    raise NotWhole(label=label) if part.places == 0 else TooManyPlaces(label=label, places=part.places)


def _day(part: Part, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotADay(label=twin(part, "label")) from error


def _ticked(part: Part, ticked: bool) -> bool:
    if part.is_required and not ticked:
        raise NotConfirmed(label=twin(part, "label"))
    return ticked


def _chosen(part: Part, data: Data, value: str) -> str:
    if all(option.value != value for option in options_of(part, data)):
        raise NotOnOffer(label=twin(part, "label"))
    return value
