"""A decision table as the rest of the product uses it: one case, millions, SQL, checks, labels and notes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handlers.decisions import tree
from handlers.decisions.bulk import Bulk, bulk
from handlers.decisions.columns import Label, Rule
from handlers.decisions.grid import Grid
from handlers.decisions.lint import Finding, lint
from handlers.decisions.problems import UnknownRule
from handlers.decisions.scope import Scope
from handlers.decisions.sql import sql


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table, read and checked; immutable and safe to share between threads."""

    grid: Grid
    #: titles of the annotation columns
    notes: Mapping[str, Label]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in the order of the file, numbered from 1."""
        return self.grid.rules

    @property
    def policy(self) -> str:
        """The hit policy, as DMN writes it."""
        return self.grid.policy.value

    @property
    def gives_list(self) -> bool:
        """The result is a list: all matching rules speak and nothing is aggregated."""
        return self.grid.policy.gives_list and self.grid.aggregation is None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The input expressions, column by column."""
        return tuple(column.name for column in self.grid.inputs)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the outputs."""
        return tuple(output.name for output in self.grid.outputs)

    @property
    def labels(self) -> dict[str, Label]:
        """What people call the columns, by name; an output called like an input stands as `output:name`."""
        found = {column.name: column.label for column in self.grid.inputs}
        for output in self.grid.outputs:
            found[f"output:{output.name}" if output.name in found else output.name] = output.label
        return found

    @property
    def reads(self) -> frozenset[str]:
        """Every name the table reads."""
        nodes = [column.node for column in self.grid.inputs]
        nodes += [cell.node for rule in self.rules for cell in rule.cells]
        read = frozenset(name for node in nodes for name in tree.names_read(node))
        return read.union(*self.grid.reads)

    def annotations(self, number: int) -> dict[str, str]:
        """The notes at a rule by the English name of their column, and its description and description_en."""
        if not 1 <= number <= len(self.rules):
            raise UnknownRule(self.grid.place, number=number, count=len(self.rules))
        return dict(self.rules[number - 1].annotations)

    def decide(self, scope: Scope) -> object:
        """The value of the table in a case."""
        return self.grid.decide(scope)

    def rule_of(self, scope: Scope) -> int:
        """The number of the rule that speaks first in a case; 0 where none matches."""
        return self.grid.settle(self.grid.hits(scope), scope).rule

    def bulk(self, columns: Mapping[str, Any], size: int) -> Bulk:
        """Decides `size` cases at once; columns by input name: numpy arrays, Coded or pandas categoricals."""
        return bulk(self.grid, columns, size)

    def sql(self, dialect: str = "duckdb") -> str:
        """The table as one CASE of rule numbers (-1 none, -2 a value refused), for duckdb or postgresql."""
        return sql(self.grid, dialect)

    def lint(self) -> list[Finding]:
        """Gaps, contradictions, dead and masked rules, each with examples."""
        return lint(self.grid)
