"""Decides millions of cases at once: a region code a row and column, codes combined, one look-up at the end.

Masks are settled by the same function as a single case, so every hit policy comes out the same.
Numbers arrive as doubles or integers: equal to decimals up to 15 significant digits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from handlers.decisions import limits
from handlers.decisions.coding import Array, Coder, coder_of
from handlers.decisions.columns import Input
from handlers.decisions.grid import Grid
from handlers.decisions.problems import (
    BulkImpossible,
    BulkSizeWrong,
    DecisionProblem,
    InputMissing,
    TooMany,
)
from handlers.decisions.scope import Scope
from handlers.decisions.values import public

#: rows handled together: their codes stay in the cache of the processor
CHUNK = 1 << 17
#: combined codes that are kept before equal masks are merged
_CODES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Bulk:
    """The results of many cases: of each row the number of its result and of the rule that spoke first."""

    #: the distinct results; a DecisionProblem where the single case would be refused
    results: tuple[object, ...]
    #: int32 (rows): position in results
    codes: Array
    #: int32 (rows): the rule counted from 1, -1 where none matches
    rules: Array

    @property
    def values(self) -> Array:
        """The result of each row, as objects; raises the refusal of the first refused result in use."""
        used = np.bincount(self.codes, minlength=len(self.results)) > 0
        for result, is_used in zip(self.results, used, strict=True):
            if is_used and isinstance(result, DecisionProblem):
                raise result
        table = np.empty(len(self.results), dtype=object)
        for number, result in enumerate(self.results):
            table[number] = result
        values: Array = table[self.codes]
        return values

    def count(self) -> list[tuple[object, int]]:
        """How many rows have each result that occurs."""
        counts = np.bincount(self.codes, minlength=len(self.results))
        return [(result, int(count)) for result, count in zip(self.results, counts, strict=True) if count]


def bulk(grid: Grid, columns: Mapping[str, Any], size: int) -> Bulk:
    """Decides `size` rows; columns by input name: numpy arrays, Coded or pandas categoricals of that length.

    Raises BulkImpossible where a cell must see the case, BulkValueRefused (with the count) where a value is
    not allowed, InputMissing, InputTypeWrong and BulkSizeWrong.
    """
    if not grid.has_constant_outputs:
        raise BulkImpossible(grid.place)
    coders = [_coder(column, columns, size) for column in grid.inputs]
    plan = _Plan(grid)
    codes, rules = np.empty(size, np.int32), np.empty(size, np.int32)
    for start in range(0, size, CHUNK):
        rows = slice(start, min(start + CHUNK, size))
        states = plan.combine([coder.code(rows) for coder in coders], rows.stop - start)
        codes[rows], rules[rows] = plan.result_of[states], plan.rule_of[states]
    for coder in coders:
        coder.refuse()
    return Bulk(results=plan.results, codes=codes, rules=rules)


def _coder(column: Input, columns: Mapping[str, Any], size: int) -> Coder:
    if column.regions is None:
        raise BulkImpossible(column.place)
    if column.name not in columns:
        raise InputMissing(column.place, name=column.name)
    given = columns[column.name]
    rows = len(given.codes if hasattr(given, "codes") else given)
    if rows != size:
        raise BulkSizeWrong(column.place, name=column.name, rows=rows, size=size)
    return coder_of(column, given)


class _Plan:
    """How region codes are combined, column by column, into the number of a mask."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.steps: list[tuple[int, Array | None]] = []
        masks = [grid.all_rules]
        for column in grid.inputs:
            regions = len(column.masks)
            if len(masks) * regions > limits.STATES * 10:
                raise TooMany(
                    column.place, what="combinations", count=len(masks) * regions, limit=limits.STATES * 10
                )
            combined = [mask & rules for mask in masks for rules in column.masks]
            masks, merge = _merge(combined) if len(combined) > _CODES else (combined, None)
            self.steps.append((regions, merge))
        self.results, self.result_of, self.rule_of = self._settle(masks)

    def combine(self, codes: list[Array], size: int) -> Array:
        """The number of the mask of each row."""
        states = np.zeros(size, np.int32)
        for (regions, merge), code in zip(self.steps, codes, strict=True):
            states *= regions
            states += code
            if merge is not None:
                states = merge[states]
        return states

    def _settle(self, masks: list[int]) -> tuple[tuple[object, ...], Array, Array]:
        places: dict[int, tuple[int, int]] = {}
        results: list[object] = []
        for mask in dict.fromkeys(masks):
            result, rule = _result(self.grid, mask)
            places[mask] = (len(results), rule)
            results.append(result)
        found = np.array([places[mask] for mask in masks], np.int32).reshape(-1, 2)
        return tuple(results), np.ascontiguousarray(found[:, 0]), np.ascontiguousarray(found[:, 1])


def _merge(masks: list[int]) -> tuple[list[int], Array]:
    numbers: dict[int, int] = {}
    table = np.array([numbers.setdefault(mask, len(numbers)) for mask in masks], np.int32)
    return list(numbers), table


def _result(grid: Grid, mask: int) -> tuple[object, int]:
    try:
        settled = grid.settle(mask, Scope())
    except DecisionProblem as problem:
        return problem, (mask & -mask).bit_length() or -1
    return public(settled.value), settled.rule or -1
