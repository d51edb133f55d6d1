"""Looks after the processes of the demo: one that was killed comes back, one that cannot live is given up."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

_PAUSE = 0.5
#: A process that ends sooner after its start (seconds) so many times in a row will not come up at all.
_TOO_SOON, _MOST = 10.0, 3


class Processes(Protocol):
    """What is looked after."""

    def ended(self) -> str | None:
        """The name of a process that ended by itself, if one did."""

    def start_again(self, name: str) -> None:
        """Start it."""


class Watchman:
    """Starts again what has ended, and says so."""

    def __init__(self, processes: Processes, say: Callable[[str], None], pause: float = _PAUSE) -> None:
        self._processes, self._say, self._pause = processes, say, pause
        self._started: dict[str, tuple[float, int]] = {}
        #: the process that cannot live
        self.given_up: str | None = None

    @contextmanager
    def on_duty(self) -> Iterator[None]:
        """Look after them for as long as this lasts; when all are to end, none is brought back."""
        stop = threading.Event()
        thread = threading.Thread(target=self._watch, args=(stop,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _watch(self, stop: threading.Event) -> None:
        while self.given_up is None and not stop.wait(self._pause):
            name = self._processes.ended()
            if name is not None and not stop.wait(self._pause):
                self._bring_back(name)

    def _bring_back(self, name: str) -> None:
        since, times = self._started.get(name, (0.0, 0))
        times = times + 1 if time.monotonic() - since < _TOO_SOON else 1
        if times > _MOST:
            self.given_up = name
            return
        self._started[name] = time.monotonic(), times
        self._say(f"{name} ended; it is started again")
        self._processes.start_again(name)
