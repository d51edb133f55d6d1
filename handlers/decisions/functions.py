"""The built-in functions a cell may call: a written list, none of which runs a pattern."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import reduce
from types import MappingProxyType

from handlers.decisions.values import NUMBERS, equal, kind, public, read_date, whole


@dataclass(frozen=True, kw_only=True)
class Function:
    """A built-in function and how many arguments it takes; arguments of the wrong kind give null."""

    call: Callable[..., object]
    least: int
    #: None: as many as you like
    most: int | None

    def takes(self, count: int) -> bool:
        """The number of arguments is checked when the file is loaded."""
        return self.least <= count and (self.most is None or count <= self.most)


def _of(wanted: type, call: Callable[..., object], count: int) -> Function:
    def guarded(*values: object) -> object:
        return call(*values) if all(type(value) is wanted for value in values) else None

    return Function(call=guarded, least=count, most=count)


def _over_list(call: Callable[[list[object]], object]) -> Function:
    def spread(*values: object) -> object:
        items = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
        return call(items) if items and len({kind(item) for item in items}) == 1 else None

    return Function(call=spread, least=1, most=None)


def _sum(items: list[object]) -> object:
    numbers = [item for item in items if isinstance(item, Decimal)]
    return reduce(NUMBERS.add, numbers) if len(numbers) == len(items) else None


def _extreme(pick: Callable[..., object]) -> Callable[[list[object]], object]:
    def of(items: list[object]) -> object:
        return pick(items) if kind(items[0]) in ("number", "string", "date") else None

    return of


def _modulo(a: Decimal, b: Decimal) -> Decimal | None:
    if not b:
        return None
    result = NUMBERS.subtract(a, NUMBERS.multiply(b, whole(NUMBERS.divide(a, b))))
    return result if result.is_finite() else None


def _string(value: object) -> object:
    return value if value is None or isinstance(value, str) else str(public(value))


def _list_contains(items: object, wanted: object) -> object:
    return any(equal(item, wanted) is True for item in items) if isinstance(items, list) else None


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "not": _of(bool, lambda value: not value, 1),
        "date": _of(str, read_date, 1),
        "date and time": _of(str, read_date, 1),
        "abs": _of(Decimal, NUMBERS.abs, 1),
        "floor": _of(Decimal, whole, 1),
        "ceiling": _of(Decimal, lambda value: value.to_integral_value(ROUND_CEILING), 1),
        "modulo": _of(Decimal, _modulo, 2),
        "contains": _of(str, lambda text, part: part in text, 2),
        "starts with": _of(str, str.startswith, 2),
        "ends with": _of(str, str.endswith, 2),
        "string length": _of(str, lambda text: Decimal(len(text)), 1),
        "upper case": _of(str, str.upper, 1),
        "lower case": _of(str, str.lower, 1),
        "count": _of(list, lambda items: Decimal(len(items)), 1),
        "sum": _over_list(_sum),
        "min": _over_list(_extreme(min)),
        "max": _over_list(_extreme(max)),
        "string": Function(call=_string, least=1, most=1),
        "list contains": Function(call=_list_contains, least=2, most=2),
    }
)
