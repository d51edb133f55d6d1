"""Forms of human tasks: what a schema may say, how answers are coerced, and how errors are shown."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.forms import Answer, Form, FormBroken, load, read, render
from app.forms.condition import ConditionBroken, holds, names, parse
from app.locale import translate
from tests.app.tiny import TEST_PAGES, opened, tiny_app

FORMS = sorted(Path("bpmn/forms").glob("*.json"))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with opened(TEST_PAGES):
        yield tiny_app(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def chinese(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def form(*components: dict[str, Any]) -> Form:
    return load({"id": "test", "components": components})


def field(kind: str = "textfield", key: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "label": "名称", "label_en": "Name", **more}


def answer(asked: Form, data: dict[str, Any] | None = None, **given: Any) -> Answer:
    pairs = [
        (key, value)
        for key, values in given.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    return read(asked, MultiDict(pairs), data)


def said(found: Answer, key: str = "a") -> list[str]:
    return [type(problem).__name__ for problem in found.errors.get(key, ())]


@pytest.mark.parametrize("file", FORMS, ids=lambda file: file.stem)
def test_every_form_we_ship_can_be_loaded_shown_and_answered(file: Path, chinese: None) -> None:
    asked = load(file.read_bytes())
    assert asked.key == file.stem
    shown = render(asked, data={})
    for part in asked.inputs():
        assert part.label_en, f"{part.key} has no English label"
        assert part.kind == "dynamiclist" or f'name="{part.key}"' in shown or part.options_key
    empty = read(asked, MultiDict())
    assert set(empty.errors) == {part.key for part in asked.inputs() if part.is_required}


@pytest.mark.parametrize(
    ("component", "reason"),
    [
        (field("filepicker"), "filepicker"),
        (field(key="csrf_token"), "csrf_token"),
        (field(key="no way"), "no way"),
        (field(conditional={"hide": "=b = 1"}), "unknown"),
        (field(conditional={"hide": "=a = "}), "Condition"),
        (field(validate={"pattern": "("}), "error"),
        (field(validate={"pattern": "(a+)+"}), "for ever"),
        (field("number", validate={"min": "low"}), "Invalid"),
        (field("datetime", subtype="time"), "datetime"),
    ],
)
def test_a_schema_that_cannot_be_kept_is_refused_by_name(component: dict[str, Any], reason: str) -> None:
    with pytest.raises(FormBroken, match=r"Form test") as refused:
        form(component)
    assert reason in str(refused.value)


def test_two_fields_of_one_key_are_refused_also_across_groups() -> None:
    with pytest.raises(FormBroken, match="two fields"):
        form(field(), {"type": "group", "label": "g", "components": [field()]})


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(FormBroken):
        load(b"{")


@pytest.mark.parametrize(
    ("component", "typed", "value", "kept"),
    [
        (field(), "  hello ", "hello", "hello"),
        (field("textarea"), "a\r\nb", "a\nb", "a\nb"),
        (field("number"), "1,200", 1200, 1200),
        (field("number"), "12.50", Decimal("12.50"), "12.50"),
        (field("number", serializeToString=True), "2500.50", "2500.50", "2500.50"),
        (field("number"), "−3", -3, -3),
        (field("datetime", subtype="date"), "2026-03-02", date(2026, 3, 2), "2026-03-02"),
        (field("select", options=["x", "y"]), "y", "y", "y"),
        (field("radio", values=[{"value": "x", "label": "X"}]), "x", "x", "x"),
        (field("checklist", options=["x", "y", "z"]), ["z", "x"], ["z", "x"], ["z", "x"]),
        (field("checkbox"), "1", True, True),
    ],
)
def test_answers_are_coerced(
    component: dict[str, Any], typed: Any, value: Any, kept: Any, chinese: None
) -> None:
    found = answer(form(component), a=typed)
    assert found.is_complete
    assert found.values == {"a": value}
    assert type(found.values["a"]) is type(value)
    assert json.loads(json.dumps(found.plain())) == {"a": kept}


@pytest.mark.parametrize(
    ("component", "typed", "problem"),
    [
        (field(validate={"required": True}), "  ", "MissingAnswer"),
        (field("select", options=["x"], validate={"required": True}), "", "NothingChosen"),
        (field("checklist", options=["x"], validate={"required": True}), [], "NothingChosen"),
        (field("checkbox", validate={"required": True}), [], "NotConfirmed"),
        (field(validate={"minLength": 3}), "ab", "TooShort"),
        (field(validate={"maxLength": 3}), "abcd", "TooLong"),
        (field(validate={"pattern": "[0-9]+"}), "12a", "WrongPattern"),
        (field("number"), "many", "NotANumber"),
        (field("number"), "NaN", "NotANumber"),
        (field("number"), "1e999999", "NotANumber"),
        (field("number"), "Infinity", "NotANumber"),
        (field("number", decimalDigits=0), "1.5", "NotWhole"),
        (field("number", decimalDigits=2), "1.555", "TooManyPlaces"),
        (field("number", validate={"min": 1}), "0", "TooLittle"),
        (field("number", validate={"max": 50}), "50.1", "TooMuch"),
        (field("datetime", subtype="date"), "2026-02-30", "NotADay"),
        (field("select", options=["x"]), "y", "NotOnOffer"),
        (field("checklist", options=["x"]), ["x", "y"], "NotOnOffer"),
    ],
)
def test_what_is_wrong_is_said_by_kind(
    component: dict[str, Any], typed: Any, problem: str, chinese: None
) -> None:
    found = answer(form(component), a=typed)
    assert said(found) == [problem]
    assert found.values == {}
    assert "名称" in translate(found.errors["a"][0])


def test_an_empty_field_that_is_not_required_is_left_out(chinese: None) -> None:
    assert answer(form(field("number", validate={"min": 1}), field(key="b")), a="", b="x").values == {
        "b": "x"
    }


def test_all_errors_are_told_at_once(chinese: None) -> None:
    asked = form(field("number", "a"), field("number", "b"), field(key="c", validate={"required": True}))
    assert set(answer(asked, a="x", b="y").errors) == {"a", "b", "c"}


def test_a_field_the_form_does_not_hold_is_refused(chinese: None) -> None:
    found = answer(form(field()), a="x", salary="1", opinion="fine", csrf_token="t")
    assert said(found, "") == ["UnexpectedField"]
    assert found.errors[""][0].fields == {"fields": ["salary"]}
    assert answer(form(field()), a="x", opinion="fine", csrf_token="t").is_complete


def test_options_come_from_the_page_where_the_form_says_so(chinese: None) -> None:
    asked = form(field("select", valuesKey="products"))
    data = {"products": [{"value": "CRBT", "label": "彩铃", "label_en": "Ringback tones"}, "MBOX"]}
    assert answer(asked, data, a="CRBT").values == {"a": "CRBT"}
    assert said(answer(asked, data, a="PAPER")) == ["NotOnOffer"]
    assert said(answer(asked, {}, a="CRBT")) == ["NotOnOffer"]
    assert "彩铃" in render(asked, data=data)


HIDING = (
    field("checkbox", "keep"),
    field(key="name", conditional={"hide": "=not(keep)"}, validate={"required": True}),
)


def test_a_hidden_field_is_neither_asked_for_nor_kept(chinese: None) -> None:
    asked = form(*HIDING)
    assert answer(asked, name="left over").values == {"keep": False}
    assert said(answer(asked, keep="1"), "name") == ["MissingAnswer"]
    assert answer(asked, keep="1", name="n").values == {"keep": True, "name": "n"}


def test_a_hidden_group_hides_all_in_it(chinese: None) -> None:
    group = {"type": "group", "label": "g", "conditional": {"hide": '=a = "no"'}}
    asked = form(field(), {**group, "components": [field(key="b", validate={"required": True})]})
    assert answer(asked, a="no").is_complete
    assert said(answer(asked, a="yes"), "b") == ["MissingAnswer"]


ROWS = {
    "type": "dynamiclist",
    "path": "channels",
    "label": "渠道",
    "label_en": "Channels",
    "components": [
        field("select", "channel", options=["sms", "call"], validate={"required": True}),
        field("textarea", "content", validate={"required": True, "maxLength": 5}),
        field("number", "cap", decimalDigits=0),
    ],
}


def test_rows_are_read_in_order_and_empty_ones_are_none(chinese: None) -> None:
    found = read(
        form(ROWS),
        MultiDict(
            {
                "channels.2.channel": "call",
                "channels.2.content": "b",
                "channels.2.cap": "",
                "channels.0.channel": "sms",
                "channels.0.content": "a",
                "channels.0.cap": "7",
                "channels.1.channel": "",
                "channels.1.content": " ",
            }
        ),
    )
    assert found.values == {
        "channels": [{"channel": "sms", "content": "a", "cap": 7}, {"channel": "call", "content": "b"}]
    }


def test_an_error_in_a_row_stands_beside_its_field(chinese: None) -> None:
    asked = form(ROWS)
    found = read(asked, MultiDict({"channels.0.channel": "fax", "channels.0.content": "too long a text"}))
    assert said(found, "channels.0.channel") == ["NotOnOffer"]
    assert said(found, "channels.0.content") == ["TooLong"]
    shown = Inputs(str(render(asked, found.given, found.errors)))
    assert shown.invalid == ["channels.0.channel", "channels.0.content"]


def test_more_rows_than_a_form_takes_are_refused(chinese: None) -> None:
    many = {f"channels.{number}.content": "x" for number in range(31)}
    assert "TooManyRows" in said(read(form(ROWS), MultiDict(many)), "channels")


class Inputs(HTMLParser):
    """The inputs of a page by name, and which are marked wrong."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.invalid: list[str] = []
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.ids: set[str] = set()
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.ids.add(held.get("id") or "")
        if tag in ("input", "textarea", "select"):
            self.attributes[str(held.get("name"))] = held
            if held.get("aria-invalid") == "true" or "data-wrong" in held:
                self.invalid.append(str(held.get("name")))


def test_errors_stand_beside_their_fields_and_what_was_typed_stays(chinese: None) -> None:
    asked = form(field("number", "a", description="整数"), field(key="b"))
    found = answer(asked, a="many", b="kept")
    shown = Inputs(str(render(asked, found.given, found.errors)))
    assert shown.invalid == ["a"]
    assert shown.attributes["a"]["value"] == "many"
    assert shown.attributes["b"]["value"] == "kept"
    described = str(shown.attributes["a"]["aria-describedby"]).split()
    assert described == ["f-a-error", "f-a-hint"]
    assert set(described) <= shown.ids


def test_a_form_is_shown_in_the_readers_language(app: Flask) -> None:
    asked = form(field(description="提示", description_en="A hint"))
    with app.test_request_context(headers={"Accept-Language": "en"}):
        english = render(asked)
    assert "Name" in english
    assert "A hint" in english
    assert "名称" not in english


def test_what_a_person_typed_is_no_markup(chinese: None) -> None:
    asked = form(field(), field("textarea", "b"), {"type": "text", "text": "<b>x</b>"})
    shown = str(render(asked, {"a": '"><script>', "b": "</textarea><script>"}))
    assert "<script>" not in shown
    assert "<b>x</b>" not in shown


def test_the_page_decides_by_the_same_condition(chinese: None) -> None:
    shown = str(render(form(*HIDING)))
    assert 'data-hide-when="[&#34;not&#34;, [&#34;has&#34;, &#34;keep&#34;]]" hidden' in shown
    assert " hidden" not in str(render(form(*HIDING), {"keep": True}))


@pytest.mark.parametrize(
    ("text", "values", "hidden"),
    [
        ('=a = "sms"', {"a": "sms"}, True),
        ('a == "sms"', {"a": "call"}, False),
        ('a != "sms" and b > 200', {"a": "call", "b": "201"}, True),
        ('a != "sms" and b > 200', {"a": "call", "b": "200"}, False),
        ("b >= 2.5 or c", {"b": "2.5", "c": False}, True),
        ("b < 10", {"b": "9"}, True),
        ("b < 10", {"b": "nine"}, False),
        ("b < 10", {"b": ""}, False),
        ("not (a = null)", {"a": "x"}, True),
        ("a = null", {"a": ""}, True),
        ("c = true", {"c": True}, True),
        ("c = false", {"c": True}, False),
        ('l = "x"', {"l": ["x", "y"]}, True),
        ('l != "x"', {"l": ["y"]}, True),
        ("a or b and c", {"a": "", "b": "1", "c": True}, True),
        ("(a or b) and c", {"a": "1", "b": "", "c": False}, False),
        ('d < "2026-03-02"', {"d": "2026-03-01"}, True),
    ],
)
def test_conditions_mean_what_they_say(text: str, values: dict[str, Any], hidden: bool) -> None:
    assert holds(parse(text), values) is hidden


@pytest.mark.parametrize(
    "text",
    ["", "=", "a =", "= and", "a b", "f(a)", "(a", "a)", 'a = "x', "a = b.c", "not", "1 = a", "(" * 60 + "a"],
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ConditionBroken):
        parse(text)


literals = st.one_of(st.booleans(), st.none(), st.integers(-999, 999), st.text(alphabet="abc 彩", max_size=4))
conditions = st.recursive(
    st.one_of(
        st.tuples(st.just("has"), st.sampled_from("abc")).map(list),
        st.tuples(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), st.sampled_from("abc"), literals).map(
            list
        ),
    ),
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner).map(list),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)).map(list),
    ),
    max_leaves=6,
)


def _spoken(condition: list[Any]) -> str:
    match condition:
        case ["and" | "or" as word, parts]:
            return f" {word} ".join(f"({_spoken(part)})" for part in parts)
        case ["not", part]:
            return f"not({_spoken(part)})"
        case ["has", name]:
            return str(name)
    return f"{condition[1]} {condition[0]} {json.dumps(condition[2], ensure_ascii=False)}"


@given(
    condition=conditions,
    values=st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "1", "x", True, False])),
)
def test_a_written_condition_is_read_back_and_its_negation_is_the_opposite(
    condition: list[Any], values: dict[str, Any]
) -> None:
    assert parse(_spoken(condition)) == condition
    assert holds(["not", condition], values) is not holds(condition, values)
    assert set(names(condition)) <= set("abc")
