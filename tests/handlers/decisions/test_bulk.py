"""Millions of cases at once: the same answers as one by one, and no wrong value passes unseen."""

import datetime as dt
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pytest

from handlers.decisions import Coded, DecisionProblem
from handlers.decisions.problems import (
    BulkImpossible,
    BulkSizeWrong,
    BulkValueRefused,
    InputMissing,
    InputTypeWrong,
    NoRuleMatches,
    SqlImpossible,
)
from tests.handlers.decisions.build import only_table, table

AGES = only_table(
    table({"n": "number"}, [(["< 18"], ['"young"']), (["[18..60]"], ['"adult"']), (["> 60"], ['"old"'])])
)
COLOURS = only_table(
    table(
        {"s": "string"},
        [(['"red", "blue"'], ["1"]), (["-"], ["2"])],
        policy="FIRST",
        values={"s": '"red", "blue", "green"'},
    )
)


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.float32, np.float64])
def test_numbers_of_every_width_are_decided(kind: type) -> None:
    found = AGES.bulk({"n": np.array([17, 18, 60, 61], kind)}, 4)
    assert found.values.tolist() == ["young", "adult", "adult", "old"]
    assert found.rules.tolist() == [1, 2, 2, 3]
    assert found.count() == [("young", 1), ("adult", 2), ("old", 1)]


def test_a_narrow_float_is_compared_as_the_single_case_compares_it() -> None:
    built = table({"n": "number"}, [(["<= 0.1"], ["1"]), (["> 0.1"], ["2"])])
    value = np.float32(0.1)  # a little more than a tenth
    assert built.decide("d", {"n": value}) == 2
    assert only_table(built).bulk({"n": np.array([value])}, 1).values.tolist() == [2]


def test_nulls_are_nulls_however_they_come() -> None:
    built = only_table(table({"s": "string"}, [(["null"], ["0"]), (["not(null)"], ["1"])]))
    texts = np.array(["a", None, "b"], object)
    for given in (
        texts,
        pd.Categorical(texts),
        Coded(codes=np.array([0, -1, 1], np.int8), categories=["a", "b"]),
        np.array(["a", float("nan"), "b"], object),
    ):
        assert built.bulk({"s": given}, 3).values.tolist() == [1, 0, 1]
    number = only_table(table({"n": "number"}, [(["null"], ["0"]), (["not(null)"], ["1"])]))
    assert number.bulk({"n": np.array([1.0, np.nan])}, 2).values.tolist() == [1, 0]
    day = only_table(table({"t": "date"}, [(["null"], ["0"]), (["not(null)"], ["1"])]))
    assert day.bulk({"t": np.array(["2026-03-02", "NaT"], "datetime64[ns]")}, 2).values.tolist() == [1, 0]


def test_objects_booleans_and_dates_are_decided() -> None:
    built = only_table(
        table(
            {"b": "boolean", "n": "number", "t": "date"},
            [(["true", "> 0.5", '>= date("2026-03-02")'], ["1"]), (["-", "-", "-"], ["2"])],
            policy="FIRST",
        )
    )
    columns = {
        "b": np.array([True, True, False, True]),
        "n": np.array([Decimal("0.6"), 1, 1.5, None], object),
        "t": np.array([dt.date(2026, 3, 2), "2026-03-03", dt.date(2026, 3, 3), dt.date(2026, 3, 3)], object),
    }
    assert built.bulk(columns, 4).values.tolist() == [1, 1, 2, 2]


def test_a_value_that_is_not_allowed_is_counted_and_refused() -> None:
    with pytest.raises(BulkValueRefused, match=r"d › s: 3 rows of the input s .* for example pink"):
        COLOURS.bulk({"s": np.array(["red", "pink", "pink", "lila"], object)}, 4)
    with pytest.raises(BulkValueRefused, match="1 rows"):
        COLOURS.bulk({"s": pd.Categorical(["red", "pink", "blue"])}, 3)
    assert COLOURS.bulk({"s": pd.Categorical(["red"], categories=["red", "pink"])}, 1).values.tolist() == [1]


def test_numbers_out_of_bounds_broken_and_infinite_are_counted_and_refused() -> None:
    bounded = only_table(table({"n": "integer"}, [(["-"], ["1"])], values={"n": "[0..9]"}))
    assert bounded.bulk({"n": np.array([0.0, 9.0])}, 2).values.tolist() == [1, 1]
    for wrong in (-1, 10, 2.5, np.inf):
        with pytest.raises(BulkValueRefused, match="2 rows"):
            bounded.bulk({"n": np.array([1, wrong, wrong])}, 3)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (np.array(["17"], object), InputTypeWrong),
        (np.array([True]), InputTypeWrong),
        (np.array([1, True], object)[1:], InputTypeWrong),
        (np.array(["2026-03-02"], "datetime64[D]"), InputTypeWrong),
        (np.array([1, 2]), BulkSizeWrong),
    ],
)
def test_a_column_of_another_kind_or_length_is_refused(given: object, problem: type[DecisionProblem]) -> None:
    with pytest.raises(problem):
        AGES.bulk({"n": given}, 1)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputMissing, match="the input n is missing"):
        AGES.bulk({}, 1)


def test_cells_and_outputs_that_see_the_case_cannot_be_decided_in_bulk() -> None:
    looking = table({"n": "number", "m": "number"}, [(["> m", "-"], ["1"])])
    with pytest.raises(BulkImpossible, match="d › n"):
        only_table(looking).bulk({"n": np.array([1]), "m": np.array([1])}, 1)
    with pytest.raises(BulkImpossible):
        only_table(table({"n": "number"}, [(["-"], ["n + 1"])])).bulk({"n": np.array([1])}, 1)


def test_a_refused_case_is_refused_in_bulk_when_its_value_is_wanted() -> None:
    built = only_table(table({"n": "number"}, [(["> 0"], ["1"])]))
    found = built.bulk({"n": np.array([1, 0, 0])}, 3)
    assert found.rules.tolist() == [1, -1, -1]
    assert {type(result): count for result, count in found.count()} == {int: 1, NoRuleMatches: 2}
    with pytest.raises(NoRuleMatches):
        _ = found.values


def test_lists_come_as_lists() -> None:
    built = only_table(table({"n": "number"}, [(["> 0"], ["1"]), (["> 5"], ["2"])], policy="RULE ORDER"))
    assert built.bulk({"n": np.array([1, 6, 0])}, 3).values.tolist() == [[1], [1, 2], []]


def test_nothing_is_decided_for_nobody() -> None:
    assert AGES.bulk({"n": np.array([], np.int64)}, 0).values.tolist() == []


def test_a_thousand_breakpoints_are_found_by_search() -> None:
    rules = [([f"[{low}..{low + 1})"], [str(low)]) for low in range(1000)]
    built = table({"n": "number"}, rules)
    assert built.lint()[0].fields["examples"] == "n: < 0; n: 1000; n: > 1000"
    values = np.random.default_rng(1).uniform(0, 1000, 20_000)
    found = only_table(built).bulk({"n": values}, len(values))
    assert np.array_equal(found.rules, np.floor(values) + 1)
    whole = np.arange(1000)
    assert np.array_equal(only_table(built).bulk({"n": whole}, 1000).rules, whole + 1)


def test_many_columns_are_combined_without_a_table_of_all_combinations() -> None:
    names = {f"c{number}": "string" for number in range(12)}
    rules = [(['"x"' if number == at else "-" for number in range(12)], [str(at)]) for at in range(12)]
    built = only_table(table(names, [*rules, (["-"] * 12, ["99"])], policy="FIRST"))
    rows = np.random.default_rng(2).random((12, 5000)) < 0.1
    columns = {name: np.where(rows[at], "x", "y").astype(object) for at, name in enumerate(names)}
    first = np.where(rows.any(axis=0), rows.argmax(axis=0), 99)
    assert np.array_equal(built.bulk(columns, 5000).values.astype(int), first)


def test_sql_says_refused_and_unmatched_apart() -> None:
    values = "(VALUES ('red'), ('pink'), (NULL)) AS t(s)"
    rows = duckdb.execute(f"SELECT {COLOURS.sql()} FROM {values}").fetchall()
    assert [row[0] for row in rows] == [1, -2, 2]
    gap = only_table(table({"s": "string"}, [(['"it\'s"'], ["1"])]))
    case = gap.sql("postgresql")
    rows = duckdb.execute(f"SELECT {case} FROM (VALUES ('it''s'), ('a')) AS t(s)").fetchall()
    assert [row[0] for row in rows] == [1, -1]


def test_sql_is_refused_where_one_rule_is_not_the_answer() -> None:
    rules = [(["> 0"], ["1"]), (["> 5"], ["2"])]
    for built in (table({"n": "number"}, rules), table({"n": "number"}, rules, policy="COLLECT")):
        with pytest.raises(SqlImpossible):
            only_table(built).sql()
    with pytest.raises(SqlImpossible, match="oracle"):
        AGES.sql("oracle")
    with pytest.raises(BulkImpossible):
        only_table(table({"s": "string", "upper case(s)": "string"}, [(["-", "-"], ["1"])])).sql()
