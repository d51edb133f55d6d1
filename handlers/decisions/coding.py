"""Turns the columns of many cases into region codes, chunk by chunk, and counts the values refused."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from handlers.decisions.columns import Input
from handlers.decisions.problems import BulkImpossible, BulkValueRefused, InputTypeWrong
from handlers.decisions.regions import Regions
from handlers.decisions.values import normalise, public, show

Array = np.ndarray[Any, np.dtype[Any]]
#: breakpoints up to which comparing with each is faster than a binary search
FEW_POINTS = 16


@dataclass(frozen=True, kw_only=True)
class Coded:
    """A column of texts as small numbers: codes point into categories, a negative code is null."""

    codes: Array
    categories: Sequence[object]


class Coder:
    """Turns a column into region codes, chunk by chunk, and remembers what it had to refuse."""

    def __init__(self, column: Input) -> None:
        self.column = column
        self.regions: Regions = column.regions  # type: ignore[assignment]  # asked before
        self.refused = 0
        self.example: object = None

    def code(self, rows: slice) -> Array:
        """Region codes of some rows."""
        raise NotImplementedError

    def region(self, value: object) -> int:
        """The region of one value; -1 where the column does not take it."""
        try:
            value = self.column.type.convert(normalise(value))
        except TypeError:
            return -1
        if not self.column.type.fits(value):
            raise InputTypeWrong(
                self.column.place, name=self.column.name, wanted=self.column.type.name, value=show(value)
            )
        return self.regions.find(value) if self.column.type.is_allowed(value) else -1

    def refuse(self) -> None:
        """Tell how many rows held a value the column does not take."""
        if self.refused:
            column = self.column
            raise BulkValueRefused(
                column.place,
                name=column.name,
                count=self.refused,
                value=str(self.example),
                allowed=column.type.allowed_text,
            )

    def note(self, count: int, example: object) -> None:
        if count and not self.refused:
            self.example = example
        self.refused += count


class CategoryCoder(Coder):
    def __init__(self, column: Input, codes: Array, categories: Sequence[object]) -> None:
        super().__init__(column)
        self.codes, self.categories = np.asarray(codes), list(categories)
        found = [self.region(value) for value in self.categories]
        self.table = np.array([*found, 0], np.int32)  # the code -1 (null) reads the last entry
        self.has_refusals = -1 in found

    def code(self, rows: slice) -> Array:
        codes = self.codes[rows]
        regions = self.table[np.where(codes < 0, len(self.categories), codes)]
        if self.has_refusals:
            bad = np.flatnonzero(regions < 0)
            if len(bad):
                self.note(len(bad), self.categories[int(codes[bad[0]])])
                regions[bad] = 0
        return regions


class ObjectCoder(Coder):
    def __init__(self, column: Input, values: Array) -> None:
        super().__init__(column)
        self.values = values

    def code(self, rows: slice) -> Array:
        values = self.values[rows]
        try:
            coded = _texts(values) or _anything(values)
        except TypeError:  # lists and the like cannot be counted
            raise BulkImpossible(self.column.place) from None
        inner = CategoryCoder(self.column, coded.codes, coded.categories)
        regions = inner.code(slice(None))
        self.note(inner.refused, inner.example)
        return regions


def _texts(values: Array) -> Coded | None:
    """Texts and nulls only: their distinct values by hash."""
    if values.dtype.kind not in "UT" and pd.api.types.infer_dtype(values, skipna=True) not in (
        "string",
        "empty",
    ):
        return None
    codes, categories = pd.factorize(values.astype(object), use_na_sentinel=True)
    return Coded(codes=codes, categories=list(categories))


def _anything(values: Array) -> Coded:
    """Objects of any kind: 1 and true are different here, as they are in a single case."""
    seen: dict[tuple[type, object], int] = {}
    codes = [seen.setdefault((type(value), value), len(seen)) for value in values.tolist()]
    return Coded(codes=np.array(codes, np.int32), categories=[value for _, value in seen])


class PointCoder(Coder):
    def __init__(self, column: Input, values: Array) -> None:
        super().__init__(column)
        self.values = values
        self.points = _as_array(self.regions.points, values)
        self.dead = np.array([not live for live in self.regions.live])
        self.checks_whole = column.type.is_whole and values.dtype.kind == "f"

    def code(self, rows: slice) -> Array:
        values = self.values[rows]
        codes = self._search(values) if len(self.points) > FEW_POINTS else self._compare(values)
        if values.dtype.kind == "f":
            codes[np.isnan(values)] = 0
            self._refuse_where(np.isinf(values), values, codes)
        if values.dtype.kind == "M":
            codes[np.isnat(values)] = 0
        if self.checks_whole:
            self._refuse_where((values != np.floor(values)) & (codes > 0), values, codes)
        if self.dead.any():
            self._refuse_where(self.dead[codes], values, codes)
        return codes

    def _compare(self, values: Array) -> Array:
        codes = np.ones(len(values), np.uint8)
        for point in self.points:
            codes += values >= point
            codes += values > point
        return codes

    def _search(self, values: Array) -> Array:
        at = np.searchsorted(self.points, values, "left")
        is_point = self.points[np.minimum(at, len(self.points) - 1)] == values
        codes: Array = (2 * at + 1 + is_point).astype(np.int32)
        return codes

    def _refuse_where(self, bad: Array, values: Array, codes: Array) -> None:
        count = int(np.count_nonzero(bad))
        if count:
            self.note(count, values[np.argmax(bad)])
            codes[bad] = 0


def _as_array(points: tuple[object, ...], values: Array) -> Array:
    """The breakpoints in the type of the column, so that comparing loses nothing a double has."""
    if values.dtype.kind == "M":
        return np.array([point for point in points if isinstance(point, dt.date)], "datetime64[D]")
    numbers = [public(point) for point in points]
    if values.dtype.kind in "iu" and all(
        isinstance(number, int) and abs(number) < 2**62 for number in numbers
    ):
        return np.array(numbers, np.int64)
    return np.array([float(str(number)) for number in numbers], np.float64)


def coder_of(column: Input, given: Any) -> Coder:
    """The coder that fits a column as it is given: coded, numbers, dates, booleans, texts or objects."""
    if hasattr(given, "codes") and hasattr(given, "categories"):
        return CategoryCoder(column, given.codes, given.categories)
    values = np.asarray(given)
    kind, sort = column.type.kind, values.dtype.kind
    if kind == "number" and sort in "iuf":
        return PointCoder(
            column, values.astype(np.float64) if values.dtype.itemsize < 8 and sort == "f" else values
        )
    if kind == "date" and sort == "M":
        return PointCoder(column, values.astype("datetime64[D]"))
    if sort == "b":
        return CategoryCoder(column, values.astype(np.int8), [False, True])
    return ObjectCoder(column, values.astype(object) if sort in "iufM" else values)
