"""Where a process stands in one of its diagrams: colours for the picture and the same steps as text."""

from collections.abc import Iterable
from dataclasses import dataclass

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
    way: tuple[WayStep, ...]


def place(path: Path, process: Process, inside: str = "") -> Place:
    """The diagram of the process called at `inside` ("approve", "a/b"); empty for the top process."""
    nodes = [node for node in path.nodes if _parent(node.path) == inside]
    states: dict[str, str] = {node.element: node.state for node in nodes}
    states |= {_last(flow): "done" for flow in path.flows if _parent(flow) == inside}
    diagram = _last(inside) if inside else process.version.key
    return Place(
        version_id=process.version_id, file=f"{diagram}.bpmn", states=states, way=tuple(_way(nodes))
    )


def calling_path(path: Path, diagram: str, key: str) -> str | None:
    """Where the process of this id is called: "" for the top, None where nothing calls it."""
    if diagram == key:
        return ""
    calls = [node.path for node in path.nodes if node.element == diagram and node.kind == "callActivity"]
    return calls[0] if calls else None


def deepest(path: Path) -> str:
    """The calling path of what is open now, the deepest first; the top where nothing is open."""
    open_now = [_parent(node.path) for node in path.nodes if node.state == "now"]
    return max(open_now, key=lambda inside: inside.count("/") + bool(inside), default="")


def _way(nodes: Iterable[NodeState]) -> Iterable[WayStep]:
    for node in nodes:
        if node.kind in TOLD and (node.name or node.name_en):
            times = f"{node.visits}×" if node.visits > 1 else ""
            yield WayStep(name=twin(node), state=node.state, note=times)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _last(path: str) -> str:
    return path.rpartition("/")[2]
