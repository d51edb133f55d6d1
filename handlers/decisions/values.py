"""What a FEEL value is, and when two are equal, ordered or added: the ground of every path of a decision.

Values are None, bool, Decimal, str, date, datetime, list and dict; numbers are decimal128 (DMN 1.3,
10.3.2.3.1), truth is three-valued (table 44): None stands for "cannot be said" and is never an error here.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any

from handlers.decisions import limits

#: decimal128; nothing is trapped, so overflow gives infinity at once and is turned into None
NUMBERS = Context(prec=34, Emin=-6143, Emax=6144, traps=[])

_LARGEST = Decimal("1e308")
_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    dt.date: "date",
    dt.datetime: "date and time",
    list: "list",
    dict: "context",
}


class Oversized(Exception):
    """An expression made a value larger than the limits allow; told to the user as TooMuchWork."""


def kind(value: object) -> str:
    """Every normalised value has exactly one kind."""
    return _KINDS[type(value)]


def normalise(value: object) -> object:
    """A value from outside becomes a FEEL value: numbers decimal, NaN and NaT null; else raises TypeError."""
    if value is None or type(value) in (str, bool):
        return value
    for type_, read in _READERS:
        if isinstance(value, type_):
            return read(value)
    item = getattr(value, "item", None)  # a scalar of numpy
    if callable(item) and type(inner := item()) is not type(value):
        return normalise(inner)
    raise TypeError(type(value).__name__)


def _number(value: int | float | Decimal) -> Decimal | None:
    number = NUMBERS.create_decimal(repr(float(value)) if isinstance(value, float) else value)
    if number.is_nan():
        return None
    if not number.is_finite():
        raise TypeError("infinite")
    return number


def _date(value: dt.date) -> dt.date | None:
    if value != value:  # pandas' NaT calls itself a datetime
        return None
    if not isinstance(value, dt.datetime):
        return dt.date(value.year, value.month, value.day)
    clock = (value.hour, value.minute, value.second, value.microsecond)
    return dt.datetime(value.year, value.month, value.day, *clock, tzinfo=value.tzinfo)


def _list(value: Iterable[object]) -> list[object]:
    return [normalise(item) for item in value]


def _context(value: Mapping[object, object]) -> dict[str, object]:
    return {str(key): normalise(item) for key, item in value.items()}


_READERS: tuple[tuple[Any, Callable[[Any], object]], ...] = (
    (str, str.__str__),
    (int | float | Decimal, _number),
    (dt.date, _date),
    (list | tuple, _list),
    (Mapping, _context),
)


def public(value: object) -> object:
    """A FEEL value as Python code likes it: a whole number is an int, other numbers stay Decimal."""
    if isinstance(value, Decimal):
        return int(value) if value.adjusted() < NUMBERS.prec and value == whole(value) else value
    if isinstance(value, list):
        return [public(item) for item in value]
    if isinstance(value, dict):
        return {key: public(item) for key, item in value.items()}
    return value


def plain(value: object) -> object:
    """A FEEL value as process data keep it (JSON): dates as ISO text, fractions as float (15 digits).

    Raises OverflowError for a number no float can hold.
    """
    value = public(value)
    if isinstance(value, Decimal):
        if abs(value) > _LARGEST:
            raise OverflowError(show(value))
        return float(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def show(value: object) -> str:
    """A value as FEEL writes it: the same in every language, so it can stand in any message."""
    writer = _WRITERS.get(type(value), str)
    return writer(value)


def _show_text(value: str) -> str:
    return '"' + value[:80].replace("\\", "\\\\").replace('"', '\\"') + '"'


def _show_number(value: Decimal) -> str:
    return format(value.normalize(NUMBERS), "f") if -20 < value.adjusted() < 20 else str(value)


_WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "null",
    bool: lambda value: "true" if value else "false",
    str: _show_text,
    Decimal: _show_number,
    dt.datetime: lambda value: f'date and time("{value.isoformat()}")',
    dt.date: lambda value: f'date("{value.isoformat()}")',
    list: lambda value: "[" + ", ".join(show(item) for item in value[:10]) + "]",
}


def equal(a: object, b: object) -> bool | None:
    """Null equals only null; values of different kinds cannot be compared."""
    if a is None or b is None:
        return a is b
    if kind(a) != kind(b):
        return None
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(equal(x, y) is True for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(x, b[key]) is True for key, x in a.items())
    return a == b


def unequal(a: object, b: object) -> bool | None:
    """The opposite of equal, where equal can be said."""
    same = equal(a, b)
    return None if same is None else not same


_ORDERED = {"number", "string", "date", "date and time"}
_ORDERS: dict[str, Callable[..., bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def ordered(operator: str, a: object, b: object) -> bool | None:
    """Two values of one kind that has an order compare; anything else cannot be said."""
    if kind(a) != kind(b) or kind(a) not in _ORDERED:
        return None
    try:
        return _ORDERS[operator](a, b)
    except TypeError:  # one moment has a time zone, the other none
        return None


_SUMS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": NUMBERS.add,
    "-": NUMBERS.subtract,
    "*": NUMBERS.multiply,
    "/": NUMBERS.divide,
    "**": NUMBERS.power,
}


def calculate(operator: str, a: object, b: object) -> object:
    """Numbers calculate in decimal128, texts are joined by +; whatever has no result is null."""
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        result = _SUMS[operator](a, b)
        return result if result.is_finite() else None
    if operator == "+" and isinstance(a, str) and isinstance(b, str):
        if len(a) + len(b) > limits.MADE_TEXT:
            raise Oversized
        return a + b
    return None


def both(a: object, b: object) -> bool | None:
    """And, three-valued: one false decides."""
    if a is False or b is False:
        return False
    return True if a is True and b is True else None


def either(a: object, b: object) -> bool | None:
    """Or, three-valued: one true decides."""
    if a is True or b is True:
        return True
    return False if a is False and b is False else None


def read_date(text: str) -> dt.date | None:
    """ISO text becomes a date, or a date and time where it holds a T; anything else is null."""
    try:
        return dt.datetime.fromisoformat(text) if "T" in text else dt.date.fromisoformat(text)
    except ValueError:
        return None


def whole(value: Decimal) -> Decimal:
    """The largest whole number not above the value."""
    return value.to_integral_value(ROUND_FLOOR)
