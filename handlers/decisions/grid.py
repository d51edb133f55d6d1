"""A table as the engine sees it: a case becomes a mask of matching rules, the hit policy settles the mask."""

from dataclasses import dataclass, field
from functools import cached_property

from handlers.decisions.columns import Input, Output, Rule
from handlers.decisions.functions import FUNCTIONS
from handlers.decisions.policy import Aggregation, HitPolicy, bits
from handlers.decisions.problems import (
    NoRuleMatches,
    NothingToAggregate,
    Place,
    RulesDisagree,
    SeveralRulesMatch,
)
from handlers.decisions.scope import Scope
from handlers.decisions.values import equal

#: settled masks kept per table
_KEPT = 4_096


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What a mask of rules comes to, and the rule that spoke first (0 = none)."""

    value: object
    rule: int = 0


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Columns, rules and policy of one table; immutable but for the memory of settled masks."""

    place: Place
    policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    _memory: dict[int, Settled] = field(default_factory=dict, repr=False, compare=False)

    @property
    def all_rules(self) -> int:
        """The mask before any column was asked."""
        return (1 << len(self.rules)) - 1

    @cached_property
    def has_constant_outputs(self) -> bool:
        """No output needs the case, so a mask always settles to the same value."""
        return not any(self.reads)

    @property
    def reads(self) -> list[frozenset[str]]:
        """What each rule's outputs and each default need beyond constants."""
        return [rule.reads for rule in self.rules] + [output.reads for output in self.outputs]

    def hits(self, scope: Scope) -> int:
        """The rules that match a case, as bits; every column is read and checked, even if no rule is left."""
        mask, waiting = self.all_rules, []
        for number, column in enumerate(self.inputs):
            if column.regions is None:
                waiting.append((number, column.value(scope)))
            else:
                mask &= column.rules(column.read(scope))
        for number, value in waiting:
            mask = self._ask_one_by_one(mask, number, value, scope)
        return mask

    def _ask_one_by_one(self, mask: int, number: int, value: object, scope: Scope) -> int:
        candidates = bits(mask)
        scope.budget.spend(len(candidates), self.place)
        return sum(1 << rule for rule in candidates if self.rules[rule].cells[number].holds(value, scope))

    def decide(self, scope: Scope) -> object:
        """The value of the table in a case."""
        return self.settle(self.hits(scope), scope).value

    def settle(self, mask: int, scope: Scope) -> Settled:
        """What the hit policy makes of the matching rules; raises where it forbids them."""
        if (known := self._memory.get(mask)) is not None:
            return known
        settled = self._settle(bits(mask), scope)
        if self.has_constant_outputs and len(self._memory) < _KEPT:
            self._memory[mask] = settled
        return settled

    def row(self, rule: int, scope: Scope) -> list[object]:
        """The outputs of a rule, checked."""
        values = []
        for output, expression in zip(self.outputs, self.rules[rule].outputs, strict=True):
            place = Place(
                decision=self.place.decision, rule=rule + 1, column=output.name, element=self.rules[rule].id
            )
            values.append(output.check(expression(scope), place))
        return values

    def named(self, row: list[object]) -> object:
        """One output stands for itself, several by their names."""
        if len(self.outputs) == 1:
            return row[0]
        return {output.name: value for output, value in zip(self.outputs, row, strict=True)}

    def _settle(self, hits: list[int], scope: Scope) -> Settled:
        if not hits:
            return Settled(value=self._without_hit(scope))
        if self.policy is HitPolicy.UNIQUE and len(hits) > 1:
            raise SeveralRulesMatch(self.place, rules=_numbers(hits))
        if self.policy in (HitPolicy.UNIQUE, HitPolicy.FIRST):
            hits = hits[:1]
        rows = [self.row(hit, scope) for hit in hits]
        if self.policy is HitPolicy.ANY and any(equal(row, rows[0]) is not True for row in rows):
            raise RulesDisagree(self.place, rules=_numbers(hits))
        order = list(range(len(hits)))
        if self.policy.goes_by_output:
            order.sort(
                key=lambda at: [
                    output.rank(value) for output, value in zip(self.outputs, rows[at], strict=True)
                ]
            )
        values = [self.named(rows[at]) for at in order]
        value = self._all(values, hits) if self.policy.gives_list else values[0]
        return Settled(value=value, rule=hits[order[0]] + 1)

    def _all(self, values: list[object], hits: list[int]) -> object:
        if self.aggregation is None:
            return values
        if self.aggregation is Aggregation.COUNT:
            return FUNCTIONS["count"].call(values)
        total = FUNCTIONS[self.aggregation.lower()].call(values)
        if total is None:
            raise NothingToAggregate(self.place, aggregation=self.aggregation, rules=_numbers(hits))
        return total

    def _without_hit(self, scope: Scope) -> object:
        defaults = [output.default(scope) if output.default else None for output in self.outputs]
        has_default = any(output.default for output in self.outputs)
        if self.policy.gives_list and self.aggregation is None:
            return [self.named(defaults)] if has_default else []
        if self.aggregation is Aggregation.COUNT:
            return FUNCTIONS["count"].call([])
        if has_default:
            return self.named(defaults)
        raise NoRuleMatches(self.place)


def _numbers(hits: list[int]) -> str:
    return ", ".join(str(hit + 1) for hit in hits)
