"""A file of decisions: what stands on what, what comes in, what goes out."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from hashlib import sha256

import numpy as np
import pytest

from handlers.decisions import DecisionProblem, Label, Library, load
from handlers.decisions.problems import (
    DecisionCycle,
    InputMissing,
    InputNotAllowed,
    InputTypeWrong,
    NameTaken,
    NameWanted,
    NoLogic,
    NotATable,
    NotSupported,
    OutputWrong,
    UnknownDecision,
    UnknownDigest,
    UnknownRule,
    UnknownType,
)
from tests.handlers.decisions.build import decision, expression, file, logic, model, table

NEEDS = '<informationRequirement><requiredInput href="#x"/></informationRequirement>'
SCORE = decision(NEEDS + expression("age * 2"), "score")
GRADES = [(["> 40"], ['"high"']), (["<= 40"], ['"low"'])]
GRADE = decision(NEEDS + logic({"score": "number"}, GRADES), "grade")
AGE = '<inputData id="in_age" name="age"><variable name="age" typeRef="number"/></inputData>'


def test_a_decision_takes_those_it_stands_on_first() -> None:
    built = model(GRADE, SCORE, AGE)
    assert built.decide("grade", {"age": 21}) == "high"
    assert built.inputs("grade") == ("age",)
    assert built.ids == ("grade", "score")


def test_old_data_never_stands_in_for_a_decision() -> None:
    assert model(GRADE, SCORE, AGE).decide("grade", {"age": 1, "score": 99}) == "low"


def test_decisions_that_wait_for_each_other_are_refused_when_loaded() -> None:
    with pytest.raises(DecisionCycle, match=r"a → b → a|b → a → b"):
        model(decision(expression("b"), "a"), decision(expression("a"), "b"))


def function(name: str, body: str, *parameters: str) -> str:
    formal = "".join(f'<formalParameter name="{parameter}"/>' for parameter in parameters)
    return (
        f'<businessKnowledgeModel id="{name}" name="{name}">'
        f"<encapsulatedLogic>{formal}{body}</encapsulatedLogic></businessKnowledgeModel>"
    )


def test_knowledge_is_called_like_a_function_be_it_an_expression_or_a_table() -> None:
    double = function("double", expression("x * 2"), "x")
    size = function("size", logic({"x": "number"}, [(["> 5"], ['"big"']), (["<= 5"], ['"small"'])]), "x")
    built = model(double, size, AGE, decision(expression("size(double(age))")))
    assert [built.decide("d", {"age": age}) for age in (2, 3)] == ["small", "big"]


def test_knowledge_sees_its_parameters_and_nothing_else() -> None:
    with pytest.raises(DecisionProblem, match="age is not known"):
        model(function("peek", expression("age"), "x"), AGE, decision(expression("peek(1)")))


def test_a_missing_input_is_named() -> None:
    with pytest.raises(InputMissing, match="the input age is missing") as caught:
        model(GRADE, SCORE, AGE).decide("grade", {"agee": 1})
    assert caught.value.fields["name"] == "age"


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        ("number", "5", InputTypeWrong),
        ("number", True, InputTypeWrong),
        ("number", float("inf"), InputTypeWrong),
        ("string", 5, InputTypeWrong),
        ("boolean", 1, InputTypeWrong),
        ("integer", 2.5, InputTypeWrong),
        ("date", "yesterday", InputTypeWrong),
        ("date", dt.datetime(2026, 3, 2, tzinfo=dt.UTC), InputTypeWrong),
        ("string", object(), InputTypeWrong),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_not_overlooked(
    kind: str, value: object, problem: type[DecisionProblem]
) -> None:
    with pytest.raises(problem, match="the input v must be"):
        table({"v": kind}, [(["-"], ["1"])]).decide("d", {"v": value})


def test_a_column_without_a_type_takes_the_type_of_its_cells() -> None:
    built = table({"v": ""}, [(["> 5"], ["1"]), (["<= 5"], ["2"])])
    assert built.decide("d", {"v": 6}) == 1
    with pytest.raises(InputTypeWrong):
        built.decide("d", {"v": "6"})


def test_a_column_nobody_looks_at_takes_anything() -> None:
    built = table({"v": ""}, [(["-"], ["1"])])
    assert [built.decide("d", {"v": value}) for value in (1, "a", None, [1], {"a": 1})] == [1] * 5


def test_a_value_that_is_not_allowed_is_refused() -> None:
    allowed = {"v": '"a", "b"', "n": "[0..9]"}
    built = table({"v": "string", "n": "number"}, [(["-", "-"], ["1"])], values=allowed)
    assert built.decide("d", {"v": "a", "n": 9}) == 1
    with pytest.raises(InputNotAllowed, match=r'the input v = "c" is not allowed\. Allowed: "a", "b"'):
        built.decide("d", {"v": "c", "n": 0})
    with pytest.raises(InputNotAllowed, match="n = 10"):
        built.decide("d", {"v": "a", "n": 10})


def test_numbers_of_numpy_and_iso_dates_come_in() -> None:
    built = table({"n": "number", "t": "date"}, [([">= 1", '>= date("2026-03-02")'], ["n"])])
    assert built.decide("d", {"n": np.int16(3), "t": "2026-03-02"}) == 3
    assert built.decide("d", {"n": np.float64(1.5), "t": dt.date(2026, 3, 2)}) == Decimal("1.5")


def test_a_moment_is_compared_case_by_case() -> None:
    built = table({"m": "dateTime"}, [(['> date and time("2026-03-02T09:00:00")'], ["1"])], policy="COLLECT")
    assert built.decide("d", {"m": dt.datetime(2026, 3, 2, 9, 0, 1)}) == [1]  # noqa: DTZ001
    assert built.decide("d", {"m": dt.datetime(2026, 3, 2, 9, 0, 1, tzinfo=dt.UTC)}) == []


ITEM = (
    '<itemDefinition name="tState"><typeRef>string</typeRef>'
    '<allowedValues><text>"on", "off"</text></allowedValues></itemDefinition>'
)


def test_a_type_the_file_defines_holds_for_inputs_and_columns() -> None:
    given = '<inputData id="i" name="s"><variable name="s" typeRef="tState"/></inputData>'
    built = model(ITEM, given, decision(NEEDS + expression('"is " + s')))
    assert built.decide("d", {"s": "on"}) == "is on"
    with pytest.raises(InputNotAllowed):
        built.decide("d", {"s": "broken"})
    with pytest.raises(DecisionProblem, match="not among the allowed values"):
        model(ITEM, decision(logic({"s": "tState"}, [(['"broken"'], ["1"])])))


@pytest.mark.parametrize(
    ("problem", "elements"),
    [
        (NameTaken, [SCORE, SCORE]),
        (NameWanted, ["<decision/>"]),
        (NoLogic, [decision("")]),
        (NoLogic, ['<businessKnowledgeModel name="b"/>']),
        (NotSupported, [decision("<context/>")]),
        (NotSupported, [decision(logic({"v": "time"}, []))]),
        (UnknownType, ['<inputData name="a"><variable typeRef="tNone"/></inputData>']),
    ],
)
def test_a_file_that_cannot_be_run_is_refused_when_loaded(
    problem: type[DecisionProblem], elements: list[str]
) -> None:
    with pytest.raises(problem):
        model(*elements)


def test_a_drawn_input_is_not_guessed() -> None:
    with pytest.raises(DecisionProblem, match="agee is not known"):
        model(AGE, decision(NEEDS + logic({"agee": "number"}, [(["-"], ["1"])])))


def test_unknown_decisions_rules_and_tables_are_named() -> None:
    built = model(SCORE, AGE)
    with pytest.raises(UnknownDecision, match=r"no decision nothing here\. Known: score"):
        built.decide("nothing", {})
    with pytest.raises(NotATable):
        built.table("score")
    with pytest.raises(UnknownRule, match="no rule 3; the table has 2"):
        model(GRADE, SCORE, AGE).annotations("grade", 3)


def test_labels_have_english_twins_and_annotations_their_keys() -> None:
    xml = (
        '<decision id="d" name="决定" xmlns:b="http://bihuan.org/schema/1.0" b:name_en="Decision">'
        '<decisionTable><extensionElements><b:note name="依据" name_en="basis"/></extensionElements>'
        '<input label="年龄" b:name_en="Age">'
        "<inputExpression><text>age</text></inputExpression></input>"
        '<output name="age" label="结果"/><annotation name="依据"/>'
        '<rule b:name_en="All"><description>全部</description><inputEntry><text>-</text></inputEntry>'
        "<outputEntry><text>1</text></outputEntry><annotationEntry><text>text</text></annotationEntry></rule>"
        "</decisionTable></decision>"
    )
    built = model(xml)
    assert built.title("d") == Label(zh="决定", en="Decision")
    assert built.labels("d") == {"age": Label(zh="年龄", en="Age"), "output:age": Label(zh="结果", en="结果")}
    assert built.annotations("d", 1) == {"basis": "text", "description": "全部", "description_en": "All"}
    assert built.outputs("d") == ("age",)


def test_a_library_answers_with_plain_values_to_merge() -> None:
    library = Library()
    rules = [(["> 0"], ["v / 4"]), (["> 5"], ["null"])]
    one = library.add(file(decision(logic({"v": "number"}, rules[:1]))))
    two = library.add(file(decision(logic({"v": "number"}, rules[:1], outputs=("a",)))))
    listed = library.add(file(decision(logic({"v": "number"}, rules, policy="RULE ORDER"))))
    plain = library.add(file(AGE, decision(expression('date("2026-03-02")'))))
    assert library.decide(one, "d", {"v": 5, "more": object()}) == {"out": 1.25}
    assert type(library.decide(one, "d", {"v": 4})["out"]) is int
    assert library.decide(two, "d", {"v": 4}) == {"a": 1}
    assert library.decide(listed, "d", {"v": 6}) == {"d": [1.5, None]}
    assert library.decide(plain, "d", {}) == {"d": "2026-03-02"}


def test_a_number_json_cannot_hold_is_refused() -> None:
    library = Library()
    with pytest.raises(OutputWrong):
        library.decide(library.add(file(decision(expression("10 ** 400")))), "d", {})


def test_a_library_knows_a_file_by_its_digest_and_fetches_what_it_lacks() -> None:
    xml = file(decision(expression("1")))
    digest = sha256(xml).hexdigest()
    assert Library().add(xml) == digest
    assert Library(fetch={digest: xml}.get).decide(digest, "d", {}) == {"d": 1}
    with pytest.raises(UnknownDigest, match=digest):
        Library().model(digest)
    with pytest.raises(UnknownDigest):
        Library(fetch=lambda wanted: file()).model(digest)


def test_threads_share_a_model() -> None:
    built = load(file(GRADE, SCORE, AGE))

    def work(start: int) -> list[object]:
        return [built.decide("grade", {"age": age}) for age in range(start, start + 100)]

    with ThreadPoolExecutor(4) as pool:
        found = [answer for answers in pool.map(work, range(0, 400, 100)) for answer in answers]
    assert found == ["low"] * 21 + ["high"] * 379


def test_an_answer_may_be_changed_without_changing_the_next() -> None:
    built = table({"v": "number"}, [(["-"], ["1"])], policy="COLLECT")
    answer = built.decide("d", {"v": 1})
    assert isinstance(answer, list)
    answer.append(2)
    assert built.decide("d", {"v": 1}) == [1]
