"""Reads diagrams: safe XML first, then SpiffWorkflow's parser with the host's own elements in it."""

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.event_parsers import EventBasedGatewayParser
from SpiffWorkflow.bpmn.parser.task_parsers import GatewayParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnIoSpecification
from SpiffWorkflow.bpmn.specs.data_spec import TaskDataReference
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, IntermediateCatchEvent, StartEvent
from SpiffWorkflow.spiff.parser import event_parsers as events
from SpiffWorkflow.spiff.parser import task_spec as tasks
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser, SpiffProcessParser

from app.engine import elements
from app.engine.events import Cycle, CycleKeepingJoin, End, Error, FirstOf, Message, OneOf, Timer

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
OURS = "{http://bihuan.org/schema/1.0}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
#: bytes of one diagram
LARGEST = 1024 * 1024


class Unreadable(Exception):
    """The file is no XML this parser takes; the text says why."""


def read_xml(source: bytes) -> Any:
    """Parse without entities, network and DTD; a file with a DOCTYPE is refused."""
    if len(source) > LARGEST:
        raise Unreadable(f"{len(source)} bytes, at most {LARGEST}")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(source, parser)
    except etree.XMLSyntaxError as problem:
        raise Unreadable(str(problem)) from problem
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("DOCTYPE")
    return root


def properties_at(node: Any) -> dict[str, str]:
    """The properties written at an XML element."""
    found = node.iterfind(f"{BPMN}extensionElements/{SPIFF}properties/{SPIFF}property")
    return {p.get("name"): p.get("value", "") for p in found}


class _Variables:
    """How diagrams name variables: by the name where that can be one, else by the id.

    Ids are unique in a file, so two processes of one file could not both declare `campaign_id` by id.
    """

    def create_data_spec(self, item: Any, cls: Any) -> Any:
        """One variable."""
        name = item.get("name") or ""
        return cls(name if name.isascii() and name.isidentifier() else item.get("id"), item.get("name"))

    def parse_io_spec(self) -> BpmnIoSpecification:
        """What a process declares to take in and to give out."""
        found = {}
        for side in ("dataInput", "dataOutput"):
            declared = self.node.findall(f"{BPMN}ioSpecification/{BPMN}{side}")  # type: ignore[attr-defined]
            found[side] = [self.create_data_spec(item, TaskDataReference) for item in declared]
        return BpmnIoSpecification(found["dataInput"], found["dataOutput"])


class _ProcessParser(_Variables, SpiffProcessParser):  # type: ignore[misc]
    """A process or sub-process."""


class _Ours(_Variables):
    """What all node parsers here share."""

    PARALLEL_MI_CLASS = elements.ParallelInstances
    SEQUENTIAL_MI_CLASS = elements.SequentialInstances
    EVENT_SUBPROCESS_CLASS = elements.EventSubProcess

    def _add_boundary_event(self, children: Any) -> Any:
        split: Any = super()._add_boundary_event(children)  # type: ignore[misc]
        join = self.spec.task_specs[f"{self.bpmn_id}.BoundaryEventJoin"]  # type: ignore[attr-defined]
        join.__class__ = CycleKeepingJoin
        return split


class UserTaskParser(_Ours, tasks.SpiffTaskParser):  # type: ignore[misc]
    """A to-do."""

    def create_task(self) -> Any:
        """Nothing but the id, the names and the properties."""
        return self.spec_class(self.spec, self.bpmn_id, **self.bpmn_attributes)


class PlainTaskParser(_Ours, tasks.SpiffTaskParser):  # type: ignore[misc]
    """A task that does nothing."""


class ServiceTaskParser(_Ours, tasks.ServiceTaskParser):  # type: ignore[misc]
    """A call of an operation."""


class CallActivityParser(_Ours, tasks.CallActivityParser):  # type: ignore[misc]
    """A call of another process."""


class SubProcessParser(_Ours, tasks.SubWorkflowParser):  # type: ignore[misc]
    """An embedded sub-process, or one a message starts."""

    def create_task(self) -> Any:
        """Remember whether a message-started one interrupts."""
        task = super().create_task()
        start = self.node.find(f"{BPMN}startEvent")
        task.interrupting = start is not None and start.get("isInterrupting", "true") == "true"
        return task


class DecisionTaskParser(_Ours, tasks.SpiffTaskParser):  # type: ignore[misc]
    """A question to a decision table."""

    @staticmethod
    def get_decision_ref(node: Any) -> str:
        """The table asked, by its id."""
        return (node.findtext(f"{BPMN}extensionElements/{SPIFF}calledDecisionId") or "").strip()

    def create_task(self) -> Any:
        """The table is named by its id; which version answers is fixed when the process is published."""
        asked = self.get_decision_ref(self.node)
        return elements.DecisionTask(self.spec, self.bpmn_id, decision=asked, **self.bpmn_attributes)


class _Events(_Ours):
    """How event definitions are read."""

    def parse_timer_event(self, event: Any) -> Any:
        """Date and duration fire once, a cycle again and again."""
        name = self.node.get("id")  # type: ignore[attr-defined]
        for kind, cls in (("timeDate", Timer), ("timeDuration", Timer), ("timeCycle", Cycle)):
            found = event.find(f"{BPMN}{kind}")
            if found is not None:
                return cls(name, (found.text or "").strip())
        return Timer(name, "")

    def parse_message_event(self, message_event: Any) -> Any:
        """The name comes from the message, the correlation from the event's property."""
        node = self.node  # type: ignore[attr-defined]
        given = properties_at(node)
        ref = message_event.get("messageRef")
        name = self.process_parser.parser.messages.get(ref)  # type: ignore[attr-defined]
        variable = message_event.findtext(f".//{SPIFF}messageVariable") or given.get("result", "")
        return Message(name or ref or "", given.get("correlation", ""), variable.strip())

    def parse_error_event(self, error_event: Any) -> Any:
        """An error by its code; without a reference every error."""
        known = self.process_parser.parser.errors.get(error_event.get("errorRef"))  # type: ignore[attr-defined]
        variable = properties_at(self.node).get("result", "")  # type: ignore[attr-defined]
        if known is None:
            return Error("error", None, variable)
        return Error(known["name"] or "error", known["error_code"], variable)


class StartParser(_Events, events.SpiffStartEventParser):  # type: ignore[misc]
    """Where a process begins."""


class EndParser(_Events, events.SpiffEndEventParser):  # type: ignore[misc]
    """Where a process ends."""


class BoundaryParser(_Events, events.SpiffBoundaryEventParser):  # type: ignore[misc]
    """What may happen while an activity goes on."""


class CatchParser(_Events, events.SpiffIntermediateCatchEventParser):  # type: ignore[misc]
    """What a process waits for."""


class FirstOfParser(EventBasedGatewayParser):  # type: ignore[misc]
    """A gateway that waits for the first of several events."""

    def create_task(self) -> Any:
        """Start with no events; connecting adds them."""
        return self._create_task(OneOf())


class DiagramParser(SpiffBpmnParser):  # type: ignore[misc]
    """SpiffWorkflow's parser with the host's elements; what is not listed here the checker refuses."""

    PROCESS_PARSER_CLASS = _ProcessParser
    OVERRIDE_PARSER_CLASSES = {
        full_tag("task"): (PlainTaskParser, elements.PlainTask),
        full_tag("userTask"): (UserTaskParser, elements.UserTask),
        full_tag("serviceTask"): (ServiceTaskParser, elements.ServiceTask),
        full_tag("businessRuleTask"): (DecisionTaskParser, elements.DecisionTask),
        full_tag("callActivity"): (CallActivityParser, elements.CallActivity),
        full_tag("subProcess"): (SubProcessParser, elements.SubProcess),
        full_tag("startEvent"): (StartParser, StartEvent),
        full_tag("endEvent"): (EndParser, End),
        full_tag("boundaryEvent"): (BoundaryParser, BoundaryEvent),
        full_tag("intermediateCatchEvent"): (CatchParser, IntermediateCatchEvent),
        full_tag("eventBasedGateway"): (FirstOfParser, FirstOf),
        full_tag("parallelGateway"): (GatewayParser, elements.ParallelJoin),
    }


def parse(roots: dict[str, Any], key: str) -> tuple[Any, dict[str, Any]]:
    """The specification of the top process and of every process it calls, wired and ready to be shared."""
    parser = DiagramParser()
    for name, root in roots.items():
        parser.add_bpmn_xml(root, filename=name)
    top = parser.get_spec(key)
    called = parser.get_subprocess_specs(key)
    for spec in [top, *called.values()]:
        for name in spec.start.trigger_specs:
            _wire_once(spec, spec.task_specs[name])
    return top, called


def _wire_once(spec: Any, event_sub_process: Any) -> None:
    """Lead an event sub-process to the end, with the start as its input, without the start leading to it."""
    event_sub_process.connect(spec.end)
    event_sub_process._inputs.append(spec.start.name)
    extensions = event_sub_process.extensions
    extensions["properties"] = {
        **(extensions.get("properties") or {}),
        "interrupting": "yes" if event_sub_process.interrupting else "no",
    }
