"""The list by day: late by the minute, today and tomorrow by the province's calendar."""

from datetime import UTC, datetime, timedelta

import pytest

from app.inbox.due import grouped, midnight
from app.inbox.page import after, as_tab, next_open
from app.inbox.queries import Row
from tests.app.inbox.world import NOW


def row(to_do_id: int | None = 1, due_at: datetime | None = None, closed_at: datetime | None = None) -> Row:
    return Row(
        to_do_id=to_do_id, process_id=1, process_state="running", step=None, path="approve/x", title="",
        number="", submissions=1, planner=None, office=None, holder=None, state="open", outcome="",
        due_at=due_at, closed_at=closed_at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("due_at", "word"),
    [
        (NOW - timedelta(minutes=1), "overdue"),
        (datetime(2026, 3, 2, 15, 59, tzinfo=UTC), "today"),
        (datetime(2026, 3, 2, 16, 0, tzinfo=UTC), "tomorrow"),
        (datetime(2026, 3, 3, 16, 0, tzinfo=UTC), "later"),
        (None, "undated"),
    ],
)
def test_a_to_do_stands_under_the_day_it_is_due(due_at: datetime | None, word: str) -> None:
    assert [group.word for group in grouped([row(due_at=due_at)], "mine", NOW)] == [word]


def test_what_was_done_today_stands_apart_from_what_was_done_before() -> None:
    rows = [row(closed_at=midnight(NOW)), row(closed_at=midnight(NOW) - timedelta(seconds=1))]
    assert [group.word for group in grouped(rows, "done", NOW)] == ["done_today", "done_before"]


def test_the_next_to_do_is_the_one_that_stood_below() -> None:
    before, now = [row(1), row(2), row(3)], [row(1), row(3)]
    assert next_open(before, now, decided=2) == 3
    assert next_open(before, [row(1)], decided=3) == 1
    assert next_open(before, [], decided=1) is None


def test_a_new_to_do_opens_where_none_of_the_old_is_left() -> None:
    assert next_open([row(1)], [row(9)], decided=1) == 9


def test_the_one_after_the_last_is_the_first() -> None:
    assert after([row(1), row(None), row(2)], 2) == 1
    assert after([row(1)], 1) is None


def test_an_unknown_tab_means_the_own_to_dos() -> None:
    assert as_tab("claim") == "claim"
    assert as_tab("../x") == as_tab(None) == "mine"
