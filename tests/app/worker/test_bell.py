"""A sleeping worker is woken by a commit, a file or another thread, and sleeps while there is nothing."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from app.worker.bell import Bell
from models.base import wake_workers
from models.schedule import ScheduledRun

NEVER = 60.0
SOON = 20.0
MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def bell(database: Engine, tmp_path: Path) -> Iterator[Bell]:
    (tmp_path / "in").mkdir()
    made = Bell(database, tmp_path / "in")
    made.wait(0.2, Event())
    yield made
    made.close()


def woken(bell: Bell, by: Callable[[], object]) -> bool:
    """The bell wakes who would sleep for a minute."""
    sleeper = Thread(target=bell.wait, args=(NEVER, Event()))
    sleeper.start()
    by()
    sleeper.join(SOON)
    return not sleeper.is_alive()


def commit(database: Engine) -> None:
    """Somebody else writes a row and tells the workers, as the engine does."""
    row = {
        "name": "x",
        "due_at": MONDAY,
        "state": "ready",
        "attempts": 0,
        "fence": 0,
        "message": "",
        "fields": {},
    }
    with Session(database) as session:
        session.execute(insert(ScheduledRun), [row])
        wake_workers(session)
        session.commit()


def test_a_commit_wakes(bell: Bell, database: Engine) -> None:
    assert woken(bell, lambda: commit(database))


def test_a_commit_before_one_falls_asleep_is_not_missed(bell: Bell, database: Engine) -> None:
    commit(database)
    assert woken(bell, lambda: None)


def test_another_thread_wakes(bell: Bell) -> None:
    assert woken(bell, bell.ring)


def test_a_new_manifest_wakes_and_one_that_lies_there_does_not(bell: Bell, tmp_path: Path) -> None:
    def put() -> None:
        (tmp_path / "in" / "orders.manifest.json").write_text("{}")

    assert woken(bell, put)
    began = time.monotonic()
    bell.wait(0.3, Event())
    assert time.monotonic() - began >= 0.3


def test_who_is_told_to_stop_wakes(bell: Bell) -> None:
    stop = Event()
    sleeper = Thread(target=bell.wait, args=(NEVER, stop))
    sleeper.start()
    stop.set()
    sleeper.join(SOON)
    assert not sleeper.is_alive()


def test_nothing_wakes_where_nothing_happens(bell: Bell) -> None:
    began = time.monotonic()
    bell.wait(0.5, Event())
    assert time.monotonic() - began >= 0.5
