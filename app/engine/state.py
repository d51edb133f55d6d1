"""Stores a live process compactly: a snapshot, then per step only the tasks that changed.

A task is a short list; equal data of many tasks is stored once; a finished called process is packed as a
whole and unpacked only when somebody looks into it, so that a step costs the same in an old process as in a
new one.
"""

import threading
from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

import msgpack  # type: ignore[import-untyped]
import orjson
import zstandard
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.engine.data import LIMIT
from app.engine.flow import CalledFlow, Flow
from app.engine.problems import DataTooLarge
from app.engine.specification import Specification

_FINISHED = TaskState.FINISHED_MASK
_codec = threading.local()
#: position of the data in a stored task
_DATA = 8
Stored = list[Any]


class LazyTask(Task):  # type: ignore[misc]
    """A stored task; its data is decoded when somebody asks, which for most finished ones is never."""

    def __init__(self, flow: Any, stored: Stored) -> None:
        fields = self.__dict__
        fields["id"], fields["workflow"] = UUID(bytes=stored[0]), flow
        fields["_parent"] = UUID(bytes=stored[1]) if stored[1] else None
        fields["_children"] = [UUID(bytes=child) for child in stored[2]]
        fields["last_state_change"], fields["_state"] = stored[3], stored[4]
        fields["task_spec"] = flow.spec.task_specs[stored[5]]
        fields["triggered"], fields["thread_id"] = stored[6], 0
        fields["internal_data"] = orjson.loads(stored[7]) if stored[7] else {}
        fields["_raw"] = stored[_DATA]

    @property
    def data(self) -> dict[str, Any]:
        """The task's data."""
        fields = self.__dict__
        if "_data" not in fields:
            fields["_data"] = orjson.loads(fields["_raw"])
            fields["_raw"] = None
        return cast(dict[str, Any], fields["_data"])

    @data.setter
    def data(self, value: dict[str, Any]) -> None:
        self.__dict__["_data"], self.__dict__["_raw"] = value, None


def _store_task(task: Any) -> Stored:
    raw = task.__dict__.get("_raw")
    if raw is None:
        raw = orjson.dumps(task.data)
        if len(raw) > LIMIT:
            where = task.task_spec.bpmn_id or task.task_spec.name
            raise DataTooLarge(where=where, size=len(raw), limit=LIMIT)
    return [
        task.id.bytes,
        task._parent.bytes if task._parent else None,
        [child.bytes for child in task._children],
        task.last_state_change,
        task._state,
        task.task_spec.name,
        task.triggered,
        orjson.dumps(task.internal_data) if task.internal_data else b"",
        raw,
    ]


def _header(flow: Any) -> list[Any]:
    last = flow.last_task
    return [
        flow.task_tree.id.bytes,
        flow.spec.name,
        orjson.dumps(flow.data),
        last.id.bytes if last is not None else None,
        flow.success,
        flow.completed,
        flow.depth,
    ]


def _mark(task: Any) -> Any:
    """What tells that a stored task is still the same: finished ones by state, open ones by everything."""
    if task._state & _FINISHED:
        return (task._state, task.last_state_change, *task._children)
    return _store_task(task)


def _changed(flow: Any) -> tuple[list[Stored], list[bytes]]:
    """Tasks to be stored anew, and ids of those that are gone; remembers both as stored."""
    changed = []
    for task in flow.tasks.values():
        mark = _mark(task)
        if task.__dict__.get("_mark") != mark:
            task.__dict__["_mark"] = mark
            changed.append(mark if isinstance(mark, list) else _store_task(task))
    known = flow.__dict__.get("_known", frozenset())
    gone = [key.bytes for key in known - flow.tasks.keys()]
    if changed or gone:
        flow.__dict__["_known"] = set(flow.tasks)
    return changed, gone


def changes(flow: Flow, head: list[Any]) -> bytes:
    """What this step changed, with the head of the history chain; remembers it as stored."""
    body: dict[bytes, list[Any]] = {}
    for each in flow.open_and_closed():
        key = b"" if each is flow else each.parent_task_id.bytes
        if key and each.is_frozen:
            continue
        changed, gone = _changed(each)
        header = _header(each)
        if changed or gone or each.__dict__.get("_header") != header:
            body[key] = [header, changed, gone]
            each.__dict__["_header"] = header
    known = flow.__dict__.get("_flows", frozenset())
    dead = [key.bytes for key in known - flow.subprocesses.keys()]
    flow.__dict__["_flows"] = set(flow.subprocesses)
    return _pack({"flows": body, "dead": dead, "head": head})


def nothing(head: list[Any]) -> bytes:
    """A step that left the tree alone."""
    return _pack({"flows": {}, "dead": [], "head": head})


def snapshot(flow: Flow, head: list[Any]) -> bytes:
    """Everything, finished called processes packed each by itself."""
    body: dict[bytes, list[Any]] = {b"": [_header(flow), _all_tasks(flow), []]}
    frozen: dict[bytes, list[Any]] = {}
    for key, each in flow.subprocesses.items():
        if each.is_frozen:
            frozen[key.bytes] = each.__dict__["_frozen"]
        elif each.completed:
            frozen[key.bytes] = [_header(each), msgpack.packb(_share(_all_tasks(each)))]
        else:
            body[key.bytes] = [_header(each), _all_tasks(each), []]
    return _pack({"flows": body, "dead": [], "frozen": frozen, "head": head})


def _all_tasks(flow: Any) -> list[Stored]:
    return [_store_task(task) for task in flow.tasks.values()]


def _share(tasks: list[Stored]) -> list[Any]:
    """Equal data once: [tasks with a position in the table, table]."""
    table: dict[bytes, int] = {}
    pointing = [[*t[:_DATA], table.setdefault(t[_DATA], len(table))] for t in tasks]
    return [pointing, list(table)]


def _unshare(shared: list[Any]) -> list[Stored]:
    tasks, table = shared
    return [[*t[:_DATA], table[t[_DATA]]] for t in tasks]


def _pack(body: dict[str, Any]) -> bytes:
    flows = {key: [header, _share(tasks), gone] for key, (header, tasks, gone) in body["flows"].items()}
    if not hasattr(_codec, "compress"):
        _codec.compress = zstandard.ZstdCompressor(level=1).compress
    packed: bytes = _codec.compress(msgpack.packb({**body, "flows": flows}))
    return packed


def _unpack(packed: bytes) -> dict[str, Any]:
    if not hasattr(_codec, "decompress"):
        _codec.decompress = zstandard.ZstdDecompressor().decompress
    body: dict[str, Any] = msgpack.unpackb(_codec.decompress(packed), strict_map_key=False)
    return body


def head_of(packed: bytes) -> list[Any]:
    """[seq, digest] of the last history event when this was stored."""
    head: list[Any] = _unpack(packed)["head"]
    return head


def restore(bodies: Iterable[bytes], specification: Specification) -> Flow:
    """Bring a process back from its snapshot and what followed, oldest first."""
    flows, frozen = _merged([_unpack(body) for body in bodies])
    flow = Flow(specification.top, dict(specification.called), deserializing=True)
    called = {key: _empty(flow, UUID(bytes=key), header) for key, (header, _) in flows.items() if key}
    for key, (header, packed) in frozen.items():
        _freeze(flow, UUID(bytes=key), header, packed)
    _fill(flow, *flows[b""])
    for key, each in called.items():
        _fill(each, *flows[key])
    for each in called.values():
        if not each.completed:
            owner = flow.get_task_from_id(each.parent_task_id)
            each.completed_event.connect(owner.task_spec._on_subworkflow_completed, owner)
    flow.__dict__["_flows"] = set(flow.subprocesses)
    return flow


def _merged(bodies: list[dict[str, Any]]) -> tuple[dict[bytes, Any], dict[bytes, Any]]:
    flows: dict[bytes, Any] = {}
    frozen: dict[bytes, Any] = dict(bodies[0].get("frozen", {}))
    for body in bodies:
        for key, (header, shared, gone) in body["flows"].items():
            if key in frozen:
                old_header, packed = frozen.pop(key)
                flows[key] = [old_header, {t[0]: t for t in _unshare(msgpack.unpackb(packed))}]
            tasks = flows.setdefault(key, [None, {}])[1]
            for task_id in gone:
                tasks.pop(task_id, None)
            tasks.update((t[0], t) for t in _unshare(shared))
            flows[key][0] = header
        for key in body["dead"]:
            flows.pop(key, None)
            frozen.pop(key, None)
    return flows, frozen


def _empty(flow: Flow, key: UUID, header: list[Any]) -> CalledFlow:
    called = CalledFlow.restored(flow.subprocess_specs[header[1]], key, flow, header[6])
    flow.subprocesses[key] = called
    return called


def _freeze(flow: Flow, key: UUID, header: list[Any], packed: bytes) -> None:
    called = _empty(flow, key, header)
    called.success, called.completed = header[4], header[5]
    called.__dict__["_frozen"] = [header, packed]
    called.thaw = _thaw


def _thaw(called: CalledFlow) -> None:
    header, packed = called.__dict__["_frozen"]
    _fill(called, header, {t[0]: t for t in _unshare(msgpack.unpackb(packed))})


def _fill(flow: Any, header: list[Any], stored: dict[bytes, Stored]) -> None:
    root, _, data, last, success, completed, _ = header
    tasks = flow.__dict__["tasks"] = {}
    manager = flow.top_workflow.event_manager
    for each in stored.values():
        task = LazyTask(flow, each)
        tasks[task.id] = task
        state = each[4]
        finished = state & _FINISHED
        task.__dict__["_mark"] = (state, each[3], *task._children) if finished else each
        if state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
            manager.add_task(task)
    flow.task_tree, flow.data = tasks[UUID(bytes=root)], orjson.loads(data)
    flow.last_task = tasks.get(UUID(bytes=last)) if last else None
    flow.success, flow.completed = success, completed
    flow.__dict__["_known"], flow.__dict__["_header"] = set(tasks), header
