"""A file of decisions, read: what each needs, in which order they are taken, and the functions they share."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from handlers.decisions.columns import Label
from handlers.decisions.evaluator import Expression
from handlers.decisions.lint import Finding
from handlers.decisions.problems import (
    InputMissing,
    InputTypeWrong,
    NotATable,
    OutputWrong,
    Place,
    TooMuchWork,
    UnknownDecision,
)
from handlers.decisions.scope import Budget, Scope
from handlers.decisions.table import Table
from handlers.decisions.types import Type
from handlers.decisions.values import normalise, plain, public

_ANY_TYPE = Type()


@dataclass(frozen=True, kw_only=True)
class Function:
    """A business knowledge model: parameters and what they come to."""

    place: Place
    parameters: tuple[str, ...]
    run: Expression

    def __call__(self, scope: Scope, arguments: list[object]) -> object:
        """Calls pay from the caller's budget and end at a depth."""
        scope.budget.spend(1, self.place)
        with scope.budget.deeper(self.place):
            return self.run(scope.inner(dict(zip(self.parameters, arguments, strict=True))))


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One decision: its table or expression, and the decisions taken before it, in order."""

    id: str
    name: str
    label: Label
    table: Table | None
    run: Expression
    #: every name its logic reads
    reads: frozenset[str]
    #: names of the decisions it stands on, directly or not, the first first
    before: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Model:
    """All decisions of a file, by name; immutable and safe to share between threads."""

    decisions: Mapping[str, Decision]
    names: Mapping[str, str]
    input_types: Mapping[str, Type]
    functions: Mapping[str, Function]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the decisions, in the order of the file."""
        return tuple(decision.id for decision in self.decisions.values())

    def decide(self, decision_id: str, inputs: Mapping[str, object]) -> object:
        """Takes a decision, by id or name; whole numbers come back as int, other numbers as Decimal.

        One output gives its value, several a dict by name; RULE ORDER, OUTPUT ORDER and COLLECT give a list
        of these, COLLECT with an aggregation one value. An undecidable case raises a DecisionProblem.
        """
        return public(self._value(self.find(decision_id), self._scope(inputs)))

    def rule_of(self, decision_id: str, inputs: Mapping[str, object]) -> int:
        """The number of the rule that decides a case, 0 where none matches; for tables only."""
        decision, scope = self.find(decision_id), self._scope(inputs)
        self._prepare(decision, scope)
        return self.table(decision_id).rule_of(scope)

    def merged(self, decision_id: str, inputs: Mapping[str, object]) -> dict[str, object]:
        """Takes a decision as something to merge into process data: plain JSON values, always a dict.

        One hit gives its outputs by name, a list {decision id: list}, an expression {decision id: value}.
        """
        decision = self.find(decision_id)
        try:
            value = plain(self._value(decision, self._scope(inputs)))
        except OverflowError as error:
            raise OutputWrong(Place(decision=decision.name), value=str(error), wanted="< 1e308") from None
        if decision.table is None or decision.table.gives_list:
            return {decision.id: value}
        return value if isinstance(value, dict) else {decision.table.outputs[0]: value}

    def find(self, decision_id: str) -> Decision:
        """A decision by its id, else by its name."""
        name = self.names.get(decision_id, decision_id)
        if name not in self.decisions:
            raise UnknownDecision(name=decision_id, names=", ".join(self.ids))
        return self.decisions[name]

    def table(self, decision_id: str) -> Table:
        """The table of a decision; raises NotATable for an expression."""
        decision = self.find(decision_id)
        if decision.table is None:
            raise NotATable(Place(decision=decision.name))
        return decision.table

    def inputs(self, decision_id: str) -> tuple[str, ...]:
        """The inputs a decision and all it stands on must be given."""
        decision = self.find(decision_id)
        parts = [*(self.decisions[name] for name in decision.before), decision]
        read = {name: None for part in parts for name in sorted(part.reads)}
        columns = [name for part in parts if part.table for name in part.table.inputs]
        return tuple(
            name for name in dict.fromkeys([*columns, *read]) if name in read and name in self.input_types
        )

    def outputs(self, decision_id: str) -> tuple[str, ...]:
        """The names of what a decision gives; an expression gives its own id."""
        decision = self.find(decision_id)
        return decision.table.outputs if decision.table else (decision.id,)

    def title(self, decision_id: str) -> Label:
        """What people call the decision."""
        return self.find(decision_id).label

    def labels(self, decision_id: str) -> dict[str, Label]:
        """What people call the columns of a table, by name; one called like an input is `output:name`."""
        decision = self.find(decision_id)
        return decision.table.labels if decision.table else {decision.id: decision.label}

    def annotations(self, decision_id: str, rule_number: int) -> dict[str, str]:
        """The notes at a rule of a table, by the name of their column."""
        return self.table(decision_id).annotations(rule_number)

    def lint(self) -> list[Finding]:
        """Everything the checks find in the tables of the file."""
        return [
            finding
            for decision in self.decisions.values()
            if decision.table
            for finding in decision.table.lint()
        ]

    def _scope(self, inputs: Mapping[str, object]) -> Scope:
        return Scope(read_input=partial(self._read, inputs), knowledge=self.functions, budget=Budget())

    def _read(self, inputs: Mapping[str, object], name: str, place: Place) -> object:
        if name not in inputs:
            raise InputMissing(place, name=name)
        type_ = self.input_types.get(name, _ANY_TYPE)
        try:
            value = normalise(inputs[name])
        except TypeError as error:
            raise InputTypeWrong(place, name=name, wanted=type_.name, value=str(error)) from None
        return type_.check(value, name, place)

    def _value(self, decision: Decision, scope: Scope) -> object:
        self._prepare(decision, scope)
        try:
            return decision.run(scope)
        except RecursionError:
            raise TooMuchWork(Place(decision=decision.name)) from None

    def _prepare(self, decision: Decision, scope: Scope) -> None:
        for name in decision.before:
            scope.values[name] = self.decisions[name].run(scope)
