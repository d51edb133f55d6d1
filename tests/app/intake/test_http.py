"""Answers over HTTP: only with the token, each once, and nothing of a delivery that cannot be read."""

from typing import Any

import pytest

from handlers.contacts import do_not_disturb
from models.base import db
from models.feedback import Feedback
from tests.app.intake.conftest import Door
from tests.factories import rows

AT = "2026-03-05T10:00:00+08:00"
FEEDS = ("receipts", "call-results", "opt-outs", "complaints")


def receipt(door: Door, key: str = "R-1", **changed: Any) -> dict[str, Any]:
    message_id = rows.contacts_of(door.campaign)[0].message_id
    return {"key": key, "message_id": message_id, "status": "DELIVRD", "at": AT} | changed


def kept() -> list[Feedback]:
    db.session.expire_all()
    return list(db.session.query(Feedback).order_by(Feedback.id))


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("token", ["", "wrong", "wröng"])
def test_without_the_token_nothing_is_taken(door: Door, feed: str, token: str) -> None:
    answer = door.post(feed, [receipt(door)], token=token)
    assert answer.status_code == 401
    assert kept() == []


def test_a_receipt_is_kept_as_it_came(door: Door) -> None:
    answer = door.post("receipts", [receipt(door)])
    assert (answer.status_code, answer.json) == (200, {"received": 1, "repeated": 0})
    (row,) = kept()
    assert (row.feed, row.key, row.state) == ("receipt", "R-1", "new")
    assert (row.body, row.received_at) == ({"status": "DELIVRD"}, door.stage.now)
    assert row.occurred_at.isoformat() == "2026-03-05T02:00:00+00:00"


def test_the_same_key_again_is_a_repeat_whenever_it_comes(door: Door) -> None:
    door.post("receipts", [receipt(door)])
    answer = door.post(
        "receipts", [receipt(door, status="UNDELIV"), receipt(door, "R-2"), receipt(door, "R-2")]
    )
    assert answer.json == {"received": 1, "repeated": 2}
    assert [(row.key, row.repeats, row.body["status"]) for row in kept()] == [
        ("R-1", 1, "DELIVRD"),
        ("R-2", 1, "DELIVRD"),
    ]


def test_each_feed_has_keys_of_its_own(door: Door) -> None:
    door.post("receipts", [receipt(door, "X-1")])
    said = {"key": "X-1", "number": door.number(7), "at": AT}
    assert door.post("complaints", [said]).json == {"received": 1, "repeated": 0}


def test_a_receipt_for_a_message_we_never_sent_is_kept_as_unknown(door: Door) -> None:
    door.post("receipts", [receipt(door, message_id="NOT-OURS")])
    assert [row.state for row in kept()] == ["unknown"]


def test_a_call_result_keeps_outcome_reason_and_attempt(door: Door) -> None:
    contact = rows.contacts_of(door.campaign)[0].message_id
    given = {
        "key": "C-1",
        "contact_id": contact,
        "outcome": "refuse",
        "reason": "太贵",
        "attempt": 2,
        "at": AT,
    }
    door.post("call-results", [given])
    (row,) = kept()
    assert row.message_id == contact
    assert row.body == {"outcome": "refuse", "reason": "太贵", "attempt": 2}


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "LOST"},
        {"at": "2026-03-05T10:00:00"},
        {"at": "yesterday"},
        {"key": ""},
        {"key": None},
        {"message_id": "M" * 41},
    ],
)
def test_an_unreadable_answer_keeps_nothing_of_its_delivery(door: Door, wrong: dict[str, Any]) -> None:
    answer = door.post("receipts", [receipt(door, "R-1"), receipt(door, "R-2") | wrong])
    assert answer.status_code == 422
    assert "1" in answer.json["problems"]
    assert kept() == []


@pytest.mark.parametrize("whole", [{}, None, "text", 3, [3], [[]]])
def test_what_is_no_list_of_answers_is_refused(door: Door, whole: object) -> None:
    assert door.post("receipts", whole).status_code == 422
    assert kept() == []


def test_a_delivery_has_its_limit(door: Door) -> None:
    one = receipt(door)
    many = [one | {"key": f"R-{n}"} for n in range(5_001)]
    assert door.post("receipts", many).status_code == 422
    assert door.post("receipts", many[:1_200]).json == {"received": 1_200, "repeated": 0}


def test_an_empty_delivery_is_fine(door: Door) -> None:
    assert door.post("opt-outs", []).json == {"received": 0, "repeated": 0}


def test_a_refusal_is_in_force_at_once_and_the_number_is_not_kept(door: Door) -> None:
    number = door.number(7)
    before = do_not_disturb("sms", door.stage.province.warehouse, db.session)
    assert 7 not in before
    said = {"key": "O-1", "number": number, "channel": "sms", "text": "TD", "at": AT}
    door.post("opt-outs", [said])
    assert 7 in do_not_disturb("sms", door.stage.province.warehouse, db.session)
    assert 7 not in do_not_disturb("call", door.stage.province.warehouse, db.session)
    (row,) = kept()
    assert (row.sid, row.body) == (7, {"text": "TD"})
    assert row.token == door.stage.province.warehouse.token(number)
    assert number not in str(vars(row))


def test_the_same_person_may_refuse_twice(door: Door) -> None:
    said = {"number": door.number(7), "channel": "sms", "at": AT}
    door.post("opt-outs", [said | {"key": "O-1"}, said | {"key": "O-2"}])
    answer = door.post("opt-outs", [said | {"key": "O-3"}])
    assert answer.json == {"received": 1, "repeated": 0}


def test_a_refusal_by_somebody_we_do_not_know_is_kept_and_does_nothing(door: Door) -> None:
    door.post("opt-outs", [{"key": "O-1", "number": "13900000000", "channel": "sms", "at": AT}])
    assert [(row.sid, row.state) for row in kept()] == [(None, "unknown")]


def test_a_complaint_is_kept_with_its_words(door: Door) -> None:
    door.post("complaints", [{"key": "K-1", "number": door.number(7), "text": "不要再发了", "at": AT}])
    assert [(row.feed, row.sid, row.body) for row in kept()] == [("complaint", 7, {"text": "不要再发了"})]
