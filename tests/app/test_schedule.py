"""When regular work is due: by the clock of the province, nothing missed, nothing twice."""

from datetime import UTC, datetime, time, timedelta

import pytest
from flask import Flask
from flask_babel import lazy_gettext as _l

from app.engine import Broken, Verification
from app.regular import MOST, Regular, by_name
from app.schedule import REGULAR, HistoryBroken, verify_history

#: Monday, noon in Shanghai
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def nothing(moment: datetime, now: datetime) -> None:
    """Do nothing."""


def regular(**how: object) -> Regular:
    return Regular(name="x", title=_l("x"), do=nothing, **how)  # type: ignore[arg-type]


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - 8 * HOUR


def test_once_a_day_means_the_hour_of_the_province() -> None:
    nightly = regular(at=time(2, 30))
    assert nightly.missed(None, NOON) == [local(2, 2, 30)]
    assert nightly.missed(None, local(2, 2, 29)) == [local(1, 2, 30)]
    assert nightly.missed(local(2, 2, 30), NOON) == []
    assert nightly.missed(local(2, 2, 30), local(3, 2, 30)) == [local(3, 2, 30)]
    assert nightly.following(NOON) == local(3, 2, 30)
    assert nightly.following(local(2, 2, 30)) == local(3, 2, 30)


def test_every_so_often_is_counted_from_midnight() -> None:
    often = regular(every=timedelta(minutes=25))
    assert often.missed(None, local(2, 0, 51)) == [local(2, 0, 50)]
    assert often.following(local(2, 0, 51)) == local(2, 1, 15)
    assert often.following(local(2, 23, 55)) == local(3, 0)
    assert often.missed(local(2, 23, 45), local(3, 0, 1)) == [local(3, 0)]


def test_of_moments_jumped_over_the_latest_is_made_up_for() -> None:
    assert regular(at=time(2, 30)).missed(local(2, 2, 30), local(9, 12)) == [local(9, 2, 30)]


def test_or_each_of_them_where_each_counts() -> None:
    each = regular(at=time(2, 30), catch_up=True)
    assert each.missed(local(2, 2, 30), local(5, 12)) == [local(day, 2, 30) for day in (3, 4, 5)]
    assert each.missed(None, NOON) == [local(2, 2, 30)], "nothing is made up for before there was a product"
    assert len(each.missed(local(2, 2, 30), NOON + 3 * MOST * DAY)) == MOST


def test_a_clock_set_back_does_nothing_twice() -> None:
    for how in ({"at": time(2, 30)}, {"at": time(2, 30), "catch_up": True}, {"every": HOUR}):
        assert regular(**how).missed(local(9, 2, 30), NOON) == []


def test_the_list_has_every_name_once_and_says_when() -> None:
    assert len(by_name(REGULAR)) == len(REGULAR)
    for each in REGULAR:
        assert (each.at is None) != (each.every is None), each.name
        assert each.every is None or timedelta() < each.every <= DAY, each.name
        assert len(each.name) <= 40
        assert str(each.title)


class Chains:
    """An engine that only knows how its history stands."""

    def __init__(self, *broken: Broken) -> None:
        self._broken = list(broken)

    def verify(self) -> Verification:
        return Verification(processes=2, events=9, broken=self._broken)


def test_a_broken_chain_is_told_by_the_nightly_check() -> None:
    app = Flask("schedule")
    first = Broken(chain="process:7", process_id=7, seq=3, reason="digest")
    with app.app_context():
        app.extensions["engine"] = Chains()
        verify_history(NOON, NOON)
        app.extensions["engine"] = Chains(
            first, Broken(chain="staff:4", process_id=None, seq=1, reason="gap")
        )
        with pytest.raises(HistoryBroken) as told:
            verify_history(NOON, NOON)
    assert told.value.fields == {"count": 2, "chain": "process:7", "seq": 3}
