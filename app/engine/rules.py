"""The rules of single elements of a diagram: what each must have so that it can run here."""

from collections.abc import Callable, Mapping
from typing import Any

from app.engine import expressions, faults, moments
from app.engine.diagrams import kind_of
from app.engine.faults import Fault
from app.engine.parser import BPMN, SPIFF, properties_at
from app.engine.problems import EngineProblem, ExpressionRefused
from app.engine.to_dos import words
from app.engine.values import Operation

Say = Callable[..., None]
#: more tries than this would be a way round a person
MOST_RETRIES = 100
_DEFINITIONS = {
    "startEvent": (),
    "endEvent": ("errorEventDefinition", "terminateEventDefinition"),
    "boundaryEvent": ("timerEventDefinition", "messageEventDefinition", "errorEventDefinition"),
    "intermediateCatchEvent": ("timerEventDefinition", "messageEventDefinition"),
}


class Rules:
    """The rules, with what they need to know of the installation and of the other files."""

    def __init__(
        self,
        say: Say,
        operations: Mapping[str, Operation],
        decisions: Mapping[str, str],
        forms: Mapping[str, bytes],
        messages: Mapping[str, str],
        errors: Mapping[str, str],
    ) -> None:
        self.say = say
        self.operations, self.decisions, self.forms = operations, decisions, forms
        self.messages, self.errors = messages, errors
        #: decision tables the diagrams ask
        self.asked: set[str] = set()

    def look_at(self, node: Any) -> None:
        """Apply every rule that concerns this node."""
        self._runs_no_code(node)
        kind = kind_of(node)
        rule = {
            "userTask": self._user_task,
            "serviceTask": self._service_task,
            "businessRuleTask": self._decision_task,
        }.get(kind)
        if rule is not None:
            rule(node)
        if kind in _DEFINITIONS:
            self._event(node, kind)
        self._instances(node)

    def expression(self, node: Any, text: str | None, fault: Fault = faults.BAD_EXPRESSION) -> None:
        """An expression must be in the small language."""
        try:
            expressions.compiled(text or "")
        except ExpressionRefused as problem:
            self.say(fault, node, expression=(text or "")[:80], reason=problem.fields["reason"])

    def _runs_no_code(self, node: Any) -> None:
        for name in ("preScript", "postScript"):
            if node.find(f"{BPMN}extensionElements/{SPIFF}{name}") is not None:
                self.say(faults.SCRIPT, node, kind=name)
        if node.find(f"{BPMN}standardLoopCharacteristics") is not None:
            self.say(faults.LOOP_MARKER, node)

    def _user_task(self, node: Any) -> None:
        given = properties_at(node)
        form = given.get("form", "")
        if form and f"{form}.json" not in self.forms and form not in self.forms:
            self.say(faults.UNKNOWN_FORM, node, form=form)
        outcomes = words(given.get("outcomes", ""))
        for outcome in words(given.get("opinion_required", "")):
            if outcome not in outcomes:
                self.say(faults.OPINION_WITHOUT_OUTCOME, node, outcome=outcome, outcomes=", ".join(outcomes))
        if given.get("candidates"):
            self.expression(node, given["candidates"])
        if given.get("due"):
            self.timer(node, given["due"])

    def _service_task(self, node: Any) -> None:
        operator = node.find(f"{BPMN}extensionElements/{SPIFF}serviceTaskOperator")
        if operator is None or not operator.get("id"):
            self.say(faults.NO_OPERATION, node)
            return
        name = operator.get("id")
        given = {p.get("id"): p.get("value") for p in operator.iter(f"{SPIFF}parameter")}
        for value in given.values():
            self.expression(node, value)
        self._tries(node, operator)
        operation = self.operations.get(name)
        if operation is None:
            self.say(faults.UNKNOWN_OPERATION, node, operation=name)
            return
        for parameter in given.keys() - set(operation.parameters):
            known = ", ".join(operation.parameters)
            self.say(faults.UNKNOWN_PARAMETER, node, operation=name, parameter=parameter, parameters=known)
        for parameter in set(operation.required) - given.keys():
            self.say(faults.MISSING_PARAMETER, node, operation=name, parameter=parameter)

    def _tries(self, node: Any, operator: Any) -> None:
        """How often a job is tried again, and how long one try may take."""
        given, element = properties_at(node), operator.find(f"{SPIFF}retry")
        asked = [given.get("retries", ""), "" if element is None else element.get("retries", "")]
        for text in filter(None, asked):
            if not (text.isdecimal() and int(text) <= MOST_RETRIES):
                self.say(faults.BAD_RETRIES, node, text=text[:80], most=MOST_RETRIES)
        limit = given.get("time_limit", "").strip()
        if limit and not moments.is_duration(limit):
            self.say(faults.BAD_TIME_LIMIT, node, text=limit[:80])

    def _decision_task(self, node: Any) -> None:
        asked = (node.findtext(f"{BPMN}extensionElements/{SPIFF}calledDecisionId") or "").strip()
        if asked in self.decisions:
            self.asked.add(asked)
        else:
            self.say(faults.UNKNOWN_DECISION, node, decision=asked)

    def _event(self, node: Any, kind: str) -> None:
        found = [child for child in node if kind_of(child).endswith("EventDefinition")]
        allowed = _DEFINITIONS[kind]
        if kind == "startEvent" and node.getparent().get("triggeredByEvent") == "true":
            allowed = ("messageEventDefinition",)
        plain = not found and kind in ("startEvent", "endEvent") and "messageEventDefinition" not in allowed
        if not plain and (len(found) != 1 or kind_of(found[0]) not in allowed):
            kinds = ", ".join(kind_of(f) for f in found) or "none"
            self.say(faults.BAD_EVENT, node, kind=kinds, supported=", ".join(allowed) or "none")
            return
        for definition in found:
            self._definition(node, kind_of(definition), definition)

    def _definition(self, node: Any, kind: str, definition: Any) -> None:
        if kind == "timerEventDefinition":
            self._timer_event(node, definition)
        elif kind == "messageEventDefinition":
            if not self.messages.get(definition.get("messageRef") or ""):
                self.say(faults.NO_MESSAGE, node)
            if correlation := properties_at(node).get("correlation"):
                self.expression(node, correlation)
        elif (
            kind == "errorEventDefinition"
            and kind_of(node) == "endEvent"
            and not self.errors.get(definition.get("errorRef") or "")
        ):
            self.say(faults.NO_ERROR, node)

    def _timer_event(self, node: Any, definition: Any) -> None:
        for kind in ("timeDate", "timeDuration", "timeCycle"):
            text = definition.findtext(f"{BPMN}{kind}")
            if text is None:
                continue
            border = kind_of(node) == "boundaryEvent" and node.get("cancelActivity") == "false"
            if (kind == "timeCycle" or text.strip().startswith("R")) and not border:
                self.say(faults.CYCLE_PLACE, node)
            self.timer(node, text)
            return
        self.say(faults.BAD_TIMER, node, text="", reason="empty")

    def timer(self, node: Any, text: str) -> None:
        """ISO 8601, or an expression that gives it."""
        text = text.strip()
        if moments.is_literal(text):
            return
        try:
            expressions.compiled(text)
        except EngineProblem as problem:
            self.say(faults.BAD_TIMER, node, text=text[:80], reason=problem.fields["reason"])

    def _instances(self, node: Any) -> None:
        marker = node.find(f"{BPMN}multiInstanceLoopCharacteristics")
        if marker is None:
            return
        number = marker.findtext(f"{BPMN}loopCardinality")
        source = marker.findtext(f"{BPMN}loopDataInputRef")
        target = marker.findtext(f"{BPMN}loopDataOutputRef")
        if (number is None) == (source is None):
            self.say(faults.NO_LIST, node)
        if number is not None:
            self.expression(node, number)
        if (target is None) != (marker.find(f"{BPMN}outputDataItem") is None):
            self.say(faults.HALF_OUTPUT, node)
        if target is not None and target == source:
            self.say(faults.SAME_LIST, node)
        condition = marker.findtext(f"{BPMN}completionCondition")
        if condition is not None:
            self.expression(node, condition)
