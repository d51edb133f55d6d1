"""The type of a column or an input: which values it takes, told before a rule is asked."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from handlers.decisions.cells import Cell
from handlers.decisions.problems import InputNotAllowed, InputTypeWrong, Place
from handlers.decisions.scope import Scope
from handlers.decisions.values import kind, read_date, show, whole

#: what the editors write → our kind
BUILT_IN: Mapping[str, str] = {
    "string": "string",
    "boolean": "boolean",
    "number": "number",
    **dict.fromkeys(("integer", "int", "long", "double", "float", "decimal"), "number"),
    "date": "date",
    "dateTime": "date and time",
    "date and time": "date and time",
    "list": "list",
    "context": "context",
}
_PYTHON = {"string": str, "boolean": bool, "number": Decimal}
_WHOLE = {"integer", "int", "long"}


@dataclass(frozen=True, kw_only=True)
class Type:
    """A kind of value (None: any), whole numbers only or not, and what is allowed of it."""

    kind: str | None = None
    is_whole: bool = False
    allowed: Cell | None = None

    @cached_property
    def _sure(self) -> type | None:
        """The Python type whose values all pass: the common case costs one comparison."""
        is_narrowed = self.is_whole or self.allowed is not None
        return None if is_narrowed else _PYTHON.get(self.kind or "")

    @property
    def name(self) -> str:
        """The name a message shows."""
        return "integer" if self.is_whole else self.kind or "-"

    @property
    def allowed_text(self) -> str:
        """The allowed values as they are written in the file."""
        return self.allowed.text if self.allowed else "-"

    def fits(self, value: object) -> bool:
        """The value is of this kind; null is of every kind."""
        if value is None or self.kind is None:
            return True
        if self.is_whole and isinstance(value, Decimal) and value != whole(value):
            return False
        return kind(value) == self.kind

    def convert(self, value: object) -> object:
        """ISO text is a date where a date is wanted: JSON has no other way to write one."""
        if not isinstance(value, str) or self.kind not in ("date", "date and time"):
            return value
        date = read_date(value)
        return value if date is None or isinstance(date, dt.datetime) != (self.kind != "date") else date

    def is_allowed(self, value: object) -> bool:
        """Null is always allowed: whether a rule may look at it is the cells' affair."""
        return value is None or self.allowed is None or self.allowed.holds(value, Scope())

    def check(self, value: object, name: str, place: Place) -> object:
        """The value, converted; raises where it is not of the type or not allowed."""
        if value is None or type(value) is self._sure:
            return value
        value = self.convert(value)
        if not self.fits(value):
            raise InputTypeWrong(place, name=name, wanted=self.name, value=show(value))
        if not self.is_allowed(value):
            raise InputNotAllowed(place, name=name, value=show(value), allowed=self.allowed_text)
        return value


def built_in(name: str) -> Type | None:
    """The type of a name of the standard or of the editors; None if the name is neither."""
    return Type(kind=BUILT_IN[name], is_whole=name in _WHOLE) if name in BUILT_IN else None
