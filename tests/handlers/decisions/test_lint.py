"""What the checks find before a table is used."""

import pytest

from handlers.decisions import Model
from tests.handlers.decisions.build import table


def said(built: Model) -> list[str]:
    return [str(finding) for finding in built.lint()]


def test_a_gap_is_told_with_an_example() -> None:
    built = table({"n": "number", "s": "string"}, [(["< 5", '"a"'], ["1"]), (["> 5", "-"], ["2"])])
    (found,) = built.lint()
    assert (found.kind, found.severity, found.fields["count"]) == ("gap", "warning", 3)
    assert found.fields["examples"] == 'n: < 5, s: not("a"); n: 5'
    assert str(found) == (
        'd: no rule takes 3 combinations, for example: n: < 5, s: not("a"); n: 5. '
        "Add a rule or default outputs."
    )


def test_a_default_or_a_list_leaves_no_gap() -> None:
    rules = [(["< 5"], ["1"])]
    assert said(table({"n": "number"}, rules, default="3")) == []
    assert said(table({"n": "number"}, rules, policy="RULE ORDER")) == []


def test_allowed_values_close_a_gap() -> None:
    rules = [(['"a"'], ["1"]), (['"b"'], ["2"])]
    assert len(said(table({"s": "string"}, rules))) == 1
    assert said(table({"s": "string"}, rules, values={"s": '"a", "b"'})) == []
    assert said(table({"n": "number"}, [(["[0..9]"], ["1"])], values={"n": "[0..9]"})) == []


def test_whole_numbers_and_dates_have_no_gap_between_neighbours() -> None:
    rules = [(["<= 17"], ["1"]), ([">= 18"], ["2"])]
    assert said(table({"n": "integer"}, rules)) == []
    assert "n: (17..18)" in said(table({"n": "number"}, rules))[0]
    days = [(['<= date("2026-03-02")'], ["1"]), (['>= date("2026-03-03")'], ["2"])]
    assert said(table({"t": "date"}, days)) == []


def test_an_overlap_names_the_rules_and_an_example() -> None:
    built = table({"n": "number"}, [(["<= 5"], ["1"]), ([">= 5"], ["2"])])
    (found,) = built.lint()
    assert (found.kind, found.severity, found.rules, found.element) == ("overlap", "error", (1, 2), "r2")
    assert str(found).startswith("d: the rules 1, 2 match together, for example: n: 5.")


def test_rules_that_agree_are_no_conflict_under_any() -> None:
    same = [(["<= 5"], ["1"]), ([">= 5"], ["1"])]
    other = [(["<= 5"], ["1"]), ([">= 5"], ["2"])]
    assert said(table({"n": "number"}, same, policy="ANY")) == []
    assert [found.kind for found in table({"n": "number"}, other, policy="ANY").lint()] == ["conflict"]


def test_an_overlap_at_null_is_found_though_null_is_no_gap() -> None:
    built = table({"s": "string"}, [(['not("a")'], ["1"]), (['"a", null'], ["2"])])
    (found,) = built.lint()
    assert found.fields["examples"] == "s: null"


def test_a_rule_no_value_reaches_and_one_always_behind_others_are_told() -> None:
    dead = table({"s": "string"}, [(['"a"'], ["1"]), (['not("a", "b")'], ["2"])], values={"s": '"a", "b"'})
    assert [(found.kind, found.rules) for found in dead.lint()] == [("gap", ()), ("dead_rule", (2,))]
    first = table({"n": "number"}, [(["-"], ["1"]), (["> 5"], ["2"])], policy="FIRST")
    assert [(found.kind, found.rules) for found in first.lint()] == [("masked_rule", (2,))]
    rules = [(["> 5"], ["2"]), (["-"], ["1"])]
    rank = table({"n": "number"}, rules, policy="PRIORITY", values={"out": "1, 2"})
    assert [(found.kind, found.rules) for found in rank.lint()] == [("masked_rule", (1,))]


def test_a_cell_that_must_see_the_case_cannot_be_checked_and_says_so() -> None:
    built = table({"n": "number", "limit": "number"}, [(["> limit", "-"], ["1"])])
    (found,) = built.lint()
    assert (found.kind, found.fields["where"]) == ("not_checked", "d › n")
    assert built.decide("d", {"n": 2, "limit": 1}) == 1


def test_questions_about_listed_values_are_checked() -> None:
    built = table({"s": "string"}, [(['? in ("a", "b")'], ["1"])], values={"s": '"a", "b", "c"'})
    assert [found.fields["examples"] for found in built.lint()] == ['s: "c"']


@pytest.mark.parametrize("columns", [20, 40])
def test_a_wide_table_is_walked_though_its_combinations_are_countless(columns: int) -> None:
    names = {f"c{number}": "boolean" for number in range(columns)}
    rules = [(["true" if number == at else "-" for number in range(columns)], ["1"]) for at in range(8)]
    built = table(names, rules, policy="FIRST")
    (gap,) = built.lint()
    assert gap.fields["count"] == 2 ** (columns - 8)
