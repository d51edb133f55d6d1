"""What the steps after a job would miss if it were skipped: variables they read and nobody has set."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.engine import moments
from app.engine.diagrams import flows_in, kind_of, names_of, nodes_in
from app.engine.expressions import FUNCTIONS
from app.engine.parser import BPMN, SPIFF, properties_at, read_xml
from app.engine.specification import Specification

#: properties of elements that are expressions
_EXPRESSIONS = ("candidates", "correlation", "due")
#: what a condition of a multi-instance activity may always read
_GIVEN = frozenset({"votes", "nr_of_instances", "nr_of_completed"})


@dataclass(frozen=True, kw_only=True)
class Need:
    """A variable, and the step that reads it first."""

    variable: str
    element: str
    name: str
    name_en: str


@dataclass(frozen=True, kw_only=True)
class Following:
    """The steps right after an element, and what the ways from there on need."""

    #: the variable that gets the result; empty where each of its entries becomes one
    variable: str = ""
    #: (name, name_en)
    next_steps: tuple[tuple[str, str], ...] = ()
    needs: tuple[Need, ...] = ()


def following(
    specification: Specification, tables: Mapping[str, Any], element: str, known: set[str]
) -> Following:
    """Walk on from an element of a version; `known` are the variables that have a value there.

    `tables` gives the texts a decision table looks at, by its id.
    """
    roots = {
        name: read_xml(text.encode())
        for name, text in specification.sources.items()
        if name.endswith(".bpmn")
    }
    node = next(
        (n for root in roots.values() for n in root.iter(f"{BPMN}serviceTask") if n.get("id") == element),
        None,
    )
    if node is None:
        return Following()
    processes = {p.get("id"): p for root in roots.values() for p in root.iterfind(f"{BPMN}process")}
    found: dict[str, Need] = {}
    after = list(_after(node))
    set_later = {name for each in after for name in _sets(each)}
    for each in after:
        name, name_en = names_of(each)
        for variable in _reads(each, processes, tables):
            if variable not in known | set_later | _GIVEN:
                need = Need(variable=variable, element=each.get("id"), name=name, name_en=name_en)
                found.setdefault(variable, need)
    direct = [n for n in after if n.get("id") in {f.get("targetRef") for f in _leaving(node)}]
    return Following(
        variable=next(_result_of(node), ""),
        next_steps=tuple(names_of(n) for n in direct),
        needs=tuple(found.values()),
    )


def _leaving(node: Any) -> list[Any]:
    return [flow for flow in flows_in(node.getparent()) if flow.get("sourceRef") == node.get("id")]


def _after(node: Any) -> Iterator[Any]:
    """Every node that can be reached, nearest first; out of a sub-process the way goes on where it ends."""
    seen, waiting = {node.get("id")}, [node]
    while waiting:
        here = waiting.pop(0)
        targets = {flow.get("targetRef") for flow in _leaving(here)}
        found = [n for n in nodes_in(here.getparent()) if n.get("id") in targets]
        if not targets and kind_of(here.getparent()) == "subProcess":
            found = [here.getparent()]
        for each in found:
            if each.get("id") not in seen:
                seen.add(each.get("id"))
                waiting.append(each)
                yield each
                yield from (n for n in each.iter() if n is not each and kind_of(n).endswith("Task"))


def _reads(node: Any, processes: Mapping[str, Any], tables: Mapping[str, Any]) -> Iterator[str]:
    """The variables a node, or a flow that leaves it, reads."""
    for text in _texts(node):
        yield from _names(text)
    called = processes.get(node.get("calledElement") or "")
    if called is not None:
        declared = called.findall(f"{BPMN}ioSpecification/{BPMN}dataInput")
        yield from (item.get("name") or item.get("id") for item in declared)
    table = (node.findtext(f"{BPMN}extensionElements/{SPIFF}calledDecisionId") or "").strip()
    for text in tables.get(table, ()):
        yield from _names(text)


def _texts(node: Any) -> Iterator[str]:
    for parameter in node.iterfind(f".//{SPIFF}parameter"):
        yield parameter.get("value") or ""
    given = properties_at(node)
    yield from (given[name] for name in _EXPRESSIONS if name in given)
    for tag in ("timeDate", "timeDuration", "timeCycle", "loopDataInputRef", "completionCondition"):
        yield from (found.text or "" for found in node.iterfind(f".//{BPMN}{tag}"))
    for flow in _leaving(node):
        yield flow.findtext(f"{BPMN}conditionExpression") or ""


def _names(text: str) -> Iterator[str]:
    if not text.strip() or moments.is_literal(text):
        return
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        return
    yield from (n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id not in FUNCTIONS)


def _sets(node: Any) -> Iterator[str]:
    """The variables a node is known to set: declared results and the items of its instances."""
    given = properties_at(node)
    if kind_of(node) == "userTask":
        yield given.get("result") or "outcome"
    elif "result" in given:
        yield given["result"]
    yield from _result_of(node)
    for tag in ("inputDataItem", "outputDataItem"):
        yield from (item.get("name") or "" for item in node.iterfind(f".//{BPMN}{tag}"))
    yield from (found.text or "" for found in node.iterfind(f".//{BPMN}loopDataOutputRef"))


def _result_of(node: Any) -> Iterator[str]:
    """The variable that gets the result of a service task, where it names one."""
    for operator in node.iterfind(f"{BPMN}extensionElements/{SPIFF}serviceTaskOperator"):
        yield from filter(None, [operator.get("resultVariable")])
