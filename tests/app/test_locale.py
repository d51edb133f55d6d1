"""Numbers, money, days and problems as a reader in each language expects them; the catalogue is complete."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import locale
from app.translations.extract import collect, sentences
from app.translations.update import ZH, merged, missing, read
from app.words import ROLES, STAGES, word
from models.base import Problem
from models.organisation import ROLES as ROLE_CODES
from tests.app.tiny import MONDAY, TEST_PAGES, opened, tiny_app


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with opened(TEST_PAGES):
        yield tiny_app(tmp_path_factory.mktemp("tiny"), WTF_CSRF_ENABLED=False)


@pytest.fixture(params=["zh", "en"])
def language(request: Any, app: Flask) -> Iterator[str]:
    with app.test_request_context(headers={"Accept-Language": request.param}):
        yield request.param


class TooMany(Problem):
    """For these tests."""

    message = "%(people)s people on %(day)s cost %(cost)s: %(rules)s, %(count)d."


@pytest.mark.parametrize(
    ("value", "written"), [(None, "—"), (0, "0"), (1234567, "1,234,567"), (-3, "−3"), (Decimal("2.50"), "2")]
)
def test_numbers_have_thousands_a_true_minus_and_a_dash_for_nothing(value: Any, written: str) -> None:
    assert locale.num(value) == written


def test_money_is_fen_in_and_yuan_out() -> None:
    assert locale.yuan(123450) == "1,234.50"
    assert locale.yuan(None) == "—"
    assert locale.yuan(-5) == "−0.05"


def test_shares_are_percent_with_a_space_and_points_have_a_sign() -> None:
    assert locale.percent(0.12) == "12.0 %"
    assert locale.percent(Decimal("0.3465"), 2) == "34.65 %"
    assert [locale.points(value) for value in (8.74, -0.5, 0, None)] == ["+8.7", "−0.5", "0.0", "—"]


def test_days_are_those_of_the_province(language: str) -> None:
    late = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
    assert locale.day(late) == {"zh": "3月2日", "en": "2 Mar"}[language]
    assert locale.day(date(2025, 12, 3)) == {"zh": "2025年12月3日", "en": "3 Dec 2025"}[language]
    assert locale.moment(late).endswith("01:30")
    assert locale.weekday(late) == {"zh": "星期一", "en": "Monday"}[language]


def test_near_days_have_names(language: str) -> None:
    assert locale.when(MONDAY) == {"zh": "今天 10:42", "en": "today 10:42"}[language]
    assert locale.when(MONDAY + timedelta(days=1)) == {"zh": "明天 10:42", "en": "tomorrow 10:42"}[language]
    assert locale.when(MONDAY - timedelta(days=3)) == {"zh": "2月27日 10:42", "en": "27 Feb 10:42"}[language]
    assert locale.ago(MONDAY - timedelta(hours=3)) == {"zh": "3小时前", "en": "3 hours ago"}[language]
    assert locale.ago(MONDAY) == {"zh": "刚刚", "en": "just now"}[language]


def test_a_problem_writes_its_fields_as_the_language_does(language: str) -> None:
    problem = TooMany(people=12000, day=date(2026, 3, 5), cost=Decimal("1.5"), rules=["a", "b"], count=1000)
    day, joined = {"zh": ("3月5日", "a、b"), "en": ("5 Mar", "a, b")}[language]
    assert locale.translate(problem) == f"12,000 people on {day} cost 1.5: {joined}, 1,000."


def test_a_twin_is_shown_where_there_is_one(language: str) -> None:
    both = {"name": "学林县公司", "name_en": "Xuelin"}
    assert locale.twin(both) == both[{"zh": "name", "en": "name_en"}[language]]
    assert locale.twin({"name": "学林县公司", "name_en": ""}) == "学林县公司"
    assert locale.twin(None) == "—"


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("zh-CN,zh;q=0.9", "zh-CN"),
        ("en-US,en;q=0.9", "en"),
        ("fr", "zh-CN"),
        ("de,en;q=0.5", "en"),
        ("", "zh-CN"),
    ],
)
def test_the_browser_is_followed_where_nothing_was_chosen(app: Flask, accepted: str, expected: str) -> None:
    client: FlaskClient = app.test_client()
    assert f'<html lang="{expected}">' in client.get("/sign-in", headers={"Accept-Language": accepted}).text


def test_every_code_has_a_word(language: str) -> None:
    assert set(ROLES) == set(ROLE_CODES)
    assert len(STAGES) == 7
    assert word("approve", "stage") == {"zh": "审批", "en": "Approval"}[language]
    assert word("no_such_code", "stage") == "no_such_code"
    assert word(None, "stage") == "—"


def test_sentences_of_problems_and_findings_are_found_without_marks() -> None:
    source = (
        "class A(Problem):\n    message: ClassVar[str] = 'a ' 'b'\n"
        "x = Finding(message='c', fix='d' if y else 'e', name='f')\nmessage = 'g'\n"
    )
    assert sorted(sentences(source)) == ["a b", "c", "d", "e"]


def test_everything_a_person_reads_is_translated() -> None:
    catalogue = merged(collect(), read(ZH))
    assert missing(catalogue) == [], "run `python -m app.translations.update` and translate what it lists"


def test_a_translation_keeps_every_field_of_its_sentence() -> None:
    for message in read(ZH):
        if not message.id or not message.python_format:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        wanted = {field for text in ids for field in _fields(text)}
        for text in filter(None, strings):
            assert _fields(text) == wanted, f"{ids[0]!r}: {text!r}"


def _fields(text: str) -> set[str]:
    found: set[str] = set()

    class Names(dict[str, object]):
        def __getitem__(self, name: str) -> int:
            found.add(name)
            return 0

    _ = text % Names()
    return found
