"""Tells on what a rule stands, cell by cell, so that a process owner can argue with it (requirement M).

A table may note at each rule its `basis`, and under `weak` and `derived` the combinations of inputs within it
that stand on less: one value an input in the order of the columns, - for any, semicolons between them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from handlers.decisions.model import Model

#: notes that list combinations, the weaker ground first
DOUBTS = ("derived", "weak")


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """One combination of inputs whose rule stands on less than the text of the source."""

    inputs: Mapping[str, str]
    #: weak or derived
    basis: str
    rule: int
    result: object


def basis(model: Model, decision_id: str, inputs: Mapping[str, object]) -> str:
    """On what the result of a case stands: text, weak or derived; empty where the table does not say."""
    rule = model.rule_of(decision_id, inputs)
    if not rule:
        return ""
    notes = model.annotations(decision_id, rule)
    given = [str(inputs.get(name)) for name in model.table(decision_id).inputs]
    for doubt in DOUBTS:
        if any(_matches(pattern, given) for pattern in _patterns(notes.get(doubt, ""))):
            return doubt
    return notes.get("basis", "")


def doubts(model: Model, decision_id: str) -> list[Doubt]:
    """Every combination that stands on less than the text, in the order of the rules: to be confirmed."""
    table = model.table(decision_id)
    columns = [_texts(model, decision_id, at) for at in range(len(table.inputs))]
    found = []
    for values in product(*columns):
        case = dict(zip(table.inputs, values, strict=True))
        ground = basis(model, decision_id, case)
        if ground in DOUBTS:
            rule, result = model.rule_of(decision_id, case), model.decide(decision_id, case)
            found.append(Doubt(inputs=case, basis=ground, rule=rule, result=result))
    return sorted(found, key=lambda doubt: doubt.rule)


def _texts(model: Model, decision_id: str, at: int) -> list[str]:
    regions = model.table(decision_id).grid.inputs[at].regions
    return [sample for sample in regions.samples if isinstance(sample, str)] if regions else []


def _patterns(text: str) -> list[list[str]]:
    return [part.split() for part in text.split(";") if part.strip()]


def _matches(pattern: list[str], given: list[str]) -> bool:
    return len(pattern) == len(given) and all(
        wanted in ("-", value) for wanted, value in zip(pattern, given, strict=True)
    )
