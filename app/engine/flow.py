"""A live process: SpiffWorkflow's tree of tasks, with a walk over a list where 3.2.0 walks the whole tree."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.util.event import Event
from SpiffWorkflow.util.task import TaskState

from app.engine import hardening
from app.engine.events import timers_of
from app.engine.expressions import Scripts

ACTIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED
hardening.harden()


class _Listed:
    """What top and called processes share: they look for tasks in their own list, not down the tree."""

    tasks: dict[UUID, Any]
    top_workflow: Any

    def get_tasks_iterator(self, first_task: Any = None, **wanted: Any) -> Iterator[Any]:
        """Tasks of one specification come from this process alone; called ones have nodes of their own."""
        if (
            first_task is None
            and wanted.keys() <= {"spec_name", "skip_subprocesses"}
            and "spec_name" in wanted
        ):
            name = wanted["spec_name"]
            return iter([t for t in self.tasks.values() if t.task_spec.name == name])
        found: Iterator[Any] = super().get_tasks_iterator(first_task, **wanted)  # type: ignore[misc]
        return found

    def update_waiting_tasks(self) -> None:
        """Joins look again whether they may go on; events are woken by the host only."""
        for task in [t for t in self.tasks.values() if t._state == TaskState.WAITING]:
            if task._state == TaskState.WAITING and not isinstance(task.task_spec, CatchingEvent):
                task.task_spec._update(task)

    def _remove_task(self, task_id: UUID) -> None:
        """A removed task takes along what hangs on it.

        3.2.0 leaves removed events in the event manager (the next refresh dies on them) and the called
        process of a removed call activity running for ever (multi-instance interrupted by a boundary event).
        """
        top = self.top_workflow
        top.event_manager.tasks.pop(task_id, None)
        called = top.subprocesses.pop(task_id, None)
        if called is not None and not called.completed:
            called.cancel()
        super()._remove_task(task_id)  # type: ignore[misc]


class CalledFlow(_Listed, BpmnSubWorkflow):  # type: ignore[misc]
    """A called process or sub-process; a finished one is unpacked only when somebody looks into it."""

    #: fills tasks, task_tree, data and last_task from the stored bytes
    thaw: Callable[["CalledFlow"], None] | None = None

    @classmethod
    def restored(cls, spec: Any, parent_task_id: UUID, top: "Flow", depth: int) -> "CalledFlow":
        """An empty called process without a start task, to be filled from storage."""
        flow = cls.__new__(cls)
        flow.spec, flow.parent_task_id, flow.top_workflow, flow.depth = spec, parent_task_id, top, depth
        flow.locks, flow.correlations, flow.success, flow.completed = {}, {}, True, False
        flow.completed_event, flow.task_removed_event = Event(), Event()
        return flow

    def __getattr__(self, name: str) -> Any:
        if name in ("tasks", "task_tree", "data", "last_task") and self.thaw is not None:
            self.thaw(self)
            self.thaw = None
            return self.__dict__[name]
        raise AttributeError(name)

    @property
    def is_frozen(self) -> bool:
        """Finished and still packed."""
        return "tasks" not in self.__dict__


class Flow(_Listed, BpmnWorkflow):  # type: ignore[misc]
    """The top process of one instance."""

    def __init__(self, spec: Any, called_specs: dict[str, Any], deserializing: bool = False) -> None:
        super().__init__(spec, called_specs, script_engine=Scripts(), deserializing=deserializing)

    def create_subprocess(self, my_task: Any, spec_name: str) -> CalledFlow:
        """Called processes are ours too."""
        called = CalledFlow(self.subprocess_specs[spec_name], parent_task_id=my_task.id, top_workflow=self)
        self.subprocesses[my_task.id] = called
        return called

    def get_task_from_id(self, task_id: UUID) -> Any:
        """Look into packed processes last."""
        flows = sorted(
            self.open_and_closed(), key=lambda flow: isinstance(flow, CalledFlow) and flow.is_frozen
        )
        return next((f.tasks[task_id] for f in flows if task_id in f.tasks), None)

    def open_and_closed(self) -> list[Any]:
        """The top process and every called one, finished ones included."""
        return [self, *self.subprocesses.values()]

    def open_flows(self) -> list[Any]:
        """The processes that still run, the deepest first."""
        called = [f for f in self.subprocesses.values() if not f.completed]
        return [*sorted(called, key=lambda f: -f.depth), *([] if self.completed else [self])]

    def active_tasks(self) -> Iterator[Any]:
        """Every task that is ready, started or waiting."""
        for flow in self.open_flows():
            yield from [t for t in flow.tasks.values() if t._state & ACTIVE]

    def find(self, token: str) -> Any:
        """The active task with this token, or None."""
        return next((t for t in self.active_tasks() if str(t.id) == token), None)

    def advance(self, count: Callable[[Any], None]) -> None:
        """Run everything that needs nobody until the process waits.

        Each task is looked at again right before it runs: 3.2.0 runs a list made before, and so runs tasks
        that an end event or an interrupting event cancelled meanwhile.
        """
        while ready := self._first_ready():
            for task in ready:
                if task._state == TaskState.READY and task.id in task.workflow.tasks:
                    count(task)
                    task.run()
        self.bpmn_events: list[Any] = []

    def _first_ready(self) -> list[Any]:
        for flow in self.open_flows():
            tasks = flow.tasks.values()
            ready = [t for t in tasks if t._state == TaskState.READY and not t.task_spec.manual]
            if ready:
                return ready
        return []

    def refresh_timers(self) -> None:
        """Let every timer that is due fire, a cycle once."""
        for task in list(self.event_manager.tasks.values()):
            if task._state == TaskState.WAITING and timers_of(task):
                task.task_spec._update(task)
