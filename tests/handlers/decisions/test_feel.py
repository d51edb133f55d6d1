"""What expressions and cells mean."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from handlers.decisions import DecisionProblem
from handlers.decisions.problems import (
    ArgumentCountWrong,
    CellIsEmpty,
    RangeDescends,
    UnexpectedCharacter,
    UnexpectedText,
    UnknownFunction,
    UnknownName,
)
from tests.handlers.decisions.build import answer, takes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 2 - 3", 5),
        ("2 ** 3 ** 2", 64),
        ("-2 ** 2", 4),
        ("0.1 + 0.2", Decimal("0.3")),
        ("1 / 3", Decimal("0.3333333333333333333333333333333333")),
        ("1 / 0", None),
        ("9 ** 9 ** 9 ** 9 ** 9", None),
        ('"a" + "b"', "ab"),
        ('1 + "b"', None),
        ("1 = 1.0", True),
        ('1 = "1"', None),
        ("null = null", True),
        ("1 = null", False),
        ("1 != null", True),
        ("null < 1", None),
        ("true and null", None),
        ("false and null", False),
        ("true or null", True),
        ("false or null", None),
        ("not(null)", None),
        ("not(false)", True),
        ("if 1 < 2 then 3 else 4", 3),
        ("if null then 3 else 4", 4),
        ("3 between 1 and 3", True),
        ("3 in (1..3)", False),
        ("3 in (1, 2, 3)", True),
        ("3 in ]1..3]", True),
        ("3 in [1..3[", False),
        ("4 in (< 3, > 3)", True),
        ("[1, 2]", [1, 2]),
        ("[1, true] = [1, 1]", False),
        ("count([1, 2])", 2),
        ("sum(1, 2, 3)", 6),
        ("sum([0.1, 0.2])", Decimal("0.3")),
        ('sum([1, "a"])', None),
        ("min([3, 1, 2])", 1),
        ("max(3, 1, 2)", 3),
        ("abs(-3)", 3),
        ("floor(-1.5)", -2),
        ("ceiling(1.2)", 2),
        ("modulo(-7, 3)", 2),
        ("modulo(7, 0)", None),
        ('contains("foobar", "ob")', True),
        ('starts with("foobar", "fo")', True),
        ('ends with("foobar", "fo")', False),
        ('string length("客户")', 2),
        ('upper case("aB")', "AB"),
        ('lower case("aB")', "ab"),
        ("string(1.50)", "1.50"),
        ("list contains([1, 2], 2)", True),
        ('date("2026-03-02") < date("2026-03-03")', True),
        ('@"2026-03-02" = date("2026-03-02")', True),
        (r'"a\"b\n\u4e2d"', 'a"b\n中'),
        ('"and"', "and"),
        (".5", Decimal("0.5")),
    ],
)
def test_an_expression_gives_what_the_standard_says(text: str, value: object) -> None:
    given = answer(text)
    assert given == value
    assert type(given) is type(value)


def test_names_may_have_blanks_and_be_chinese_and_the_longest_wins() -> None:
    assert answer("Monthly Salary * 12", {"Monthly Salary": 10, "Monthly": 1}) == 120
    assert answer("客户数 + 1", {"客户数": 2}) == 3
    assert answer("loan.rate + 1", {"loan": {"rate": 2}}) == 3
    assert answer("loan.none", {"loan": {"rate": 2}}) is None


@pytest.mark.parametrize(
    ("cell", "taken", "refused"),
    [
        ("-", [1, None, "a"], []),
        ("", [1, None, "a"], []),
        ("5", [5, 5.0, Decimal("5.00"), np.int8(5), np.float64(5)], [4, None]),
        ("< 5", [4.999], [5, None]),
        ("[1..5]", [1, 5, 3], [0, 6, None]),
        ("(1..5)", [2], [1, 5]),
        ("]1..5[", [2], [1, 5]),
        ("1, 3, > 7", [1, 3, 8], [2, 7, None]),
        ("not(1, 3)", [2, None], [1, 3]),
        ("not(< 5)", [5, None], [4]),
        ("!= 5", [4, None], [5]),
        ("null", [None], [0]),
        ("null, > 5", [None, 6], [5]),
        ('"a", "b"', ["a", "b"], ["c", None]),
        ('["a", "b"]', ["a", "b"], ["c"]),
        ('not("a")', ["b", None], ["a"]),
        ("? > 3 and ? < 5", [4], [3, 5, None]),
        ('? in ("a", "b")', ["a"], ["c"]),
        ('contains(?, "x")', ["axb"], ["ab", None]),
        ("true", [True], [False, None]),
        ('date("2026-03-02")', [dt.date(2026, 3, 2)], [dt.date(2026, 3, 3), None]),
        (">= 1 + 1", [2], [1]),
    ],
)
def test_a_cell_takes_its_values_and_no_other(cell: str, taken: list[object], refused: list[object]) -> None:
    assert [value for value in taken if not takes(cell, value)] == []
    assert [value for value in refused if takes(cell, value)] == []


def test_nan_and_nat_are_no_value() -> None:
    assert takes("null", float("nan"), "number")
    assert takes("null", pd.NaT, "date")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("H", UnknownName),
        ("> > 5", UnexpectedText),
        ("[1..", UnexpectedText),
        ("[5..1]", RangeDescends),
        ('["a"..5]', RangeDescends),
        ("“a”", UnexpectedCharacter),
        ("＞5", UnexpectedCharacter),
        ("1,", UnexpectedText),
        ("date(1)", CellIsEmpty),
        ('date("2026-02-30")', CellIsEmpty),
        ('@"yesterday"', UnexpectedText),
        ("1 / 0", CellIsEmpty),
        ("matches(?, 1)", UnknownFunction),
        ("abs(1, 2)", ArgumentCountWrong),
        ('"open', UnexpectedCharacter),
        ("if 1 then 2", UnexpectedText),
        ("__import__", UnknownName),
        ("a.", UnexpectedText),
        ("1 2", UnexpectedText),
        ("for x in [1] return x", UnexpectedText),
    ],
)
def test_a_wrong_cell_is_refused_when_loaded_and_told_where(
    text: str, problem: type[DecisionProblem]
) -> None:
    with pytest.raises(DecisionProblem) as caught:
        takes(text, 1)
    assert type(caught.value) is problem
    assert (caught.value.place.decision, caught.value.place.rule, caught.value.place.column) == ("d", 1, "v")
    assert str(caught.value).startswith("d › #1 › v: ")
