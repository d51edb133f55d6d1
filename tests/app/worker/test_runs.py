"""A run of regular work is taken by one worker, tried again by the rule for jobs, and never done twice."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import runs
from app.engine.tries import LEASE, LONGEST_PAUSE, TRIES
from app.regular import Regular
from models.base import Problem
from models.schedule import ScheduledRun

#: Monday, noon in Shanghai
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def nothing(moment: datetime, now: datetime) -> None:
    """Do nothing."""


def regular(name: str = "nightly", catch_up: bool = True) -> Regular:
    return Regular(name=name, title=_l("x"), do=nothing, at=time(2, 30), catch_up=catch_up)


WORK = (regular(),)


class Unmended(Problem):
    """What a person must mend."""

    message = "Not yet: %(why)s."


def rows(session: Session) -> list[ScheduledRun]:
    session.rollback()
    return list(session.scalars(select(ScheduledRun).order_by(ScheduledRun.due_at)))


def announced(session: Session, days: int = 0) -> None:
    """A run, and one more for each day after."""
    for day in range(days + 1):
        runs.announce(session, WORK, NOON + timedelta(days=day))


def test_what_has_become_due_is_announced_once(session: Session) -> None:
    assert runs.announce(session, WORK, NOON) == 1
    assert runs.announce(session, WORK, NOON) == 0
    assert runs.missing(session, WORK, NOON) == []
    assert [row.due_at for row in rows(session)] == [NOON.replace(hour=18, minute=30) - timedelta(days=1)]
    assert runs.announce(session, WORK, NOON + timedelta(days=2)) == 2


def test_one_worker_gets_a_run_and_does_it(session: Session) -> None:
    announced(session)
    (taken,) = runs.take(session, WORK, NOON, 9)
    assert runs.take(session, WORK, NOON, 9) == []
    assert runs.done(session, taken, NOON)
    assert not runs.done(session, taken, NOON)
    session.commit()
    assert [(row.state, row.ended_at, row.attempts) for row in rows(session)] == [("done", NOON, 1)]
    assert runs.open_ones(session, WORK) == 0


def test_runs_of_one_kind_go_one_after_the_other_the_oldest_first(session: Session) -> None:
    announced(session, days=2)
    first, second, third = (row.id for row in rows(session))
    for expected in (first, second, third):
        (taken,) = runs.take(session, WORK, NOON, 9)
        assert taken.run_id == expected
        assert runs.take(session, WORK, NOON, 9) == []
        runs.done(session, taken, NOON)
        session.commit()


def test_no_more_is_taken_than_asked_for(session: Session) -> None:
    many = [regular(name) for name in ("a", "b", "c")]
    runs.announce(session, many, NOON)
    assert len(runs.take(session, many, NOON, 2)) == 2
    assert runs.take(session, many, NOON, 0) == []


def test_what_is_no_longer_in_the_list_waits_for_nobody(session: Session) -> None:
    announced(session)
    others = (regular("other"),)
    assert runs.take(session, others, NOON, 9) == []
    assert runs.open_ones(session, others) == 0


def test_what_nobody_foresaw_is_tried_again_after_pauses_and_then_shown(session: Session) -> None:
    announced(session)
    now = NOON
    for number in range(1, TRIES + 1):
        (taken,) = runs.take(session, WORK, now, 9)
        assert taken.attempts == number
        runs.failed(session, taken, OSError("the disk is slow"), now, now)
        session.commit()
        assert runs.take(session, WORK, now, 9) == [], "there is a pause"
        now += LONGEST_PAUSE * 2
    (row,) = rows(session)
    assert (row.state, row.fields["text"]) == ("failed", "the disk is slow")


def test_what_a_person_must_mend_is_shown_at_once_and_tried_again_when_asked(session: Session) -> None:
    announced(session)
    (taken,) = runs.take(session, WORK, NOON, 9)
    runs.failed(session, taken, Unmended(why="no key"), NOON, NOON)
    session.commit()
    (row,) = rows(session)
    assert (row.state, row.message, row.fields) == ("failed", "Not yet: %(why)s.", {"why": "no key"})
    runs.retry(session, row.id)
    session.commit()
    assert runs.take(session, WORK, NOON, 9)[0].attempts == 1
    with pytest.raises(runs.RunNotFailed):
        runs.retry(session, row.id)
    with pytest.raises(runs.RunUnknown):
        runs.retry(session, 99)


def test_a_run_whose_worker_died_is_done_by_another_and_the_first_comes_too_late(session: Session) -> None:
    announced(session)
    (first,) = runs.take(session, WORK, NOON, 9)
    (second,) = runs.take(session, WORK, NOON + LEASE, 9)
    assert (second.run_id, second.attempts) == (first.run_id, 2)
    assert not runs.renew(session, first, NOON + LEASE)
    assert not runs.done(session, first, NOON)
    assert runs.done(session, second, NOON)


def test_a_run_whose_workers_die_each_time_is_shown(session: Session) -> None:
    announced(session)
    now = NOON
    for _ in range(TRIES):
        assert len(runs.take(session, WORK, now, 9)) == 1
        now += LEASE
    assert runs.take(session, WORK, now, 9) == []
    assert [row.state for row in rows(session)] == ["failed"]


def long_lived(session: Session, taken: runs.Taken, now: datetime) -> None:
    """Its worker gives a sign of life."""
    assert runs.renew(session, taken, now)
    session.commit()


def test_who_gives_signs_of_life_keeps_its_run(session: Session) -> None:
    announced(session)
    (taken,) = runs.take(session, WORK, NOON, 9)
    for minute in range(1, 5):
        now = NOON + timedelta(seconds=50 * minute)
        long_lived(session, taken, now)
        assert runs.take(session, WORK, now, 9) == []


@pytest.mark.parametrize("fails", [True, False])
def test_a_clock_set_back_neither_frees_nor_holds_a_run_for_ever(session: Session, fails: bool) -> None:
    announced(session)
    (taken,) = runs.take(session, WORK, NOON, 9)
    if fails:
        runs.failed(session, taken, OSError("cut"), NOON, NOON)
        session.commit()
    back = NOON - timedelta(days=300)
    again: Callable[[timedelta], list[runs.Taken]] = lambda more: runs.take(session, WORK, back + more, 9)  # noqa: E731
    assert len(again(timedelta())) == (1 if fails else 0)
    if not fails:
        assert again(LEASE / 2) == []
        assert len(again(LEASE * 2)) == 1
