"""The bugs of SpiffWorkflow 3.2.0 that only patching its own classes can meet, each in one function.

What subclassing can meet is met where the subclass is: flow.py (orphans of removed tasks, stale READY lists),
elements.py (multi-instance, joins, call activities), events.py (timers, errors, event-based gateways).
The version is pinned exactly; tests/engine/test_hardening.py shows each bug gone.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from datetime import datetime
from itertools import count
from typing import Any

import SpiffWorkflow.task as spiff_task
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.deep_merge import DeepMerge
from SpiffWorkflow.util.task import TaskIterator

_ticks: ContextVar[Iterator[float] | None] = ContextVar("ticks", default=None)


class HostTime:
    """Stands in for the module `time` inside SpiffWorkflow.task: tasks carry the host's moments."""

    @staticmethod
    def time() -> float:
        """The host's moment, a microsecond later at every call so that order is kept."""
        ticks = _ticks.get()
        return time.time() if ticks is None else next(ticks)


@contextmanager
def at(now: datetime) -> Iterator[None]:
    """Inside, every change of a task's state is stamped with this moment."""
    start = now.timestamp()
    mark = _ticks.set(start + step * 1e-6 for step in count())
    try:
        yield
    finally:
        _ticks.reset(mark)


def harden() -> None:
    """Apply all patches; safe to call twice."""
    _see_every_depth()
    _walk_ancestors_without_recursion()
    _keep_equal_values_when_lists_meet()
    spiff_task.time = HostTime


def _see_every_depth() -> None:
    """Below depth 1000 tasks were no longer found and a running process was called complete.

    The iterator counted depth only to stop at 1000; without the counting it never stops early.
    """

    def ignore(self: TaskIterator, task: Task) -> None:
        """Depth is not counted."""

    TaskIterator._update_depth = ignore
    TaskIterator._handle_leaf_depth = ignore


def _walk_ancestors_without_recursion() -> None:
    """Long loops with a boundary event or a parallel join died of RecursionError."""

    def ancestors(self: Task) -> Iterator[Task]:
        tasks, key = self.workflow.tasks, self._parent
        while key is not None and (parent := tasks.get(key)) is not None:
            yield parent
            key = parent._parent

    def is_descendant_of(self: Task, task: Task) -> bool:
        return any(ancestor is task for ancestor in ancestors(self))

    def find_ancestor(self: Task, spec_name: str) -> Task | None:
        return next((a for a in ancestors(self) if a.task_spec.name == spec_name), None)

    Task.is_descendant_of = is_descendant_of
    Task.find_ancestor = find_ancestor


def _keep_equal_values_when_lists_meet() -> None:
    """Merging ["pass"] with ["pass", "pass"] lost a vote: equal values counted once. The newer list wins."""

    def merge_array(a: list[Any], b: list[Any], path: object = None) -> None:
        a[:] = [copy(each) for each in b]

    DeepMerge.merge_array = staticmethod(merge_array)


harden()
