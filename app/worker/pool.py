"""A few threads that do what was taken, so that one slow job keeps nobody from timers, files and the rest."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

import structlog
from flask import Flask

from app.engine.tries import LEASE
from app.worker.held import Held
from app.worker.weather import Weather

log = structlog.get_logger()
#: seconds between two signs of life for the same piece of work
SIGN = LEASE.total_seconds() / 3
#: seconds between two looks at what is under way
LOOK = 1.0


@dataclass(kw_only=True)
class _Busy:
    """One thread at work."""

    held: Held
    thread: Thread
    began: float = field(default_factory=time.monotonic)
    signed: float = field(default_factory=time.monotonic)


class Pool:
    """Runs at most so many pieces of work at once; one more thread gives their signs of life."""

    def __init__(
        self,
        app: Flask,
        size: int,
        weather: Weather,
        ring: Callable[[], None],
        sign: float = SIGN,
        look: float = LOOK,
    ) -> None:
        self._app, self._size, self._weather, self._ring = app, size, weather, ring
        self._sign, self._pause = sign, look
        self._busy: dict[int, _Busy] = {}
        self._lock = Lock()
        self._stop, self._over = Event(), Event()
        self._pulse = Thread(target=self._beat, name="pulse", daemon=True)
        self._pulse.start()

    @property
    def free(self) -> int:
        """How much more may be started now."""
        with self._lock:
            return self._size - len(self._busy)

    def start(self, held: Held) -> None:
        """Do this beside whatever else is done."""
        thread = Thread(target=self._run, args=(held,), name=held.name, daemon=True)
        with self._lock:
            self._busy[id(held)] = _Busy(held=held, thread=thread)
        thread.start()

    def close(self) -> None:
        """Wait for what is under way; it keeps its leases until it is done."""
        self._stop.set()
        while busy := self._under_way():
            for each in busy:
                each.thread.join(self._pause)
        self._over.set()
        self._pulse.join()

    def _under_way(self) -> list[_Busy]:
        with self._lock:
            return list(self._busy.values())

    def _let_go(self, held: Held) -> None:
        with self._lock:
            self._busy.pop(id(held), None)
        self._ring()

    def _run(self, held: Held) -> None:
        with self._app.app_context():
            try:
                self._weather.through(held.do(), self._stop)
            except Exception:
                log.exception("worker", what=held.name)
            finally:
                self._let_go(held)

    def _beat(self) -> None:
        while not self._over.wait(self._pause):
            for busy in self._under_way():
                with self._app.app_context():
                    self._look_at(busy)

    def _look_at(self, busy: _Busy) -> None:
        """Sign for it, or give it up where it takes too long: its thread may then work on, but in vain."""
        now = time.monotonic()
        try:
            if now - busy.began >= busy.held.time_limit.total_seconds():
                log.warning("took_too_long", what=busy.held.name)
                busy.held.time_out()
                self._let_go(busy.held)
            elif now - busy.signed >= self._sign:
                busy.held.renew()
                busy.signed = now
        except Exception as problem:
            if not self._weather.met(problem):
                log.exception("worker", what=busy.held.name)
