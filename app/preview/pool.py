"""Counting for a person who waits: few at a time, remembered for a while, given up when they ask anew.

A heavy question must never take the web process down: two threads count, a few more questions may wait, the
rest are told to come back.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, TypeVar

from models.base import Problem

T = TypeVar("T")

#: questions counted at the same time, and how many more may stand in line
WORKERS = 2
LINE = 8
#: answers remembered
REMEMBERED = 64
#: seconds a page waits before it says that it is still counting
PATIENCE = 4.0


class StillCounting(Problem):
    """No fault: the page asks again."""

    message = "Still counting; the figures appear by themselves."


class TooManyCounts(Problem):
    """The line is full."""

    message = "Too many people are counting just now; try again in a few seconds."


class Pool:
    """Answers questions by their key; the same question is worked on once."""

    def __init__(self, workers: int = WORKERS, line: int = LINE, patience: float = PATIENCE) -> None:
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="count")
        self._most = workers + line
        self._patience = patience
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self._asked: dict[str, Hashable] = {}

    def ask(self, person: str, key: Hashable, work: Callable[[], T]) -> T:
        """The answer to the question `key`; a person's earlier question not begun yet is given up."""
        future: Future[T] = self._find(person, key, work)
        try:
            return future.result(timeout=self._patience)
        except (TimeoutError, CancelledError) as late:
            raise StillCounting() from late
        except BaseException:
            self._forget(key)
            raise

    def close(self) -> None:
        """Finish what is begun and take no more."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _find(self, person: str, key: Hashable, work: Callable[[], T]) -> Future[T]:
        with self._lock:
            self._give_up(person, key)
            known = self._answers.get(key)
            if known is not None and not known.cancelled():
                self._answers.move_to_end(key)
                return known
            if sum(not future.done() for future in self._answers.values()) >= self._most:
                raise TooManyCounts()
            future = self._threads.submit(work)
            self._answers[key] = future
            self._asked[person] = key
            self._trim()
            return future

    def _give_up(self, person: str, key: Hashable) -> None:
        earlier = self._asked.get(person)
        if earlier is not None and earlier != key and earlier in self._answers:
            future = self._answers[earlier]
            if not future.done() and future.cancel():
                del self._answers[earlier]

    def _trim(self) -> None:
        for key in [k for k, future in self._answers.items() if future.done()]:
            if len(self._answers) <= REMEMBERED:
                return
            del self._answers[key]

    def _forget(self, key: Hashable) -> None:
        with self._lock:
            self._answers.pop(key, None)
