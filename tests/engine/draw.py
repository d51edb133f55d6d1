"""Writes small diagrams for the tests of the engine."""

import itertools
from html import escape

_NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
    'xmlns:bihuan="http://bihuan.org/schema/1.0"'
)


def file(*parts: str) -> bytes:
    """One file: processes, messages and errors."""
    text = f'<bpmn:definitions {_NAMESPACES} id="d" targetNamespace="http://t">{"".join(parts)}</bpmn:definitions>'
    return text.encode()


def process(
    key: str, *parts: str, takes: str = "", gives: str = "", name: str = "", name_en: str = ""
) -> str:
    names = f' name="{name or key}"' + (f' bihuan:name_en="{name_en}"' if name_en else "")
    inner = _io(key, takes, gives) + "".join(parts)
    return f'<bpmn:process id="{key}"{names} isExecutable="true">{inner}</bpmn:process>'


def _io(key: str, takes: str, gives: str) -> str:
    if not takes and not gives:
        return ""
    ins = "".join(f'<bpmn:dataInput id="{key}_in_{n}" name="{n}"/>' for n in takes.split())
    outs = "".join(f'<bpmn:dataOutput id="{key}_out_{n}" name="{n}"/>' for n in gives.split())
    return f"<bpmn:ioSpecification>{ins}{outs}<bpmn:inputSet/><bpmn:outputSet/></bpmn:ioSpecification>"


def _node(kind: str, key: str, inner: str = "", extension: str = "", **attributes: str) -> str:
    more = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items() if value)
    held = f"<bpmn:extensionElements>{extension}</bpmn:extensionElements>" if extension else ""
    return f'<bpmn:{kind} id="{key}"{more}>{held}{inner}</bpmn:{kind}>'


def _properties(given: dict[str, str]) -> str:
    if not given:
        return ""
    inner = "".join(f'<spiffworkflow:property name="{n}" value="{escape(v)}"/>' for n, v in given.items())
    return f"<spiffworkflow:properties>{inner}</spiffworkflow:properties>"


def start(key: str = "start", event: str = "", interrupting: str = "") -> str:
    return _node("startEvent", key, event, isInterrupting=interrupting)


def end(key: str = "end", event: str = "") -> str:
    return _node("endEvent", key, event)


def user(key: str, many: str = "", name: str = "", **properties: str) -> str:
    return _node("userTask", key, many, _properties(properties), name=name)


def box(key: str) -> str:
    return _node("task", key)


def service(
    key: str,
    operation: str,
    result: str = "",
    many: str = "",
    retries: int | None = None,
    time_limit: str = "",
    name: str = "",
    **given: str,
) -> str:
    inner = "".join(
        f'<spiffworkflow:parameter id="{n}" type="any" value="{escape(v)}"/>' for n, v in given.items()
    )
    variable = f' resultVariable="{result}"' if result else ""
    asked = {"retries": "" if retries is None else str(retries), "time_limit": time_limit}
    call = (
        f'<spiffworkflow:serviceTaskOperator id="{operation}"{variable}>'
        f"<spiffworkflow:parameters>{inner}</spiffworkflow:parameters></spiffworkflow:serviceTaskOperator>"
    )
    said = _properties({n: v for n, v in asked.items() if v})
    return _node("serviceTask", key, many, call + said, name=name)


def decision(key: str, table: str, **properties: str) -> str:
    called = f"<spiffworkflow:calledDecisionId>{table}</spiffworkflow:calledDecisionId>"
    return _node("businessRuleTask", key, "", called + _properties(properties))


def call(key: str, called: str, many: str = "") -> str:
    return _node("callActivity", key, many, calledElement=called)


def sub(key: str, *parts: str, many: str = "", by_event: bool = False) -> str:
    return _node("subProcess", key, many + "".join(parts), triggeredByEvent="true" if by_event else "")


def exclusive(key: str, default: str = "") -> str:
    return _node("exclusiveGateway", key, default=default)


def parallel(key: str) -> str:
    return _node("parallelGateway", key)


def first_of(key: str) -> str:
    return _node("eventBasedGateway", key)


def catch(key: str, event: str, **properties: str) -> str:
    return _node("intermediateCatchEvent", key, event, _properties(properties))


def border(key: str, at: str, event: str, interrupting: bool = True, **properties: str) -> str:
    cancels = "true" if interrupting else "false"
    return _node(
        "boundaryEvent", key, event, _properties(properties), attachedToRef=at, cancelActivity=cancels
    )


def timer(text: str, kind: str = "timeDuration") -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{escape(text)}</bpmn:{kind}></bpmn:timerEventDefinition>"


def message(ref: str, variable: str = "") -> str:
    held = f"<spiffworkflow:messageVariable>{variable}</spiffworkflow:messageVariable>" if variable else ""
    inner = f"<bpmn:extensionElements>{held}</bpmn:extensionElements>" if held else ""
    return f'<bpmn:messageEventDefinition messageRef="m_{ref}">{inner}</bpmn:messageEventDefinition>'


def error(ref: str = "") -> str:
    return f"<bpmn:errorEventDefinition{f' errorRef={chr(34)}e_{ref}{chr(34)}' if ref else ''}/>"


TERMINATE = "<bpmn:terminateEventDefinition/>"


def messages(*names: str) -> str:
    return "".join(f'<bpmn:message id="m_{n}" name="{n}"/>' for n in names)


def errors(*codes: str) -> str:
    return "".join(f'<bpmn:error id="e_{c}" name="{c}" errorCode="{c}"/>' for c in codes)


def many(
    source: str, item: str, target: str = "", result: str = "", until: str = "", one_by_one: bool = False
) -> str:
    key = f"{source}_{item}_{target}"
    parts = f"<bpmn:loopDataInputRef>{source}</bpmn:loopDataInputRef>"
    if target:
        parts += f"<bpmn:loopDataOutputRef>{target}</bpmn:loopDataOutputRef>"
    parts += f'<bpmn:inputDataItem id="{key}_in" name="{item}"/>'
    if result:
        parts += f'<bpmn:outputDataItem id="{key}_out" name="{result}"/>'
    if until:
        parts += f"<bpmn:completionCondition>{escape(until)}</bpmn:completionCondition>"
    order = "true" if one_by_one else "false"
    tag = "bpmn:multiInstanceLoopCharacteristics"
    return f'<{tag} isSequential="{order}">{parts}</{tag}>'


def way(*nodes: str) -> str:
    """Flows from each node to the next: "a b" pairs joined, ids a_b."""
    return "".join(flow(a, b) for a, b in itertools.pairwise(nodes))


def flow(source: str, target: str, condition: str = "", key: str = "") -> str:
    inner = f"<bpmn:conditionExpression>{escape(condition)}</bpmn:conditionExpression>" if condition else ""
    ends = f'sourceRef="{source}" targetRef="{target}"'
    return f'<bpmn:sequenceFlow id="{key or f"{source}_{target}"}" {ends}>{inner}</bpmn:sequenceFlow>'
