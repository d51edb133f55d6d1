"""The picture behind a process: its nodes and flows with both names, kept with the version for drawing."""

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from app.engine.parser import BPMN, OURS

FLOW_NODES = frozenset(
    {
        "startEvent", "endEvent", "userTask", "serviceTask", "businessRuleTask", "callActivity", "subProcess",
        "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway",
        "intermediateCatchEvent", "boundaryEvent", "task",
    }
)  # fmt: skip
#: flow nodes of BPMN this engine refuses
REFUSED = frozenset(
    {
        "scriptTask", "manualTask", "sendTask", "receiveTask", "transaction", "adHocSubProcess",
        "complexGateway", "intermediateThrowEvent", "subChoreography", "choreographyTask", "callChoreography",
    }
)  # fmt: skip


def kind_of(node: Any) -> str:
    """The local name of a BPMN element; empty for what is not BPMN."""
    tag = node.tag
    return str(etree.QName(tag).localname) if isinstance(tag, str) and tag.startswith(BPMN) else ""


def names_of(node: Any) -> tuple[str, str]:
    """Chinese and English name; each stands in for a missing other."""
    name = node.get("name") or node.get("id") or ""
    return name, node.get(f"{OURS}name_en") or name


def nodes_in(scope: Any) -> Iterator[Any]:
    """The flow nodes drawn directly in a process or sub-process."""
    return (child for child in scope if kind_of(child) in FLOW_NODES)


def flows_in(scope: Any) -> Iterator[Any]:
    """The sequence flows drawn directly in a process or sub-process."""
    return (child for child in scope if kind_of(child) == "sequenceFlow")


def scopes_in(process: Any) -> Iterator[Any]:
    """A process and all sub-processes drawn inside it."""
    yield process
    yield from process.iter(f"{BPMN}subProcess")


def map_of(scope: Any) -> dict[str, Any]:
    """Nodes as [id, kind, name, name_en, what it calls] and flows as [id, source, target]."""
    nodes = []
    for node in nodes_in(scope):
        kind = kind_of(node)
        called = node.get("calledElement") if kind == "callActivity" else None
        nodes.append(
            [node.get("id"), kind, *names_of(node), node.get("id") if kind == "subProcess" else called]
        )
    flows = [[f.get("id"), f.get("sourceRef"), f.get("targetRef")] for f in flows_in(scope)]
    name, name_en = names_of(scope)
    return {"name": name, "name_en": name_en, "nodes": nodes, "flows": flows}


def maps_of(roots: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The picture of every process and sub-process by its id."""
    found = {}
    for root in roots.values():
        for process in root.iterfind(f"{BPMN}process"):
            for scope in scopes_in(process):
                found[scope.get("id")] = map_of(scope)
    return found
