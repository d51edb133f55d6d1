"""Where a process stands in one of its diagrams: colours for the picture and the same steps as text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from flask import current_app
from flask_babel import gettext

from app.diagrams.arrows import arrows, nearest
from app.engine.problems import EngineProblem
from app.engine.values import NodeState, Path
from app.locale import twin
from models.process import Process

#: kinds of elements a reader would name when telling the way
TOLD = frozenset(
    {"userTask", "manualTask", "serviceTask", "businessRuleTask", "callActivity", "subProcess", "endEvent"}
)


@dataclass(frozen=True, kw_only=True)
class WayStep:
    """One step of the way in words."""

    name: str
    #: done, now, or future for what comes next
    state: str
    #: how often it was passed, where more than once
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One diagram of one process, as it stands."""

    version_id: int
    #: file of the version that draws it
    file: str
    #: {element or flow: done | now | future | skipped}
    states: dict[str, str]
    #: the way taken, what is open, and what comes next
    way: tuple[WayStep, ...]
    #: {element: how often it was passed}, where more than once
    counts: dict[str, dict[str, str]] = field(default_factory=dict)


def place(path: Path, process: Process, inside: str = "") -> Place:
    """The diagram of the process called at `inside` ("approve", "a/b"); empty for the top process."""
    nodes = [node for node in path.nodes if _parent(node.path) == inside]
    drawn = _drawn_in(path, inside)
    states: dict[str, str] = {
        node.element: node.state for node in path.nodes if _parent(node.path) in drawn and not _listens(node)
    }
    states |= {_last(flow): "done" for flow in path.flows if _parent(flow) in drawn}
    file = f"{_last(inside) if inside else process.version.key}.bpmn"
    told = [node for node in nodes if node.kind in TOLD and (node.name or node.name_en)]
    return Place(
        version_id=process.version_id,
        file=file,
        states=states,
        way=tuple(_way(told, _following(told, process.version_id, file))),
        counts={node.element: {"waiting": _times(node)} for node in told if node.visits > 1},
    )


def calling_path(path: Path, diagram: str, key: str) -> str | None:
    """Where the process of this id is called: "" for the top, None where nothing calls it."""
    if diagram == key:
        return ""
    calls = [node.path for node in path.nodes if node.element == diagram and node.kind == "callActivity"]
    return calls[0] if calls else None


def _drawn_in(path: Path, inside: str) -> set[str]:
    """What one drawing shows: a process, and the sub-processes drawn open in it at any depth."""
    drawn = {inside}
    for node in sorted(path.nodes, key=lambda node: node.path.count("/")):
        if node.kind == "subProcess" and _parent(node.path) in drawn:
            drawn.add(node.path)
    return drawn


def _listens(node: NodeState) -> bool:
    """An event at a border only listens while its step is open: the process does not stand there."""
    return node.kind == "boundaryEvent" and node.state == "now"


def _way(told: Sequence[NodeState], following: Iterable[NodeState]) -> Iterable[WayStep]:
    """The steps taken in the order they were first entered, then what is open, then what follows it."""
    taken = [node for node in told if node.state == "done"]
    taken.sort(key=lambda node: node.entered_at.timestamp() if node.entered_at else 0.0)
    for node in (*taken, *(node for node in told if node.state == "now")):
        yield WayStep(name=twin(node), state=node.state, note=_times(node) if node.visits > 1 else "")
    names = [twin(node) for node in following]
    if names:
        yield WayStep(name=str(gettext(" or ")).join(names), state="future")


def _following(told: Sequence[NodeState], version_id: int, file: str) -> list[NodeState]:
    """What comes next after the open steps: the nearest steps, or the end where only an end follows."""
    begin = [node.element for node in told if node.state == "now"]
    if not begin:
        return []
    try:
        leads = arrows(current_app.extensions["engine"].source(version_id, file))
    except EngineProblem:
        return []
    ends = {node.element for node in told if node.kind == "endEvent"}
    steps = {node.element for node in told} - ends
    found = nearest(leads, begin, steps) or nearest(leads, begin, ends)
    return [node for node in told if node.element in found and node.state != "now"]


def _times(node: NodeState) -> str:
    return f"{node.visits}×"


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _last(path: str) -> str:
    return path.rpartition("/")[2]
