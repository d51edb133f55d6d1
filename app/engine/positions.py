"""Where a process stands, read from its live tree; the rows in the database are made equal to this."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.util.task import TaskState

from app.engine.elements import ServiceTask, UserTask, properties_of
from app.engine.events import Message, messages_of, timers_of
from app.engine.flow import Flow


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """One open node: a called process, a to-do, a timer, a message or a job."""

    token: str
    element: str
    path: str
    depth: int
    kind: str
    task: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """One message a process waits for; a token may wait for several."""

    token: str
    name: str
    correlation: str
    definition: Message
    #: the waiting task, or the start of the process an event sub-process belongs to
    task: Any
    #: the event sub-process the message starts, None where a task waits
    starts: str | None = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """All of it at one revision."""

    positions: Mapping[str, Position]
    waits: Mapping[tuple[str, str], Wait]
    next_due: datetime | None


NOWHERE = Standing(positions={}, waits={}, next_due=None)


def standing(flow: Flow) -> Standing:
    """Read the tree: what is open, which messages are waited for, and the earliest timer."""
    positions: dict[str, Position] = {}
    waits: dict[tuple[str, str], Wait] = {}
    due: list[datetime] = []
    for each in reversed(flow.open_flows()):
        prefix, depth = prefix_of(each), each.depth
        for task in [t for t in each.tasks.values() if t._state & _OPEN]:
            kind = _kind(task)
            if kind is None:
                continue
            position = _position(task, kind, prefix, depth)
            positions[position.token] = position
            if kind in ("message", "timer"):
                due.extend(f.next for t in timers_of(task) if (f := t.due(task)).left != 0)
                waits.update(((w.token, w.name), w) for w in _waits(task, position.token))
        waits.update(((w.token, w.name), w) for w in _starts(each))
    return Standing(positions=positions, waits=waits, next_due=min(due, default=None))


_OPEN = TaskState.WAITING | TaskState.READY | TaskState.STARTED


def prefix_of(flow: Any) -> str:
    """The calling elements of a called process, each followed by a slash; empty at the top."""
    parts: list[str] = []
    while flow.parent_task_id is not None:
        task = flow.top_workflow.get_task_from_id(flow.parent_task_id)
        parts.append(task.task_spec.bpmn_id)
        flow = task.workflow
    return "".join(f"{part}/" for part in reversed(parts))


def _kind(task: Any) -> str | None:
    spec, state = task.task_spec, task._state
    if isinstance(spec, UserTask):
        return "user" if state == TaskState.READY else None
    if isinstance(spec, SubWorkflowTask):
        return "call" if state == TaskState.STARTED else None
    if isinstance(spec, ServiceTask):
        return "job" if state == TaskState.STARTED else None
    if isinstance(spec, CatchingEvent) and state == TaskState.WAITING:
        return "message" if messages_of(task) else "timer" if timers_of(task) else None
    return None


def _position(task: Any, kind: str, prefix: str, depth: int) -> Position:
    element = task.task_spec.bpmn_id
    return Position(
        token=str(task.id), element=element, path=prefix + element, depth=depth, kind=kind, task=task
    )


def _waits(task: Any, token: str) -> Iterable[Wait]:
    for message in messages_of(task):
        correlation = message.correlation_of(task)
        yield Wait(token=token, name=message.name, correlation=correlation, definition=message, task=task)


def _starts(flow: Any) -> Iterable[Wait]:
    """Messages that start an event sub-process of this process."""
    root = flow.task_tree
    for name in flow.spec.start.trigger_specs:
        inner = flow.top_workflow.subprocess_specs[flow.spec.task_specs[name].spec]
        for start in inner.bpmn_start_events:
            message = start.event_definition
            correlation = message.correlation_of(flow.last_task or root)
            yield Wait(
                token=str(root.id), name=message.name, correlation=correlation, definition=message,
                task=root, starts=name,
            )  # fmt: skip


def properties(position: Position) -> dict[str, str]:
    """The properties the modeller wrote at the open element."""
    return properties_of(position.task.task_spec)
