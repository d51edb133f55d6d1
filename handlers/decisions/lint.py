"""Finds, before a table is used, the cases no rule takes, contradicting rules and those that never speak."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from handlers.decisions import limits
from handlers.decisions.columns import Input
from handlers.decisions.grid import Grid
from handlers.decisions.policy import HitPolicy, bits
from handlers.decisions.problems import DecisionProblem, NoRuleMatches
from handlers.decisions.scope import Scope

#: examples shown with a finding
EXAMPLES = 3
#: contradictions shown of one table
SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something a check found: an English sentence with named fields, translated by the screens."""

    message: ClassVar[str]
    #: what it is called in code: gap, overlap, conflict, dead_rule, masked_rule, not_checked
    kind: ClassVar[str]
    #: an error must be mended before use; a warning can be signed for
    severity: ClassVar[str]

    decision: str
    #: id of the XML element
    element: str
    rules: tuple[int, ...] = ()
    fields: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """The sentence in English."""
        return self.message % self.fields


class Gap(Finding):
    message = (
        "%(where)s: no rule takes %(count)s combinations, for example: %(examples)s. "
        "Add a rule or default outputs."
    )
    kind = "gap"
    severity = "warning"


class Overlap(Finding):
    message = (
        "%(where)s: the rules %(rules)s match together, for example: %(examples)s. "
        "Make them exclude each other."
    )
    kind = "overlap"
    severity = "error"


class Conflict(Finding):
    message = (
        "%(where)s: the rules %(rules)s match together and give different outputs, "
        "for example: %(examples)s. Make them agree."
    )
    kind = "conflict"
    severity = "error"


class DeadRule(Finding):
    message = "%(where)s: no allowed value reaches the rule %(rules)s. Mend its cells or remove it."
    kind = "dead_rule"
    severity = "warning"


class MaskedRule(Finding):
    message = (
        "%(where)s: other rules always come before the rule %(rules)s. Move it up, mend it or remove it."
    )
    kind = "masked_rule"
    severity = "warning"


class NotChecked(Finding):
    message = (
        "%(where)s: gaps and overlaps cannot be looked for: a cell must see the case, or there are too many."
    )
    kind = "not_checked"
    severity = "warning"


@dataclass(kw_only=True)
class _State:
    """One way the columns so far narrow the rules: how many combinations lead here, and a few of them."""

    count: int
    examples: list[tuple[int | None, ...]]


_Key = tuple[int, bool]


class TooManyStates(Exception):
    """The table is too wide to be walked."""


def lint(grid: Grid) -> list[Finding]:
    """Every gap, contradiction, dead and masked rule; a null input is no gap, but it can be an overlap."""
    blind = [column for column in grid.inputs if column.regions is None]
    if blind:
        return [
            _finding(NotChecked, grid, where=str(column.place), element=column.place.element)
            for column in blind
        ]
    try:
        states = walk(grid)
    except TooManyStates:
        return [_finding(NotChecked, grid)]
    return [*_gaps(grid, states), *_contradictions(grid, states), *_silent_rules(grid, states)]


def walk(grid: Grid) -> dict[_Key, _State]:
    """All masks the columns can lead to, keyed by (mask, a null took part); raises TooManyStates."""
    states: dict[_Key, _State] = {(grid.all_rules, False): _State(count=1, examples=[()])}
    for column in grid.inputs:
        classes = list(_classes(column))
        if len(states) * len(classes) > limits.STATES * 5:
            raise TooManyStates
        following: dict[_Key, _State] = {}
        for (mask, has_null), state in states.items():
            for rules, regions in classes:
                key = (mask & rules, has_null or regions == [0])
                _merge(following, key, state, regions, settled=not mask)
        if len(following) > limits.STATES:
            raise TooManyStates
        states = following
    return states


def _classes(column: Input) -> Iterator[tuple[int, list[int]]]:
    """Regions on which the same rules stand, together; null alone."""
    alike: dict[int, list[int]] = {}
    for region, rules in enumerate(column.masks):
        if region and column.regions and column.regions.live[region]:
            alike.setdefault(rules, []).append(region)
    yield column.masks[0], [0]
    yield from alike.items()


def _merge(into: dict[_Key, _State], key: _Key, state: _State, regions: list[int], *, settled: bool) -> None:
    target = into.setdefault(key, _State(count=0, examples=[]))
    target.count += state.count * len(regions)
    for example in state.examples:
        for region in [None] if settled else regions:
            if len(target.examples) >= EXAMPLES:
                return
            if (*example, region) not in target.examples:
                target.examples.append((*example, region))


def _say(grid: Grid, examples: list[tuple[int | None, ...]]) -> str:
    """Examples in the words of the columns: name and cell, which read the same in every language."""
    return "; ".join(
        ", ".join(
            f"{column.name}: {column.regions.texts[region]}"
            for column, region in zip(grid.inputs, example, strict=True)
            if region is not None and column.regions
        )
        or "-"
        for example in examples
    )


def _finding(kind: type[Finding], grid: Grid, hits: tuple[int, ...] = (), **more: object) -> Finding:
    fields: dict[str, object] = {"where": str(grid.place), "rules": ", ".join(map(str, hits)), **more}
    element = str(fields.pop("element", "")) or (grid.rules[hits[-1] - 1].id if hits else grid.place.element)
    return kind(decision=grid.place.decision, element=element, rules=hits, fields=fields)


def _gaps(grid: Grid, states: dict[_Key, _State]) -> Iterator[Finding]:
    gap = states.get((0, False))
    if gap is None:
        return
    try:
        grid.settle(0, Scope())
    except NoRuleMatches:
        yield _finding(Gap, grid, count=gap.count, examples=_say(grid, gap.examples))
    except DecisionProblem:
        return  # a default that reads the case takes it


def _contradictions(grid: Grid, states: dict[_Key, _State]) -> Iterator[Finding]:
    kind = {HitPolicy.UNIQUE: Overlap, HitPolicy.ANY: Conflict}.get(grid.policy)
    if kind is None:
        return
    found: dict[int, list[tuple[int | None, ...]]] = {}
    for (mask, _), state in sorted(states.items(), key=lambda item: item[0][1]):
        if mask & (mask - 1) and len(found) < SHOWN and _is_refused(grid, mask):
            found.setdefault(mask, state.examples)
    for mask, examples in found.items():
        hits = tuple(hit + 1 for hit in bits(mask))
        yield _finding(kind, grid, hits, examples=_say(grid, examples))


def _is_refused(grid: Grid, mask: int) -> bool:
    try:
        grid.settle(mask, Scope())
    except DecisionProblem:
        return True  # also where the outputs read the case: nobody can say that they agree
    return False


def _silent_rules(grid: Grid, states: dict[_Key, _State]) -> Iterator[Finding]:
    seen, speaking = 0, 0
    for mask, has_null in states:
        seen |= mask & _null_rules(grid) if has_null else mask
        speaking |= _speakers(grid, mask)
    for rule in range(len(grid.rules)):
        if not seen >> rule & 1:
            yield _finding(DeadRule, grid, (rule + 1,))
        elif not speaking >> rule & 1:
            yield _finding(MaskedRule, grid, (rule + 1,))


def _null_rules(grid: Grid) -> int:
    """The rules that mean null when they take it; not(..) takes it by the way."""
    return sum(
        1 << rule.number - 1
        for rule in grid.rules
        if any(cell.constants is None or None in cell.constants for cell in rule.cells)
    )


def _speakers(grid: Grid, mask: int) -> int:
    """The rules of a mask that are heard: one under FIRST and PRIORITY, all under the others."""
    if not mask or grid.policy not in (HitPolicy.FIRST, HitPolicy.PRIORITY):
        return mask
    if grid.policy is HitPolicy.FIRST:
        return mask & -mask
    return 1 << (grid.settle(mask, Scope()).rule - 1) if grid.has_constant_outputs else mask
