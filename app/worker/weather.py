"""What a worker says when its machine lacks something: once when it begins, once when it is over."""

import time
from collections.abc import Callable
from threading import Event, Lock
from typing import TypeVar

import structlog

from app.engine import Outage, outage_of

log = structlog.get_logger()
#: seconds before the same is said again
SILENCE = 60.0
#: seconds between two tries of what an outage stopped
PATIENCE = 1.0
T = TypeVar("T")


class Weather:
    """Whether this machine has all it needs; shared by the threads of one worker."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self.is_fair = True
        self._patience = patience
        self._said: dict[type[Outage], float] = {}
        self._lock = Lock()

    def met(self, problem: BaseException) -> bool:
        """Note an outage; False where the error is of another kind."""
        outage = outage_of(problem)
        if outage is None:
            return False
        with self._lock:
            since = time.monotonic() - self._said.get(type(outage), -SILENCE)
            if since >= SILENCE:
                log.error("outage", what=type(outage).__name__, problem=str(outage))
                self._said[type(outage)] = time.monotonic()
            self.is_fair = False
        return True

    def cleared(self) -> None:
        """All that was wanted has worked."""
        with self._lock:
            if not self.is_fair:
                log.warning("outage_over")
            self.is_fair = True

    def through(self, act: Callable[[], T], stop: Event) -> T | None:
        """Do this as soon as the machine allows it; None where we are told to stop before."""
        while True:
            try:
                return act()
            except Exception as problem:
                if not self.met(problem):
                    raise
                if stop.wait(self._patience):
                    return None
