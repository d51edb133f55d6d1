"""When customers may be met: quiet hours and the campaign's own, also over midnight."""

from datetime import UTC, datetime, timedelta

import pytest

from handlers.channels.hours import Hours
from tests.factories.stage import decide


def at(clock: str, day: int = 2) -> datetime:
    """A moment of March 2026, local time."""
    hour, minute = clock.split(":")
    return datetime(2026, 3, day, int(hour), int(minute), tzinfo=UTC) - timedelta(hours=8)


def test_the_campaigns_own_hours_hold_inside_the_quiet_hours() -> None:
    hours = Hours.in_force(decide, "sms", "precision", "07:00-22:00")
    assert hours.opening(at("07:30")) == at("08:00")
    assert hours.opening(at("08:00")) == at("08:00")
    assert hours.closing(at("08:00")) == at("21:00")
    assert hours.opening(at("21:00")) == at("08:00", day=3)
    narrow = Hours.in_force(decide, "sms", "precision", "09:00-20:00")
    assert (narrow.opening(at("08:30")), narrow.closing(at("09:00"))) == (at("09:00"), at("20:00"))


def test_a_moment_inside_a_minute_counts_as_it_is() -> None:
    hours = Hours.within([("08:00", "21:00")])
    moment = at("20:59") + timedelta(seconds=59.5)
    assert hours.opening(moment) == moment
    assert hours.closing(moment) == at("21:00")
    assert hours.closing(at("21:00") + timedelta(seconds=1)) == at("21:00") + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("17:59", ("18:00", 2)),
        ("18:00", ("18:00", 2)),
        ("23:59", ("23:59", 2)),
        ("01:59", ("01:59", 2)),
        ("02:00", ("18:00", 2)),
    ],
)
def test_a_span_over_midnight(now: str, opening: tuple[str, int]) -> None:
    hours = Hours.within([("18:00", "02:00")])
    assert hours.opening(at(now)) == at(*opening)
    assert hours.closing(at("23:00")) == at("02:00", day=3)


def test_an_emergency_knows_no_night() -> None:
    hours = Hours.in_force(decide, "sms", "temporary", "00:00-24:00")
    assert hours.opening(at("03:00")) == at("03:00")
    assert hours.closing(at("03:00")) is None


def test_hours_that_never_meet_never_open() -> None:
    hours = Hours.in_force(decide, "sms", "precision", "22:00-23:00")
    assert hours.opening(at("12:00")) is None
