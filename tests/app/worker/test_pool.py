"""What is taken is done beside other things, kept alive while it lasts, given up when it takes too long."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

import pytest
from flask import Flask, has_app_context
from structlog.testing import capture_logs

from app.engine import DatabaseGone
from app.worker.pool import Pool
from app.worker.weather import Weather

SOON = 20.0


@dataclass(kw_only=True)
class Piece:
    """Work that lasts until it is let go, and remembers what was done with it."""

    name: str = "piece"
    time_limit: timedelta = timedelta(hours=1)
    go: Event = field(default_factory=Event)
    began: Event = field(default_factory=Event)
    signed: Event = field(default_factory=Event)
    gave_up: Event = field(default_factory=Event)
    closed: Event = field(default_factory=Event)
    #: raised by the first tries to close it
    troubles: list[Exception] = field(default_factory=list)
    had_context: list[bool] = field(default_factory=list)

    def do(self) -> Callable[[], object]:
        self.had_context.append(has_app_context())
        self.began.set()
        assert self.go.wait(SOON)
        return self._close

    def _close(self) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.closed.set()

    def renew(self) -> bool:
        self.had_context.append(has_app_context())
        self.signed.set()
        return True

    def time_out(self) -> None:
        self.gave_up.set()


class Bell:
    """Counts how often it was rung."""

    def __init__(self) -> None:
        self.rung = Event()

    def __call__(self) -> None:
        self.rung.set()


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def pool(bell: Bell) -> Iterator[Pool]:
    made = Pool(Flask("pool"), 2, Weather(patience=0.01), bell, sign=0.02, look=0.01)
    yield made
    made.close()


def test_a_slow_piece_keeps_nobody_waiting(pool: Pool, bell: Bell) -> None:
    slow, quick = Piece(), Piece()
    pool.start(slow)
    pool.start(quick)
    assert slow.began.wait(SOON)
    assert pool.free == 0
    quick.go.set()
    assert quick.closed.wait(SOON)
    assert bell.rung.wait(SOON), "whoever has more to do is told that there is room"
    assert pool.free == 1
    slow.go.set()


def test_while_it_lasts_signs_of_life_are_given(pool: Pool) -> None:
    piece = Piece()
    pool.start(piece)
    assert piece.signed.wait(SOON)
    piece.signed.clear()
    assert piece.signed.wait(SOON), "again and again"
    piece.go.set()
    assert piece.closed.wait(SOON)
    assert all(piece.had_context)


def test_what_takes_too_long_is_a_failed_try_and_its_place_is_free_again(pool: Pool) -> None:
    endless = Piece(time_limit=timedelta(0))
    with capture_logs() as said:
        pool.start(endless)
        assert endless.gave_up.wait(SOON)
    other, third = Piece(), Piece()
    for piece in (other, third):
        piece.go.set()
        pool.start(piece)
        assert piece.closed.wait(SOON)
    endless.go.set()
    assert [line["event"] for line in said] == ["took_too_long"]


def test_what_is_done_is_closed_as_soon_as_the_database_is_back(pool: Pool) -> None:
    piece = Piece(troubles=[DatabaseGone(reason="gone"), DatabaseGone(reason="gone")])
    piece.go.set()
    with capture_logs() as said:
        pool.start(piece)
        assert piece.closed.wait(SOON)
    assert [line["event"] for line in said] == ["outage"], "said once"


def test_another_error_is_logged_and_the_place_is_free(pool: Pool, bell: Bell) -> None:
    piece = Piece(troubles=[ValueError("a fault of ours")])
    piece.go.set()
    with capture_logs() as said:
        pool.start(piece)
        assert bell.rung.wait(SOON)
    assert [line["log_level"] for line in said] == ["error"]
    assert pool.free == 2


def test_closing_waits_for_what_is_under_way(bell: Bell) -> None:
    pool = Pool(Flask("pool"), 1, Weather(), bell, sign=0.02, look=0.01)
    piece = Piece()
    pool.start(piece)
    assert piece.signed.wait(SOON)
    piece.go.set()
    pool.close()
    assert piece.closed.is_set()
    assert pool.free == 1
