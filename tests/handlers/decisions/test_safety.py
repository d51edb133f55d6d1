"""Nothing anyone writes into a file of decisions can run code, reach out, or hold up the process."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.decisions import DecisionProblem, limits, load
from handlers.decisions.problems import (
    DoctypeRefused,
    FileTooLarge,
    NestedTooDeep,
    NotDmn,
    NotXml,
    TextTooLong,
    TooMany,
    TooManyOperators,
    TooMuchWork,
)
from tests.handlers.decisions.build import HEAD, answer, decision, expression, file, logic, model, takes
from tests.handlers.decisions.test_model import function


@pytest.mark.parametrize(
    ("problem", "xml"),
    [
        (NotXml, b""),
        (NotXml, b"<definitions"),
        (NotXml, b"\xff\xfe\x00"),
        (NotDmn, b"<definitions/>"),
        (NotDmn, b'<html xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'),
        (DoctypeRefused, b"<!DOCTYPE definitions>" + file()),
        (DoctypeRefused, b'<!DOCTYPE d [<!ENTITY a "b">]>' + HEAD.encode() + b"&a;</definitions>"),
        (
            DoctypeRefused,
            b'<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
            + HEAD.encode()
            + b"&a;</definitions>",
        ),
        (FileTooLarge, b" " * (limits.FILE_BYTES + 1)),
    ],
)
def test_a_file_that_is_not_plain_dmn_is_refused(problem: type[DecisionProblem], xml: bytes) -> None:
    with pytest.raises(problem):
        load(xml)


def test_an_entity_bomb_does_not_go_off() -> None:
    entities = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10 if at else "boom"}">' for at in range(12))
    for body in (HEAD + "&e11;</definitions>", HEAD.replace('name="m"', 'name="&e11;"') + "</definitions>"):
        with pytest.raises((DoctypeRefused, NotXml)):
            load(f"<!DOCTYPE d [{entities}]>{body}".encode())


def test_an_external_entity_is_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret", encoding="utf-8")
    head = f'<!DOCTYPE d [<!ENTITY a SYSTEM "{secret.as_uri()}">]>{HEAD}'
    xml = f"{head}{decision('<literalExpression><text>&a;</text></literalExpression>')}</definitions>"
    with pytest.raises(DecisionProblem) as caught:
        load(xml.encode())
    assert "the secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (TextTooLong, "1" * (limits.TEXT + 1)),
        (TooManyOperators, " or ".join(["a = 1"] * 200)),
        (TooManyOperators, "+".join(["1"] * 200)),
        (NestedTooDeep, "(" * 1500),
        (NestedTooDeep, "[(" * 1500),
        (TooManyOperators, "-" * 3000 + "1"),
        (NestedTooDeep, "-" * 100 + "1"),
        (TooManyOperators, "a in (" * 600 + "1"),
        (NestedTooDeep, "a in (" * 60 + "1" + ")" * 60),
        (NestedTooDeep, "not(" * 700),
        (NestedTooDeep, "sum(" * 700),
        (NestedTooDeep, "if a then " * 100 + "1"),
    ],
)
def test_a_cell_too_long_or_too_deep_is_refused(problem: type[DecisionProblem], text: str) -> None:
    with pytest.raises(problem):
        answer(text, {"a": 1})
    with pytest.raises(DecisionProblem):
        takes(text, 1)


@pytest.mark.parametrize(
    "text", ['__import__("os")', "a.__class__", "exec", "().__class__", "lambda: 1", "{}", "a[0]", "`ls`"]
)
def test_python_is_no_language_of_a_cell(text: str) -> None:
    try:
        assert answer(text, {"a": 1}) is None
    except DecisionProblem as problem:
        assert str(problem).startswith("d: ")


def test_functions_that_double_and_double_again_are_stopped() -> None:
    chain = [function("f0", expression("x"), "x")]
    chain += [function(f"f{at}", expression(f"f{at - 1}(x) + f{at - 1}(x)"), "x") for at in range(1, 25)]
    with pytest.raises(TooMuchWork):
        model(*chain, decision(expression("f24(1)"))).decide("d", {})


def test_a_function_that_calls_itself_is_stopped() -> None:
    for body in ("f(x)", "f(x + 1) + 1", "[f(x)]"):
        with pytest.raises(TooMuchWork, match="f"):
            model(function("f", expression(body), "x"), decision(expression("f(1)"))).decide("d", {})


def test_lists_and_texts_that_grow_without_end_are_stopped() -> None:
    for body, start in (("[x, x]", "1"), ("x + x", '"abcdefghij"')):
        grown = start
        for _ in range(24):
            grown = f"f({grown})"
        with pytest.raises(TooMuchWork):
            model(function("f", expression(body), "x"), decision(expression(grown))).decide("d", {})


def test_a_long_chain_of_decisions_is_walked_without_recursion() -> None:
    chain = [decision(expression("1"), "d0")]
    chain += [decision(expression(f"d{at - 1} + 1"), f"d{at}") for at in range(1, limits.ELEMENTS)]
    assert model(*chain).decide(f"d{limits.ELEMENTS - 1}", {}) == limits.ELEMENTS


def test_files_and_tables_have_an_end() -> None:
    with pytest.raises(TooMany):
        model(*[decision(expression("1"), f"d{at}") for at in range(limits.ELEMENTS + 1)])
    with pytest.raises(TooMany):
        model(decision(logic({"v": "number"}, [(["-"], ["1"])] * (limits.RULES + 1))))
    with pytest.raises(TooMany):
        model(decision(logic({f"v{at}": "number" for at in range(limits.COLUMNS + 1)}, [])))


TOKENS = [
    *("(", ")", "[", "]", "..", "<", ">=", "not(", '"a"', '"', "1", "2.5", "a", "?", "and", "or", "in"),
    *("between", "if", "then", "else", "-", "+", "**", ",", ".", 'date("2026-01-01")', '@"x"', "{", "\\"),
    *("null", "true", "客户", " ", "count(", "sum(", "string(", "１", "\u3000", "!=", "="),
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=80).map("".join))
def test_any_text_in_a_cell_is_decided_or_refused(text: str) -> None:
    asks: list[Callable[[], object]] = [partial(takes, text, 3), partial(answer, text, {"a": 1})]
    for ask in asks:
        try:
            ask()
        except DecisionProblem as problem:
            assert problem.fields["where"]
            assert "%(" not in str(problem)
