"""Cuts a column into regions on which no cell can change its answer: constants, gaps, other, null.

Everything the rules know about a value is its region, so one case (look up, AND), the checks (walk the
regions), millions of rows (a code a row) and SQL (a condition a region) all come from the same bits.
n ordered points give 2n + 2 regions: 0 null, 2i + 1 the gap below point i, 2i + 2 point i, 2n + 1 above.
n named values give 0 null, i + 1 value i, n + 1 other.
"""

import datetime as dt
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import cast

import numpy as np

from handlers.decisions import tree
from handlers.decisions.cells import Cell
from handlers.decisions.functions import FUNCTIONS
from handlers.decisions.scope import Scope
from handlers.decisions.types import Type
from handlers.decisions.values import NUMBERS, show, whole

#: stands for every text no cell names
OTHER = "\0other"


@dataclass(frozen=True, kw_only=True)
class Regions:
    """A column, cut: what stands for each region (None in a gap without a value), and which are allowed."""

    #: ascending numbers or dates; empty where the values are only named
    points: tuple[object, ...]
    is_ordered: bool
    index: Mapping[object, int]
    samples: tuple[object, ...]
    #: regions that hold a value the column takes
    live: tuple[bool, ...]
    texts: tuple[str, ...]
    #: every region can be asked for itself: there is no "other" and no gap
    is_finite: bool

    def find(self, value: object) -> int:
        """The region of a value of the column's type; 0 for null."""
        if value is None:
            return 0
        if self.is_finite:
            return self.index[value]
        if not self.is_ordered:
            return self.index.get(value, len(self.samples) - 1) if self.index else 1
        at = bisect_left(cast(Sequence[Decimal], self.points), cast(Decimal, value))  # or dates: one kind
        return 2 * at + 2 if at < len(self.points) and self.points[at] == value else 2 * at + 1


def cut(type_: Type, cells: Iterable[Cell]) -> Regions | None:
    """The regions of a column; None where they cannot be known before the case."""
    cells = [cell for cell in cells if not cell.is_anything]
    known = cells + ([type_.allowed] if type_.allowed else [])
    if type_.allowed and type_.allowed.constants is None:
        return None
    constants = [value for cell in known if cell.constants for value in cell.constants if value is not None]
    if type_.kind in ("number", "date"):
        return _ordered(type_, constants)
    if type_.kind in ("list", "context", "date and time") or any(cell.is_ordered for cell in known):
        return None
    return _named(type_, list(dict.fromkeys(constants)))


def _named(type_: Type, values: list[object]) -> Regions:
    if type_.kind == "boolean":
        values = [True, False]
    is_finite = type_.kind == "boolean" or (type_.allowed is not None and type_.allowed.is_list)
    samples = [None, *values] + ([] if is_finite else [OTHER])
    rest = "not(" + ", ".join(map(show, values)) + ")" if values else "-"
    return Regions(
        points=(),
        is_ordered=False,
        index={value: number for number, value in enumerate(samples) if number and value is not OTHER},
        samples=tuple(samples),
        live=tuple(type_.is_allowed(sample) for sample in samples),
        texts=tuple(rest if sample is OTHER else show(sample) for sample in samples),
        is_finite=is_finite,
    )


def _ordered(type_: Type, constants: list[object]) -> Regions:
    points = sorted(set(constants))  # type: ignore[type-var]  # one kind: checked when the cells were read
    samples: list[object] = [None]
    texts = ["null"]
    inside = _inside_whole if type_.is_whole else _inside
    for low, high in pairwise([None, *points, None]):
        samples += [inside(low, high, type_), high]
        texts += [_gap_text(low, high), show(high)]
    samples, texts = samples[:-1], texts[:-1]
    live = [
        number == 0 or (sample is not None and type_.fits(sample)) for number, sample in enumerate(samples)
    ]
    return Regions(
        points=tuple(points),
        is_ordered=True,
        index={},
        samples=tuple(samples),
        live=tuple(here and type_.is_allowed(sample) for here, sample in zip(live, samples, strict=True)),
        texts=tuple(texts),
        is_finite=False,
    )


def _gap_text(low: object, high: object) -> str:
    if low is None:
        return "-" if high is None else f"< {show(high)}"
    return f"> {show(low)}" if high is None else f"({show(low)}..{show(high)})"


def _inside(low: object, high: object, type_: Type) -> object:
    if type_.kind == "date":
        return _date_inside(low, high)
    if low is None or high is None:
        return _beyond(low, high)
    middle = NUMBERS.divide(NUMBERS.add(_number(low), _number(high)), Decimal(2))
    return middle if _number(low) < middle < _number(high) else None


def _inside_whole(low: object, high: object, type_: Type) -> object:
    if low is None or high is None:
        beyond = _beyond(low, high)
        return beyond if beyond is None else whole(_number(beyond))
    following = NUMBERS.add(whole(_number(low)), Decimal(1))
    return following if following < _number(high) else None


def _beyond(low: object, high: object) -> object:
    if low is None:
        return Decimal(0) if high is None else NUMBERS.subtract(_number(high), _step(high))
    return NUMBERS.add(_number(low), _step(low))


def _step(value: object) -> Decimal:
    """One, or more where one is below the last of 34 digits."""
    return max(Decimal(1), NUMBERS.scaleb(Decimal(1), Decimal(_number(value).adjusted() - 20)))


def _number(value: object) -> Decimal:
    return cast(Decimal, value)  # the column's kind says so


def _date_inside(low: object, high: object) -> object:
    if low is None and high is None:
        return dt.date(2000, 1, 1)
    start = low if isinstance(low, dt.date) else None
    end = high if isinstance(high, dt.date) else None
    try:
        if start is None:
            return None if end is None else end - dt.timedelta(1)
        following = start + dt.timedelta(1)
    except OverflowError:
        return None
    return following if end is None or following < end else None


def rule_sets(cells: Sequence[Cell], regions: Regions) -> list[int] | None:
    """For each rule the set of regions its cell takes, as bits; None where a cell must see the case.

    A cell can change its answer only at its own constants: it is asked there and once in between.
    """
    found: dict[str, int] = {}
    for cell in cells:
        if cell.text in found:
            continue
        if cell.constants is None and not (regions.is_finite and _sees_only_itself(cell)):
            return None
        ask = (
            _in_all
            if cell.constants is None or regions.is_finite
            else _in_order
            if regions.is_ordered
            else _by_name
        )
        found[cell.text] = ask(cell, regions)
    return [found[cell.text] for cell in cells]


def _sees_only_itself(cell: Cell) -> bool:
    return not tree.names_read(cell.node) and tree.functions_called(cell.node) <= FUNCTIONS.keys()


def _in_all(cell: Cell, regions: Regions) -> int:
    return sum(1 << number for number, sample in enumerate(regions.samples) if cell.holds(sample, Scope()))


def _by_name(cell: Cell, regions: Regions) -> int:
    own = [regions.index[value] for value in _own(cell)]
    rest = (1 << len(regions.samples)) - 2 if cell.holds(OTHER, Scope()) else 0
    for number in {0, *own}:
        rest = _put(rest, number, cell.holds(regions.samples[number], Scope()))
    return rest


def _in_order(cell: Cell, regions: Regions) -> int:
    bits = int(cell.holds(None, Scope()))
    start = 1
    for here in [*sorted({regions.find(value) for value in _own(cell)}), len(regions.samples)]:
        between = regions.samples[start:here]
        sample = next((sample for sample in between if sample is not None), None)
        if sample is not None and cell.holds(sample, Scope()):
            bits |= ((1 << (here - start)) - 1) << start
        if here < len(regions.samples):
            bits = _put(bits, here, cell.holds(regions.samples[here], Scope()))
        start = here + 1
    return bits


def _own(cell: Cell) -> list[Hashable]:
    return [value for value in cell.constants or () if value is not None and isinstance(value, Hashable)]


def _put(bits: int, number: int, on: bool) -> int:
    return bits | 1 << number if on else bits & ~(1 << number)


def transpose(sets: Sequence[int], count: int) -> tuple[int, ...]:
    """From the regions of each rule to the rules of each region (bit r = rule r, counted from 0)."""
    if not sets:
        return (0,) * count
    width = count // 8 + 1
    rows = np.frombuffer(b"".join(bits.to_bytes(width, "little") for bits in sets), np.uint8)
    table = np.unpackbits(rows.reshape(len(sets), width), axis=1, bitorder="little")[:, :count]
    packed = np.packbits(table.T, axis=1, bitorder="little")
    return tuple(int.from_bytes(row.tobytes(), "little") for row in packed)
