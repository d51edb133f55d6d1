"""Random tables: one case, many and SQL agree, and the checks announce every gap and overlap a case meets."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.decisions import DecisionProblem, Model
from handlers.decisions.policy import bits
from handlers.decisions.problems import NoRuleMatches, SeveralRulesMatch, SqlImpossible
from handlers.decisions.scope import Scope
from handlers.decisions.values import normalise
from tests.handlers.decisions.build import only_table, table

KINDS = {"n": "number", "i": "integer", "s": "string", "b": "boolean", "t": "date"}
POLICIES = [
    ("UNIQUE", ""),
    ("FIRST", ""),
    ("ANY", ""),
    ("PRIORITY", ""),
    ("RULE ORDER", ""),
    ("OUTPUT ORDER", ""),
    ("COLLECT", ""),
    ("COLLECT", "SUM"),
    ("COLLECT", "MIN"),
    ("COLLECT", "MAX"),
    ("COLLECT", "COUNT"),
]
NUMBERS = st.sampled_from(["-1", "0", "1", "2", "2.5", "3", "5"])
WHOLE = st.sampled_from(["-1", "0", "1", "2", "3", "5"])
TEXTS = st.sampled_from(['"A"', '"B"', '"C"', '"D"'])
DATES = st.sampled_from([f'date("2026-0{month}-{day}")' for month in (1, 2, 3) for day in ("01", "02")])


def ordered_cells(bounds: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Cells of a column whose values have an order."""
    signs = st.sampled_from(["<", "<=", ">", ">=", "=", "!=", ""])
    single = st.builds("{} {}".format, signs, bounds)
    pair = st.tuples(bounds, bounds).map(lambda ends: sorted(ends, key=_key))
    span = st.builds(
        lambda opening, ends, closing: f"{opening}{ends[0]}..{ends[1]}{closing}",
        st.sampled_from("[(]"),
        pair,
        st.sampled_from("])["),
    )
    test = st.one_of(single, span, st.just("null"))
    tests = st.lists(test, min_size=1, max_size=3).map(", ".join)
    return st.one_of(st.just("-"), tests, tests.map("not({})".format))


def _key(text: str) -> tuple[Decimal, str]:
    return (Decimal(0), text) if text.startswith("date") else (Decimal(text), "")


NAMED = st.lists(st.one_of(TEXTS, st.just("null")), min_size=1, max_size=3).map(", ".join)
CELLS = {
    "n": ordered_cells(NUMBERS),
    "i": ordered_cells(WHOLE),
    "s": st.one_of(st.just("-"), NAMED, NAMED.map("not({})".format), TEXTS.map("!= {}".format)),
    "b": st.sampled_from(["-", "true", "false", "not(true)", "null", "? = true or ? = null"]),
    "t": ordered_cells(DATES),
}
VALUES: Mapping[str, st.SearchStrategy[object]] = {
    "n": st.sampled_from([None, -2, -1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4.0, 5, 9]),
    "i": st.sampled_from([None, -2, -1, 0, 1, 2, 3, 4, 5, 9]),
    "s": st.sampled_from([None, "A", "B", "C", "D", "Z"]),
    "b": st.sampled_from([None, True, False]),
    "t": st.sampled_from([None, *(dt.date(2026, month, day) for month in (1, 2, 3, 4) for day in (1, 2, 3))]),
}


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A random table and the cases put to it."""

    built: Model = field(repr=False)
    policy: str
    names: list[str]
    cases: list[dict[str, object]]


@st.composite
def trials(draw: st.DrawFn) -> Trial:
    names = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4, unique=True))
    policy, aggregation = draw(st.sampled_from(POLICIES))
    outputs = st.sampled_from(["1", "2", "3"])
    rule = st.tuples(st.tuples(*(CELLS[name] for name in names)), st.tuples(outputs))
    rules = draw(st.lists(rule, min_size=1, max_size=6))
    built = table(
        {name: KINDS[name] for name in names},
        rules,
        policy=policy,
        aggregation=aggregation,
        values={"out": "2, 3, 1"},
        default=draw(st.sampled_from(["", "", "3"])),
    )
    case = st.fixed_dictionaries({name: VALUES[name] for name in names})
    return Trial(built=built, policy=policy, names=names, cases=draw(st.lists(case, min_size=1, max_size=20)))


def taken(trial: Trial, case: dict[str, object]) -> object:
    """The answer in one case, or the kind of refusal."""
    try:
        return trial.built.decide("d", case)
    except DecisionProblem as problem:
        return type(problem)


def by_hand(trial: Trial, case: dict[str, object]) -> int:
    """The matching rules, every cell asked for itself."""
    values = [normalise(case[name]) for name in trial.names]
    return sum(
        1 << rule.number - 1
        for rule in only_table(trial.built).rules
        if all(cell.holds(value, Scope()) for cell, value in zip(rule.cells, values, strict=True))
    )


def columns(trial: Trial) -> dict[str, object]:
    frame = pd.DataFrame(trial.cases, dtype=object)
    found: dict[str, object] = {name: frame[name].to_numpy() for name in trial.names}
    for name in {"n", "i"} & found.keys():
        found[name] = np.array([np.nan if case[name] is None else case[name] for case in trial.cases], float)
    if "t" in found:
        found["t"] = np.array([case["t"] for case in trial.cases], "datetime64[D]")
    return found


FAST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FAST
@given(trials())
def test_the_regions_find_the_rules_their_cells_take(trial: Trial) -> None:
    grid = only_table(trial.built).grid
    for case in trial.cases:
        scope = Scope(values={name: normalise(value) for name, value in case.items()})
        assert bits(grid.hits(scope)) == bits(by_hand(trial, case))


@FAST
@given(trials())
def test_many_cases_at_once_come_out_like_one_by_one(trial: Trial) -> None:
    found = only_table(trial.built).bulk(columns(trial), len(trial.cases))
    for row, case in enumerate(trial.cases):
        result = found.results[found.codes[row]]
        assert (type(result) if isinstance(result, DecisionProblem) else result) == taken(trial, case)
        if not isinstance(result, DecisionProblem):
            assert max(found.rules[row], 0) == trial.built.rule_of("d", case)


CONNECTION = duckdb.connect()
SQL_TYPES = {"n": "DOUBLE", "i": "DOUBLE", "s": "VARCHAR", "b": "BOOLEAN", "t": "DATE"}


def literal(name: str, value: object) -> str:
    shown = "NULL" if value is None else f"'{value}'"
    return f"CAST({shown} AS {SQL_TYPES[name]})"


@FAST
@given(trials())
def test_sql_names_the_rule_that_speaks_in_one_case(trial: Trial) -> None:
    try:
        case_expression = only_table(trial.built).sql()
    except SqlImpossible:
        assert trial.policy not in ("FIRST", "PRIORITY")
        return
    rows = ", ".join(
        f"({number}, {', '.join(literal(name, case[name]) for name in trial.names)})"
        for number, case in enumerate(trial.cases)
    )
    table_of_cases = f"(VALUES {rows}) AS t(number, {', '.join(trial.names)})"
    query = f"SELECT {case_expression} FROM {table_of_cases} ORDER BY number"
    for (rule,), case in zip(CONNECTION.execute(query).fetchall(), trial.cases, strict=True):
        assert rule == (_speaker(trial, case) or -1)


def _speaker(trial: Trial, case: dict[str, object]) -> int:
    try:
        return trial.built.rule_of("d", case)
    except NoRuleMatches:
        return 0


@FAST
@given(trials())
def test_the_checks_announce_every_gap_and_overlap_a_case_meets(trial: Trial) -> None:
    findings = trial.built.lint()
    kinds = {finding.kind for finding in findings}
    dead = {rule for finding in findings if finding.kind == "dead_rule" for rule in finding.rules}
    masked = {rule for finding in findings if finding.kind == "masked_rule" for rule in finding.rules}
    for case in trial.cases:
        result = taken(trial, case)
        if result is NoRuleMatches and None not in case.values() and trial.policy != "COLLECT":
            assert "gap" in kinds
        if result is SeveralRulesMatch:
            hits = tuple(hit + 1 for hit in bits(by_hand(trial, case)))
            assert hits in {finding.rules for finding in findings if finding.kind == "overlap"}
        if None not in case.values():
            assert not dead & {hit + 1 for hit in bits(by_hand(trial, case))}
        if isinstance(result, int) and trial.policy in ("FIRST", "PRIORITY"):
            assert trial.built.rule_of("d", case) not in masked
