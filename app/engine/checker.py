"""Looks at diagrams before they are put in force: every finding names the element and says what to do.

First our own rules over the XML (nothing in it is run), then SpiffWorkflow's parser, so that what passes is
what the engine can take. Requirement: design section 4, the parser is the linter.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from app.engine import faults
from app.engine.diagrams import FLOW_NODES, REFUSED, flows_in, kind_of, maps_of, names_of, nodes_in, scopes_in
from app.engine.faults import Fault
from app.engine.parser import BPMN, Unreadable, parse, read_xml
from app.engine.rules import Rules
from app.engine.values import Bundle, Finding, Operation

#: nodes of one process; deeper chains overrun the recursive parser of SpiffWorkflow
MOST_NODES = 300
_GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "task"})
_FORKS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})


@dataclass(kw_only=True)
class Checked:
    """What the checker found, and what it parsed where nothing stood against it."""

    findings: list[Finding] = field(default_factory=list)
    roots: dict[str, Any] = field(default_factory=dict)
    maps: dict[str, Any] = field(default_factory=dict)
    #: decision tables the diagrams ask
    asked: set[str] = field(default_factory=set)
    top: Any = None
    called: dict[str, Any] = field(default_factory=dict)

    @property
    def errors(self) -> list[Finding]:
        """What stands against publishing."""
        return [f for f in self.findings if f.severity == "error"]

    def say(self, fault: Fault, node: Any, **fields: object) -> None:
        """Note a finding at an element (or at a file, where there is none)."""
        element = node if isinstance(node, str) else node.get("id") or ""
        name = "" if isinstance(node, str) else names_of(node)[0]
        self.findings.append(
            Finding(
                element=element,
                name=name,
                severity=fault.severity,
                message=fault.message,
                fields={"element": name or element, **fields},
                fix=fault.fix,
            )
        )


def check(bundle: Bundle, operations: Mapping[str, Operation], decisions: Mapping[str, str]) -> Checked:
    """Read all files, apply all rules, and parse where they hold."""
    checked = Checked()
    _read(bundle, checked)
    processes = {p.get("id"): p for root in checked.roots.values() for p in root.iterfind(f"{BPMN}process")}
    if bundle.key not in processes and not checked.errors:
        checked.say(faults.NO_PROCESS, bundle.key, key=bundle.key)
    rules = Rules(
        checked.say,
        operations,
        decisions,
        bundle.forms,
        _named(checked.roots.values(), "message", "name"),
        _named(checked.roots.values(), "error", "errorCode"),
    )
    for process in processes.values():
        for scope in scopes_in(process):
            _look_at_scope(checked, rules, scope, processes)
    checked.asked = rules.asked
    _calls_in_circles(checked, processes)
    checked.maps = maps_of(checked.roots)
    if not checked.errors:
        _parse(bundle, checked)
    return checked


def _read(bundle: Bundle, checked: Checked) -> None:
    for name, source in sorted(bundle.diagrams.items()):
        try:
            checked.roots[name] = read_xml(source)
        except Unreadable as problem:
            if str(problem) == "DOCTYPE":
                checked.say(faults.DOCTYPE, name, file=name)
            else:
                checked.say(faults.UNREADABLE, name, file=name, reason=str(problem))
    for name, source in sorted(bundle.forms.items()):
        try:
            orjson.loads(source)
        except orjson.JSONDecodeError as problem:
            checked.say(faults.BAD_FORM, name, form=name, reason=str(problem))
    _ids_given_twice(checked)


def _ids_given_twice(checked: Checked) -> None:
    """Ids are unique in a file, ids of processes in all files."""
    roots = checked.roots.values()
    inside = [Counter(n.get("id") for n in root.iter(f"{BPMN}*") if n.get("id")) for root in roots]
    across = Counter(p.get("id") for root in roots for p in root.iterfind(f"{BPMN}process"))
    for ids in [*inside, across]:
        for given, count in ids.items():
            if count > 1:
                checked.say(faults.TWICE, given or "", id=given)


def _named(roots: Iterable[Any], kind: str, attribute: str) -> dict[str, str]:
    return {n.get("id"): n.get(attribute) or "" for root in roots for n in root.iterfind(f"{BPMN}{kind}")}


def _look_at_scope(checked: Checked, rules: Rules, scope: Any, processes: Mapping[str, Any]) -> None:
    for child in scope:
        if kind_of(child) in REFUSED:
            _refuse(checked, child)
    nodes = {n.get("id"): n for n in nodes_in(scope)}
    if len(nodes) > MOST_NODES:
        checked.say(faults.TOO_MANY, scope, count=len(nodes), limit=MOST_NODES)
    for element, node in nodes.items():
        if not element:
            checked.say(faults.NO_ID, node, kind=kind_of(node))
        rules.look_at(node)
        if kind_of(node) == "callActivity" and node.get("calledElement") not in processes:
            checked.say(faults.UNKNOWN_CALL, node, called=node.get("calledElement") or "")
    _begins_and_ends(checked, scope, nodes)
    _look_at_flows(checked, rules, scope, nodes)


def _refuse(checked: Checked, node: Any) -> None:
    kind = kind_of(node)
    if kind == "scriptTask":
        checked.say(faults.SCRIPT, node, kind=kind)
    else:
        checked.say(faults.UNSUPPORTED, node, kind=kind, supported=", ".join(sorted(FLOW_NODES)))


def _begins_and_ends(checked: Checked, scope: Any, nodes: Mapping[str, Any]) -> None:
    kinds = Counter(kind_of(n) for n in nodes.values())
    if kinds["startEvent"] != 1:
        checked.say(faults.NO_START, scope, count=kinds["startEvent"])
    if not kinds["endEvent"]:
        checked.say(faults.NO_END, scope)


def _look_at_flows(checked: Checked, rules: Rules, scope: Any, nodes: Mapping[str, Any]) -> None:
    leaving: dict[str, list[Any]] = {element: [] for element in nodes}
    arriving: Counter[str] = Counter()
    for flow in flows_in(scope):
        source, target = flow.get("sourceRef"), flow.get("targetRef")
        if source not in nodes or target not in nodes:
            checked.say(faults.BAD_FLOW, flow, flow=flow.get("id"))
            continue
        leaving[source].append(flow)
        arriving[target] += 1
        _look_at_condition(checked, rules, flow, nodes[source])
    for element, flows in leaving.items():
        _look_at_leaving(checked, nodes, nodes[element], flows, arriving)
    _unreached(checked, nodes, leaving)
    _circles(checked, nodes, leaving)


def _look_at_condition(checked: Checked, rules: Rules, flow: Any, source: Any) -> None:
    condition = flow.find(f"{BPMN}conditionExpression")
    decides = kind_of(source) in ("exclusiveGateway", "inclusiveGateway")
    if condition is not None:
        rules.expression(flow, condition.text)
        if not decides:
            checked.say(faults.LOST_CONDITION, flow, flow=flow.get("id"))
    elif decides and source.get("default") != flow.get("id") and len(_outgoing(flow, source)) > 1:
        checked.say(faults.NO_CONDITION, flow, flow=flow.get("name") or flow.get("id"))


def _outgoing(flow: Any, source: Any) -> list[Any]:
    return [f for f in flows_in(flow.getparent()) if f.get("sourceRef") == source.get("id")]


def _look_at_leaving(
    checked: Checked, nodes: Mapping[str, Any], node: Any, flows: list[Any], arriving: Counter[str]
) -> None:
    kind = kind_of(node)
    if len(flows) > 1 and kind not in _FORKS:
        checked.say(faults.FORK, node)
    if not flows and kind != "endEvent" and node.get("triggeredByEvent") != "true":
        checked.say(faults.DEAD_END, node)
    if kind == "eventBasedGateway":
        targets = [f.get("targetRef") for f in flows]
        if any(kind_of(nodes[t]) != "intermediateCatchEvent" or arriving[t] > 1 for t in targets):
            checked.say(faults.EVENT_GATEWAY, node)


def _unreached(checked: Checked, nodes: Mapping[str, Any], leaving: Mapping[str, list[Any]]) -> None:
    roots = [e for e, n in nodes.items() if kind_of(n) == "startEvent" or n.get("triggeredByEvent") == "true"]
    borders = {e: n.get("attachedToRef") for e, n in nodes.items() if kind_of(n) == "boundaryEvent"}
    seen: set[str] = set()
    while roots:
        element = roots.pop()
        if element not in seen:
            seen.add(element)
            roots.extend(f.get("targetRef") for f in leaving[element])
            roots.extend(border for border, at in borders.items() if at == element)
    for element in nodes.keys() - seen:
        checked.say(faults.UNREACHED, nodes[element])


def _circles(checked: Checked, nodes: Mapping[str, Any], leaving: Mapping[str, list[Any]]) -> None:
    """A circle of gateways alone decides the same for ever: nothing in it changes the data."""
    idle = {e for e, n in nodes.items() if kind_of(n) in _GATEWAYS}
    while True:
        ends = {e for e in idle if not any(f.get("targetRef") in idle for f in leaving[e])}
        if not ends:
            break
        idle -= ends
    if idle:
        checked.say(faults.NEVER_WAITS, nodes[min(idle)], elements=", ".join(sorted(idle)))


def _calls_in_circles(checked: Checked, processes: Mapping[str, Any]) -> None:
    calls = {
        key: {n.get("calledElement") for n in process.iter(f"{BPMN}callActivity")} & processes.keys()
        for key, process in processes.items()
    }
    while calls:
        ends = {key for key, called in calls.items() if not called & calls.keys()}
        if not ends:
            checked.say(faults.CALLS_ITSELF, processes[min(calls)], called=min(calls))
            return
        calls = {key: called for key, called in calls.items() if key not in ends}


def _parse(bundle: Bundle, checked: Checked) -> None:
    try:
        checked.top, checked.called = parse(checked.roots, bundle.key)
    except ValidationException as problem:
        element = str(getattr(problem, "id", "") or bundle.key)
        checked.say(faults.NOT_PARSED, element, reason=str(problem))
    except RecursionError:
        checked.say(faults.TOO_MANY, bundle.key, count="?", limit=MOST_NODES)
