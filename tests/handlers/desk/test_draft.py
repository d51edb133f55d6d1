"""A draft is read whole or refused with every mistake named at its field."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from handlers.desk.draft import DraftProblem, read
from tests.factories.rows import DRAFT, SMS

TODAY = date(2026, 3, 2)
PRODUCTS = {"CRBT", "CLUB"}


def problems(**changed: Any) -> dict[str, DraftProblem]:
    _, found = read(DRAFT | changed, TODAY, PRODUCTS)
    return {problem.field: problem for problem in found}


def test_a_good_draft_is_read_field_by_field() -> None:
    draft, found = read(DRAFT, TODAY, PRODUCTS)
    assert found == []
    assert draft is not None
    assert (draft.budget_yuan, draft.target_percent) == (Decimal("2500.00"), Decimal(12))
    assert (draft.start_on, draft.people_cap) == (date(2026, 3, 5), None)


@pytest.mark.parametrize(
    "field",
    ["name", "product_codes", "purpose", "definition", "channels", "budget_yuan", "start_on", "end_on"],
)
@pytest.mark.parametrize("blank", [None, ""])
def test_what_is_left_out_is_asked_for(field: str, blank: str | None) -> None:
    found = problems(**{field: blank})
    assert list(found) == [field]
    assert str(found[field]).startswith("This is needed")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "彩"),
        ("purpose", "annoy"),
        ("hold_out_percent", 51),
        ("hold_out_percent", "many"),
        ("people_cap", 0),
        ("budget_yuan", "-1"),
        ("target_percent", 101),
        ("start_on", "next week"),
        ("response_days", 0),
        ("channels", [{"channel": "pigeon", "content": "coo"}]),
        ("channels", [{"channel": "sms", "content": ""}]),
        ("channels", [{"channel": "sms", "content": SMS, "hours": "上午"}]),
        ("channels", [{"channel": "sms", "content": SMS, "hours": "09:00"}]),
        ("channels", [{"channel": "sms", "content": SMS, "hours": "9:00-25:00"}]),
        ("definition", "everybody"),
        ("definition", {"version": 1, "all": [{"tag": "shoe_size", "op": ">", "value": 40}]}),
    ],
)
def test_what_cannot_be_used_is_named_with_its_reason(field: str, value: object) -> None:
    found = problems(**{field: value})
    assert list(found) == [field]
    assert str(found[field])


def test_several_mistakes_are_told_at_once() -> None:
    found = problems(name="", purpose="annoy", budget_yuan="much")
    assert set(found) == {"name", "purpose", "budget_yuan"}


def test_nobody_is_met_yesterday_and_no_campaign_lasts_longer_than_a_year() -> None:
    assert set(problems(start_on="2026-03-01")) == {"start_on"}
    assert problems(start_on="2026-03-02") == {}
    assert set(problems(end_on="2026-03-04")) == {"end_on"}
    assert set(problems(end_on="2027-03-07")) == {"end_on"}
    assert problems(end_on="2027-03-06") == {}


def test_a_product_nobody_sells_is_named() -> None:
    found = problems(product_codes=["CRBT", "MOON"])
    assert found["product_codes"].fields == {"code": "MOON"}


def test_only_a_notice_sells_nothing() -> None:
    assert problems(product_codes=[], purpose="notice") == {}
    assert str(problems(product_codes=[])["product_codes"]).startswith("This is needed")


def test_what_a_later_form_adds_does_no_harm() -> None:
    draft, found = read(DRAFT | {"weather": "fine"}, TODAY, PRODUCTS)
    assert found == []
    assert not hasattr(draft, "weather")
