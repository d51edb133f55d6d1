"""Reads off a process what was visited, when, and which flows were taken, for drawing on its diagrams."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.util.task import TaskState

from app.engine.events import is_instance_of
from app.engine.flow import Flow
from app.engine.positions import prefix_of
from app.engine.specification import Specification
from app.engine.values import NodeState, Path, StageTime
from models.process import Process

_OPEN = TaskState.WAITING | TaskState.READY | TaskState.STARTED
_BEEN = TaskState.COMPLETED | TaskState.ERROR


@dataclass
class _Trace:
    """What the tree says of one node."""

    visits: int = 0
    is_open: bool = False
    is_cut: bool = False
    entered: list[float] = field(default_factory=list)
    left: list[float] = field(default_factory=list)


def path(flow: Flow, specification: Specification, process: Process) -> Path:
    """The state of every node of every diagram that can be reached, and the flows taken."""
    traces = _traces(flow)
    over = process.state != "running"
    nodes = tuple(
        _node_state(prefix, node, traces.get(prefix + node[0]), over)
        for prefix, node in _all_nodes(specification, specification.key, "")
    )
    return Path(nodes=nodes, flows=frozenset(_flows(flow, specification)))


def stage_times(flow: Flow, specification: Specification, process: Process) -> list[StageTime]:
    """Each node at the top in the order it was first entered; nodes never entered come last."""
    traces = _traces(flow)
    found = []
    for element, _, name, name_en, _ in specification.maps[specification.key]["nodes"]:
        trace = traces.get(element) or _Trace()
        found.append(
            StageTime(
                element=element, name=name, name_en=name_en, entered_at=_first(trace), left_at=_last(trace)
            )
        )
    never = datetime.max.replace(tzinfo=UTC)
    return sorted(found, key=lambda stage: stage.entered_at or never)


def _all_nodes(specification: Specification, key: str, prefix: str) -> Iterator[tuple[str, list[Any]]]:
    for node in specification.maps[key]["nodes"]:
        yield prefix, node
        if node[4]:
            yield from _all_nodes(specification, node[4], f"{prefix}{node[0]}/")


def _traces(flow: Flow) -> Mapping[str, _Trace]:
    traces: dict[str, _Trace] = defaultdict(_Trace)
    for each in flow.open_and_closed():
        prefix = prefix_of(each)
        for task in each.tasks.values():
            element = getattr(task.task_spec, "bpmn_id", None)
            if element and not isinstance(task.task_spec, LoopTask):
                _note(traces[prefix + element], task)
    return traces


def _note(trace: _Trace, task: Any) -> None:
    state = task._state
    if state & (_OPEN | _BEEN):
        trace.visits += 1
        trace.entered.append(_entered(task))
    if state & _OPEN:
        trace.is_open = True
    elif state & TaskState.FINISHED_MASK:
        trace.is_cut = trace.is_cut or state == TaskState.CANCELLED
        trace.left.append(task.last_state_change)


def _entered(task: Any) -> float:
    """A task was entered when the one before it was left; an instance of many when all of them began."""
    before = task.parent
    while before is not None and is_instance_of(task, before):
        task, before = before, before.parent
    moment: float = (before or task).last_state_change
    return moment


def _node_state(prefix: str, node: list[Any], trace: _Trace | None, over: bool) -> NodeState:
    element, kind, name, name_en, _ = node
    trace = trace or _Trace()
    return NodeState(
        element=element,
        path=prefix + element,
        name=name,
        name_en=name_en,
        kind=kind,
        state=_state(trace, over),
        visits=trace.visits,
        entered_at=_first(trace),
        left_at=_last(trace),
    )


def _state(trace: _Trace, over: bool) -> Literal["done", "now", "future", "skipped"]:
    if trace.is_open and not over:
        return "now"
    if trace.visits and not trace.is_open:
        return "done"
    return "skipped" if over or trace.is_cut else "future"


def _first(trace: _Trace) -> datetime | None:
    return _moment(min(trace.entered)) if trace.entered else None


def _last(trace: _Trace) -> datetime | None:
    if trace.is_open or not trace.left or not trace.visits:
        return None
    return _moment(max(trace.left))


def _moment(stamp: float) -> datetime:
    """Without the microseconds that only keep the order of steps."""
    return datetime.fromtimestamp(int(stamp * 1000) / 1000, UTC)


def _flows(flow: Flow, specification: Specification) -> Iterator[str]:
    """A flow was taken where a task of its source led to a task of its target that was reached."""
    for each in flow.open_and_closed():
        prefix = prefix_of(each)
        by_ends = defaultdict(list)
        for flow_id, source, target in specification.maps[each.spec.name]["flows"]:
            by_ends[source, target].append(flow_id)
        for task in each.tasks.values():
            if task._state & (_OPEN | _BEEN) or (task._state == TaskState.CANCELLED and task.parent):
                for flow_id in by_ends.get((_drawn_before(task), task.task_spec.bpmn_id), ()):
                    yield prefix + flow_id


def _drawn_before(task: Any) -> str | None:
    """The node drawn before this one; splits and joins that only the engine knows are looked through."""
    before = task.parent
    while before is not None and not getattr(before.task_spec, "bpmn_id", None):
        before = before.parent
    return before.task_spec.bpmn_id if before is not None else None
