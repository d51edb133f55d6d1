"""Feedback: matched every morning and whenever answers come in, until the window is over."""

from datetime import UTC, datetime

import pytest

from app.engine import NobodyWaits
from tests.bpmn.walk import Walk

MATCHED = [
    "feedback.match_receipts",
    "feedback.match_orders",
    "feedback.settle_contacts",
    "feedback.measure_so_far",
]


def not_over(day: int) -> dict[str, object]:
    return {"is_over": False, "next_check": f"2026-03-{day:02d}T09:00:00+08:00"}


OVER = {"is_over": True, "next_check": "2026-03-31T09:00:00+08:00"}


def test_answers_are_matched_every_morning_until_the_window_is_over(walk: Walk) -> None:
    walk.says("feedback.settle_contacts", not_over(7), not_over(8), OVER)
    walk.to_feedback()
    assert walk.called(*MATCHED) == []
    for day, rounds in ((6, 1), (7, 2), (8, 3)):
        assert walk.stages() == {"feedback"}
        walk.go_to(day)
        assert walk.called(*MATCHED) == MATCHED * rounds
    assert walk.stages() == {"evaluate"}


def test_answers_that_come_in_are_matched_at_once_and_the_morning_still_comes(walk: Walk) -> None:
    walk.says("feedback.settle_contacts", not_over(6), not_over(6), OVER)
    walk.to_feedback()
    walk.send("answers_in")
    walk.send("answers_in")
    assert walk.called(*MATCHED) == MATCHED * 2
    assert walk.process.next_due == datetime(2026, 3, 6, 1, 0, tzinfo=UTC)
    walk.go_to(6)
    assert walk.called(*MATCHED) == MATCHED * 3
    assert walk.stages() == {"evaluate"}


def test_the_process_waits_for_the_moment_the_last_matching_named(walk: Walk) -> None:
    walk.says("feedback.settle_contacts", not_over(20))
    walk.to_feedback()
    walk.go_to(6)
    assert walk.process.next_due == datetime(2026, 3, 20, 1, 0, tzinfo=UTC)


def test_answers_before_the_first_list_left_wake_nobody(walk: Walk) -> None:
    walk.to_dispatch()
    with pytest.raises(NobodyWaits):
        walk.send("answers_in")


def test_a_stop_is_heard_between_two_mornings(walk: Walk) -> None:
    walk.says("feedback.settle_contacts", not_over(7))
    walk.to_feedback()
    walk.go_to(6)
    assert walk.waits() == {"answers_in", "stop"}
    walk.send("stop")
    assert walk.process.outcome == "end_stopped"
    assert walk.called()[-1] == "dispatch.stop_work_orders"


def test_a_month_of_mornings_is_a_month_of_matchings(walk: Walk) -> None:
    walk.says("feedback.settle_contacts", *[not_over(day) for day in range(7, 31)], OVER)
    walk.to_feedback()
    for day in range(6, 31):
        walk.go_to(day)
    assert walk.called(*MATCHED) == MATCHED * 25
    assert walk.stages() == {"evaluate"}
