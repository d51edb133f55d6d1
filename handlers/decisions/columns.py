"""The columns and rules of a table, checked one by one while the file is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from handlers.decisions.cells import Cell
from handlers.decisions.evaluator import Expression
from handlers.decisions.problems import CellNotAllowed, CellTypeWrong, OutputWrong, Place
from handlers.decisions.regions import Regions, cut, rule_sets, transpose
from handlers.decisions.scope import Scope
from handlers.decisions.tree import Node
from handlers.decisions.types import Type
from handlers.decisions.values import kind, show


@dataclass(frozen=True, kw_only=True)
class Label:
    """What people call a thing, in Chinese and in English; the English falls back to the Chinese."""

    zh: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Input:
    """An input column: what it reads, which values it takes, and its cells as bits of regions if possible."""

    #: the input expression as written; a plain name where the column reads one value
    name: str
    label: Label
    node: Node
    read: Expression
    type: Type
    place: Place
    #: None: the cells must see the case
    regions: Regions | None = None
    #: of each rule the regions its cell takes, as bits
    sets: tuple[int, ...] = ()
    #: of each region the rules that take it, as bits
    masks: tuple[int, ...] = ()
    #: the rules that take a text, for the texts the cells name and the column allows
    by_text: Mapping[object, int] = field(default_factory=dict)

    def value(self, scope: Scope) -> object:
        """The value of this column in a case, checked."""
        return self.type.check(self.read(scope), self.name, self.place)

    def rules(self, value: object) -> int:
        """The rules that take a value, as bits; raises where the column does not take it."""
        if type(value) is str and (known := self.by_text.get(value)) is not None:
            return known
        value = self.type.check(value, self.name, self.place)
        return self.masks[self.regions.find(value)] if self.regions else 0


@dataclass(frozen=True, kw_only=True)
class Output:
    """An output column: its allowed values in order of priority, and what it gives where no rule matches."""

    name: str
    label: Label
    type: Type
    #: the most important first; empty: not listed
    values: tuple[object, ...]
    default: Expression | None
    #: what the default reads beyond constants
    reads: frozenset[str]
    place: Place

    def check(self, value: object, place: Place) -> object:
        """An output value of the column's type and among its values; null is always allowed."""
        value = self.type.convert(value)
        if not self.type.fits(value):
            raise OutputWrong(place, value=show(value), wanted=self.type.name)
        if value is not None and self.values and value not in self.values:
            raise OutputWrong(place, value=show(value), wanted=", ".join(map(show, self.values)))
        return value

    def rank(self, value: object) -> int:
        """The priority of a value: 0 is the highest; a value that is not listed comes last."""
        return self.values.index(value) if value in self.values else len(self.values)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row: a cell an input, an expression an output, and what its author noted."""

    number: int
    id: str
    cells: tuple[Cell, ...]
    outputs: tuple[Expression, ...]
    #: what the output expressions read beyond constants: then they are run for every case
    reads: frozenset[str]
    annotations: Mapping[str, str] = field(default_factory=dict)


def infer(type_: Type, cells: list[Cell]) -> Type:
    """A column without a type has the kind of its constants, if they have one in common."""
    kinds = {kind(value) for cell in cells for value in cell.constants or () if value is not None}
    if type_.kind is None and len(kinds) == 1:
        return Type(kind=kinds.pop(), allowed=type_.allowed)
    return type_


def check_cell(cell: Cell, type_: Type, place: Place) -> None:
    """A constant of another type than the column, or not among its values, is a mistake of the author."""
    for value in cell.constants or ():
        if value is None:
            continue
        if type_.kind is not None and kind(value) != type_.kind:
            raise CellTypeWrong(place, text=show(value), found=kind(value), wanted=type_.name)
        if type_.allowed and type_.allowed.is_list and not type_.is_allowed(value):
            raise CellNotAllowed(place, text=show(value), allowed=type_.allowed_text)


def with_regions(column: Input, cells: list[Cell]) -> Input:
    """The column with its cells turned into bits, or unchanged where they must see the case."""
    regions = cut(column.type, cells)
    sets = rule_sets(cells, regions) if regions else None
    if regions is None or sets is None:
        return column
    masks = transpose(sets, len(regions.samples))
    by_text = {value: masks[at] for value, at in regions.index.items() if regions.live[at]}
    return replace(column, regions=regions, sets=tuple(sets), masks=masks, by_text=by_text)
