"""ISO 8601 as modellers write it."""

from datetime import UTC, datetime, timedelta

import pytest

from app.engine import TimerUnreadable
from app.engine.moments import after, due, is_literal, moment

NOW = datetime(2026, 1, 31, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT36H", NOW + timedelta(hours=36)),
        ("P1W", NOW + timedelta(weeks=1)),
        ("P0.5D", NOW + timedelta(hours=12)),
        ("P1DT1H30M", NOW + timedelta(days=1, hours=1, minutes=30)),
        ("PT0.5S", NOW + timedelta(seconds=0.5)),
        ("P1M", datetime(2026, 2, 28, 4, tzinfo=UTC)),
        ("P1Y1M", datetime(2027, 2, 28, 4, tzinfo=UTC)),
    ],
)
def test_durations(text, expected):
    assert is_literal(text)
    assert after(text, NOW) == expected


@pytest.mark.parametrize("text", ["P", "PT", "1H", "PT1", "1 day", "", "P1H", "soon"])
def test_what_is_no_duration_is_refused(text):
    assert not is_literal(text)
    with pytest.raises(TimerUnreadable):
        after(text, NOW)


def test_a_date_without_zone_is_meant_at_home():
    assert moment("2026-03-02T09:00:00") == datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert moment("2026-03-02T09:00:00Z") == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_month_is_counted_by_the_calendar_at_home():
    evening = datetime(2026, 1, 31, 17, tzinfo=UTC)
    assert after("P1M", evening) == datetime(2026, 2, 28, 17, tzinfo=UTC)


def test_cycles():
    found = due("R3/2026-03-02T09:00:00+08:00/P1D", NOW)
    assert (found.next, found.left, found.period) == (datetime(2026, 3, 2, 1, tzinfo=UTC), 3, "P1D")
    assert (due("R/PT1H", NOW).next, due("R/PT1H", NOW).left) == (NOW + timedelta(hours=1), -1)
    with pytest.raises(TimerUnreadable):
        due("R3/PT1H/2026-03-02", NOW)
