"""Writes a table as one CASE for the warehouse, from the same regions as a single case."""

import datetime as dt
from collections.abc import Iterator
from itertools import groupby

from handlers.decisions import tree
from handlers.decisions.columns import Input
from handlers.decisions.grid import Grid
from handlers.decisions.lint import Conflict, Overlap, lint
from handlers.decisions.policy import HitPolicy, bits
from handlers.decisions.problems import BulkImpossible, SqlImpossible
from handlers.decisions.regions import OTHER, Regions
from handlers.decisions.scope import Scope
from handlers.decisions.values import show

DIALECTS = ("duckdb", "postgresql")
#: what the CASE gives where no rule matches, and where a value is not allowed
NO_RULE, REFUSED = -1, -2


def sql(grid: Grid, dialect: str = "duckdb") -> str:
    """A CASE over columns named like the inputs: the rule counted from 1, -1 for none, -2 for one refused.

    For UNIQUE, ANY, FIRST and PRIORITY only; for UNIQUE and ANY only where no rules contradict each other.
    """
    _refuse_impossible(grid, dialect)
    columns = [_quote(column) for column in grid.inputs]
    refusals = [f"WHEN {guard} THEN {REFUSED}" for guard in map(_guard, grid.inputs, columns) if guard]
    rules = [f"WHEN {_condition(grid, rule, columns)} THEN {rule + 1}" for rule in _in_order(grid)]
    return " ".join(["CASE", *refusals, *rules, f"ELSE {NO_RULE}", "END"])


def _refuse_impossible(grid: Grid, dialect: str) -> None:
    if dialect not in DIALECTS:
        raise SqlImpossible(grid.place, policy=grid.policy, reason=f"{dialect} ∉ {', '.join(DIALECTS)}")
    if grid.policy.gives_list:
        raise SqlImpossible(grid.place, policy=grid.policy, reason="> 1")
    for column in grid.inputs:
        if column.regions is None or not isinstance(column.node, tree.Name):
            raise BulkImpossible(column.place)
    if grid.policy is HitPolicy.PRIORITY and not grid.has_constant_outputs:
        raise BulkImpossible(grid.place)
    for finding in lint(grid):
        if isinstance(finding, Overlap | Conflict):
            raise SqlImpossible(grid.place, policy=grid.policy, reason=str(finding))


def _in_order(grid: Grid) -> list[int]:
    """The first WHEN that holds must be the rule that speaks."""
    order = list(range(len(grid.rules)))
    if grid.policy is HitPolicy.PRIORITY:
        rows = [grid.row(rule, Scope()) for rule in order]
        order.sort(
            key=lambda rule: [
                output.rank(value) for output, value in zip(grid.outputs, rows[rule], strict=True)
            ]
        )
    return order


def _quote(column: Input) -> str:
    return '"' + column.name.replace('"', '""') + '"'


def _guard(column: Input, name: str) -> str:
    """The condition under which the column refuses a value."""
    regions = column.regions
    if regions is None:
        return ""
    fraction = f"{name} <> floor({name})" if column.type.is_whole else ""
    if column.type.allowed is None:
        return fraction
    live = sum(1 << number for number, is_live in enumerate(regions.live) if is_live and number)
    inside = list(_named(regions, live, name)) if regions.is_finite else [_in_regions(regions, live, name)]
    outside = f"NOT {inside[0]}" if inside else f"{name} IS NOT NULL"
    return f"({outside} OR {fraction})" if fraction else outside


def _condition(grid: Grid, rule: int, names: list[str]) -> str:
    parts = []
    for column, name in zip(grid.inputs, names, strict=True):
        regions = column.regions
        if regions is None or column.sets[rule] == (1 << len(regions.samples)) - 1:
            continue
        parts.append(_in_regions(regions, column.sets[rule], name))
    return " AND ".join(parts) or "TRUE"


def _in_regions(regions: Regions, chosen: int, name: str) -> str:
    """The condition that a column lies in some regions; never null where it is negated by ELSE alone."""
    with_null = bool(chosen & 1)
    chosen &= ~1
    if chosen == (1 << len(regions.samples)) - 2:
        return f"({name} IS NOT NULL)"
    found = _ranges(regions, chosen, name) if regions.is_ordered else _named(regions, chosen, name)
    parts = [*([f"{name} IS NULL"] if with_null else []), *found]
    return "(" + (" OR ".join(parts) or "FALSE") + ")"


def _named(regions: Regions, chosen: int, name: str) -> Iterator[str]:
    inside = [sample for number, sample in enumerate(regions.samples) if number and chosen >> number & 1]
    outside = [sample for number, sample in enumerate(regions.samples) if number and not chosen >> number & 1]
    if OTHER in inside:
        yield f"({name} NOT IN ({', '.join(map(_literal, outside))}))"
    elif inside:
        yield f"({name} IN ({', '.join(map(_literal, inside))}))"


def _ranges(regions: Regions, chosen: int, name: str) -> Iterator[str]:
    """Runs of neighbouring regions become one range: odd regions are gaps, even ones points."""
    numbered = enumerate(bits(chosen))
    for _, run in groupby(numbered, key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in run]
        yield _range(regions, numbers[0], numbers[-1], name)


def _range(regions: Regions, first: int, last: int, name: str) -> str:
    if first == last and first % 2 == 0:
        return f"{name} = {_literal(regions.points[first // 2 - 1])}"
    parts = []
    if first > 1:
        sign, point = (">=", first // 2 - 1) if first % 2 == 0 else (">", first // 2 - 1)
        parts.append(f"{name} {sign} {_literal(regions.points[point])}")
    if last < len(regions.samples) - 1:
        sign, point = ("<=", last // 2 - 1) if last % 2 == 0 else ("<", last // 2)
        parts.append(f"{name} {sign} {_literal(regions.points[point])}")
    return "(" + " AND ".join(parts) + ")"


def _literal(value: object) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, dt.date):
        return f"DATE '{value.isoformat()}'"
    return show(value).upper()
