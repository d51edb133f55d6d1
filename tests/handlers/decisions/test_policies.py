"""How many rules may match, and whose outputs count."""

from decimal import Decimal

import pytest

from handlers.decisions import DecisionProblem
from handlers.decisions.problems import (
    CellCountWrong,
    CellNotAllowed,
    CellTypeWrong,
    ColumnWanted,
    NoRuleMatches,
    NothingToAggregate,
    OneOutputWanted,
    OutputWrong,
    PriorityWanted,
    RulesDisagree,
    SeveralRulesMatch,
    UnknownAggregation,
    UnknownHitPolicy,
    UnknownType,
)
from tests.handlers.decisions.build import only_table, table

#: > 0, > 5, > 9: one more rule each time
STAIRS = [(["> 0"], ["2"]), (["> 5"], ["1"]), (["> 9"], ["3"])]
ORDER = {"out": "3, 1, 2"}


def decide(value: int, policy: str, aggregation: str = "", default: str = "") -> object:
    built = table(
        {"v": "number"}, STAIRS, policy=policy, aggregation=aggregation, values=ORDER, default=default
    )
    return built.decide("d", {"v": value})


@pytest.mark.parametrize(
    ("policy", "aggregation", "one", "two", "three"),
    [
        ("FIRST", "", 2, 2, 2),
        ("F", "", 2, 2, 2),
        ("PRIORITY", "", 2, 1, 3),
        ("RULE ORDER", "", [2], [2, 1], [2, 1, 3]),
        ("OUTPUT ORDER", "", [2], [1, 2], [3, 1, 2]),
        ("COLLECT", "", [2], [2, 1], [2, 1, 3]),
        ("COLLECT", "SUM", 2, 3, 6),
        ("COLLECT", "MIN", 2, 1, 1),
        ("COLLECT", "MAX", 2, 2, 3),
        ("COLLECT", "COUNT", 1, 2, 3),
    ],
)
def test_the_policy_says_whose_outputs_count(
    policy: str, aggregation: str, one: object, two: object, three: object
) -> None:
    assert [decide(value, policy, aggregation) for value in (1, 6, 10)] == [one, two, three]


def test_unique_refuses_two_rules_and_names_them() -> None:
    assert decide(1, "UNIQUE") == 2
    with pytest.raises(SeveralRulesMatch, match="1, 2 match"):
        decide(6, "UNIQUE")


def test_any_wants_the_rules_to_agree() -> None:
    rules = [(["> 0"], ["1"]), (["> 5"], ["1"]), (["> 9"], ["2"])]
    built = table({"v": "number"}, rules, policy="ANY")
    assert built.decide("d", {"v": 6}) == 1
    with pytest.raises(RulesDisagree, match="1, 2, 3"):
        built.decide("d", {"v": 10})


def test_no_rule_is_an_error_an_empty_list_a_count_of_none_or_the_default() -> None:
    for policy, aggregation in (("UNIQUE", ""), ("FIRST", ""), ("PRIORITY", ""), ("COLLECT", "SUM")):
        with pytest.raises(NoRuleMatches):
            decide(0, policy, aggregation)
    assert decide(0, "RULE ORDER") == []
    assert decide(0, "COLLECT", "COUNT") == 0
    assert decide(0, "FIRST", default="3") == 3
    assert decide(0, "COLLECT", default="3") == [3]


def test_several_outputs_come_by_name() -> None:
    rules = [(["> 0"], ["1", '"a"']), (["> 5"], ["2", "null"])]
    single = table({"v": "number"}, rules[:1], outputs=("n", "t"))
    listed = table({"v": "number"}, rules, outputs=("n", "t"), policy="RULE ORDER")
    assert single.decide("d", {"v": 1}) == {"n": 1, "t": "a"}
    assert listed.decide("d", {"v": 6}) == [{"n": 1, "t": "a"}, {"n": 2, "t": None}]


def test_outputs_may_calculate_from_the_inputs() -> None:
    built = table({"v": "number"}, [(["> 0"], ["v * 2"])])
    assert built.decide("d", {"v": 0.1}) == Decimal("0.2")
    assert built.decide("d", {"v": 3}) == 6


def test_a_sum_over_an_empty_output_is_refused() -> None:
    built = table({"v": "number"}, [(["-"], ["1"]), (["-"], [""])], policy="COLLECT", aggregation="SUM")
    with pytest.raises(NothingToAggregate, match="1, 2"):
        built.decide("d", {"v": 1})


@pytest.mark.parametrize(
    ("problem", "arguments"),
    [
        (UnknownHitPolicy, {"policy": "BEST"}),
        (UnknownAggregation, {"policy": "FIRST", "aggregation": "SUM"}),
        (UnknownAggregation, {"policy": "COLLECT", "aggregation": "MEAN"}),
        (PriorityWanted, {"policy": "PRIORITY"}),
        (PriorityWanted, {"policy": "OUTPUT ORDER"}),
        (OutputWrong, {"values": {"out": "1, 2"}}),
        (OutputWrong, {"values": {"out": "1, 2, 3"}, "default": "4"}),
        (ColumnWanted, {"outputs": ()}),
        (CellCountWrong, {"outputs": ("a", "b")}),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_when_loaded(
    problem: type[DecisionProblem], arguments: dict[str, object]
) -> None:
    with pytest.raises(problem):
        table({"v": "number"}, STAIRS, **arguments)  # type: ignore[arg-type]


def test_an_aggregation_needs_one_output() -> None:
    with pytest.raises(OneOutputWanted):
        table({"v": "number"}, [], outputs=("a", "b"), policy="COLLECT", aggregation="SUM")


@pytest.mark.parametrize(
    ("problem", "kind", "cell", "values"),
    [
        (CellTypeWrong, "number", '"a"', {}),
        (CellTypeWrong, "string", "> 5", {}),
        (CellTypeWrong, "boolean", "1", {}),
        (CellNotAllowed, "string", '"c"', {"v": '"a", "b"'}),
        (CellTypeWrong, "number", "1", {"v": '"a"'}),
        (UnknownType, "money", "1", {}),
    ],
)
def test_a_cell_that_does_not_fit_its_column_is_refused_when_loaded(
    problem: type[DecisionProblem], kind: str, cell: str, values: dict[str, str]
) -> None:
    with pytest.raises(problem):
        table({"v": kind}, [([cell], ["1"])], values=values)


def test_a_rule_is_told_by_its_number() -> None:
    built = table({"v": "number"}, STAIRS, policy="PRIORITY", values=ORDER)
    assert [built.rule_of("d", {"v": value}) for value in (1, 6, 10)] == [1, 2, 3]
    assert only_table(built).policy == "PRIORITY"
