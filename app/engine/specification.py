"""The parsed form of a published version: kept once per version, shared by all its processes."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import orjson
import zstandard
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.default.task_spec import (
    BoundaryEventConverter,
    EventConverter,
    EventJoinConverter,
    ParallelGatewayConverter,
)
from SpiffWorkflow.bpmn.serializer.helpers.spec import EventDefinitionConverter
from SpiffWorkflow.bpmn.specs import control
from SpiffWorkflow.bpmn.specs import defaults as plain
from SpiffWorkflow.bpmn.specs.event_definitions import MultipleEventDefinition
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.spiff.serializer.task_spec import (
    ServiceTaskConverter,
    SpiffBpmnTaskConverter,
    SpiffMultiInstanceConverter,
    SubWorkflowTaskConverter,
    UserTaskConverter,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import elements, events
from app.engine.problems import VersionUnknown
from models.process import ProcessVersion

#: versions kept parsed
KEPT = 64


class _Named(EventDefinitionConverter):  # type: ignore[misc]
    """Event definitions made of plain attributes."""

    fields: tuple[str, ...] = ()

    def to_dict(self, event_definition: Any) -> dict[str, Any]:
        """The definition's own attributes beside its name."""
        more = {name: getattr(event_definition, name) for name in self.fields}
        return {"name": event_definition.name, **more}


class _TimerConverter(_Named):
    fields = ("expression",)


class _MessageConverter(_Named):
    fields = ("correlation", "variable")


class _ErrorConverter(_Named):
    fields = ("code", "variable")


class _OneOfConverter(_Named):
    def to_dict(self, event_definition: Any) -> dict[str, Any]:
        """The events behind a gateway."""
        return {"definitions": [self.registry.convert(e) for e in event_definition.event_definitions]}

    def from_dict(self, dct: dict[str, Any]) -> Any:
        """The events behind a gateway."""
        return events.OneOf([self.registry.restore(d) for d in dct["definitions"]])


class _DecisionConverter(SpiffBpmnTaskConverter):  # type: ignore[misc]
    def to_dict(self, spec: Any) -> dict[str, Any]:
        """With the id of the table."""
        return {**super().to_dict(spec), "decision": spec.decision}


_OURS = {
    elements.PlainTask: SpiffBpmnTaskConverter,
    elements.UserTask: UserTaskConverter,
    elements.ServiceTask: ServiceTaskConverter,
    elements.DecisionTask: _DecisionConverter,
    elements.CallActivity: SubWorkflowTaskConverter,
    elements.SubProcess: SubWorkflowTaskConverter,
    elements.EventSubProcess: SubWorkflowTaskConverter,
    elements.ParallelInstances: SpiffMultiInstanceConverter,
    elements.SequentialInstances: SpiffMultiInstanceConverter,
    elements.ParallelJoin: ParallelGatewayConverter,
    events.End: EventConverter,
    events.FirstOf: EventConverter,
    events.CycleKeepingJoin: EventJoinConverter,
    events.Timer: _TimerConverter,
    events.Cycle: _TimerConverter,
    events.Message: _MessageConverter,
    events.Error: _ErrorConverter,
    events.OneOf: _OneOfConverter,
    plain.BoundaryEvent: BoundaryEventConverter,
}
_REPLACED = (
    plain.EndEvent,
    plain.EventBasedGateway,
    plain.ParallelGateway,
    MultipleEventDefinition,
    control.BoundaryEventJoin,
)


def _registry() -> Any:
    names = {cls.__name__ for cls in _OURS}
    kept = {c: v for c, v in SPIFF_CONFIG.items() if c.__name__ not in names and c not in _REPLACED}
    return BpmnWorkflowSerializer.configure({**kept, **_OURS})


REGISTRY = _registry()


@dataclass(frozen=True, kw_only=True)
class Specification:
    """One version, ready to run: never changed once it is read, so all processes of the version share it."""

    version_id: int
    key: str
    top: Any
    called: Mapping[str, Any]
    #: process or sub-process id -> its diagram
    maps: Mapping[str, Mapping[str, Any]]
    #: element -> (name, name_en)
    labels: Mapping[str, tuple[str, str]]
    #: decision id -> digest in force when the version was published
    decisions: Mapping[str, str]
    #: file name -> text of every diagram and form
    sources: Mapping[str, str]


def pack(top: Any, called: Mapping[str, Any], maps: Mapping[str, Any]) -> bytes:
    """The stored form of a parsed version."""
    body = {
        "top": REGISTRY.convert(top),
        "called": {name: REGISTRY.convert(spec) for name, spec in called.items()},
        "maps": maps,
    }
    return zstandard.compress(orjson.dumps(body), 9)


def pack_sources(sources: Mapping[str, str]) -> bytes:
    """The stored form of diagrams and forms."""
    return zstandard.compress(orjson.dumps(dict(sources)), 9)


def unpack(version: ProcessVersion) -> Specification:
    """Read a stored version; restoring connects the multi-instance callbacks, so sharing is safe."""
    body = orjson.loads(zstandard.decompress(version.specification))
    maps = body["maps"]
    labels = {n[0]: (n[2], n[3]) for each in maps.values() for n in each["nodes"]}
    return Specification(
        version_id=version.id,
        key=version.key,
        top=REGISTRY.restore(body["top"]),
        called={name: REGISTRY.restore(spec) for name, spec in body["called"].items()},
        maps=maps,
        labels=labels,
        decisions=dict(version.decisions),
        sources=orjson.loads(zstandard.decompress(version.sources)),
    )


class Specifications:
    """The versions in use, parsed once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Specification] = OrderedDict()
        self._lock = Lock()

    def get(self, session: Session, version_id: int) -> Specification:
        """The version's specification, from memory where it was used lately."""
        with self._lock:
            found = self._kept.get(version_id)
            if found is not None:
                self._kept.move_to_end(version_id)
                return found
        version = session.get(ProcessVersion, version_id)
        if version is None:
            raise VersionUnknown(key=version_id)
        found = unpack(version)
        with self._lock:
            self._kept[version_id] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


def newest(session: Session, key: str) -> ProcessVersion:
    """The version new processes start with."""
    asked = select(ProcessVersion).where(ProcessVersion.key == key).order_by(ProcessVersion.number.desc())
    found = session.scalars(asked.limit(1)).first()
    if found is None:
        raise VersionUnknown(key=key)
    return found
