"""What wakes a sleeping worker: a commit, a file, another thread; and at the latest the next moment due.

SQLite tells by a counter it keeps anyway, PostgreSQL by the notice `models.base.wake_workers` sends with a
commit. Both are asked on a connection of the bell's own and cost next to nothing; a slow look catches
whatever was missed.
"""

import contextlib
import sqlite3
import time
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from sqlalchemy import Engine

from models.base import BELL

#: seconds between two questions whether anything happened
TICK = 0.05
#: seconds before a lost line to PostgreSQL is tried again
REDIAL = 1.0


class Ear(Protocol):
    """Something that hears of commits."""

    def heard(self) -> bool:
        """True where something was committed since it was last asked."""

    def close(self) -> None:
        """Listen no more."""


class Bell:
    """Wakes one worker."""

    def __init__(self, engine: Engine, inbox: Path) -> None:
        self._inbox, self._rung = inbox, Event()
        self._ear = ear_for(engine)
        self._files = self._manifests()

    def ring(self) -> None:
        """Wake the worker from another thread."""
        self._rung.set()

    def wait(self, seconds: float, stop: Event) -> None:
        """Sleep until something may have to be done, but no longer than so."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not stop.is_set():
            if self._rung.wait(TICK) or self._ear.heard() or self._has_new_files():
                break
        self._rung.clear()

    def close(self) -> None:
        """Wake nobody any more."""
        self._ear.close()

    def _manifests(self) -> frozenset[str]:
        return frozenset(path.name for path in self._inbox.glob("*.manifest.json"))

    def _has_new_files(self) -> bool:
        before, self._files = self._files, self._manifests()
        return not self._files <= before


def ear_for(engine: Engine) -> Ear:
    """The ear that fits a database."""
    return _OnSqlite(engine) if engine.dialect.name == "sqlite" else _OnPostgresql(engine)


class _OnSqlite:
    """`PRAGMA data_version` changes whenever another connection has committed."""

    def __init__(self, engine: Engine) -> None:
        self._line = sqlite3.connect(str(engine.url.database), check_same_thread=False)
        self._version = self._ask()

    def heard(self) -> bool:
        before, self._version = self._version, self._ask()
        return self._version != before

    def _ask(self) -> int:
        with contextlib.suppress(sqlite3.OperationalError):
            return int(self._line.execute("PRAGMA data_version").fetchone()[0])
        return 0

    def close(self) -> None:
        self._line.close()


class _OnPostgresql:
    """LISTEN on a line of its own; a lost line is dialled again, and then something may have been missed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._line: Any = None
        self._dialled = -REDIAL

    def heard(self) -> bool:
        if self._line is None:
            return self._dial()
        try:
            return any(True for _ in self._line.notifies(timeout=0))
        except self._errors:
            self.close()
            return True

    def close(self) -> None:
        if self._line is not None:
            with contextlib.suppress(self._errors):
                self._line.close()
        self._line = None

    @property
    def _errors(self) -> type[Exception]:
        error: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        return error

    def _dial(self) -> bool:
        if time.monotonic() - self._dialled < REDIAL:
            return False
        self._dialled = time.monotonic()
        arguments, named = self._engine.dialect.create_connect_args(self._engine.url)
        try:
            self._line = self._engine.dialect.connect(*arguments, **named)
            self._line.autocommit = True
            self._line.execute(f"LISTEN {BELL}")
        except self._errors:
            self.close()
            return False
        return True
