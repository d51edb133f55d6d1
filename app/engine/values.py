"""The values that cross the engine's border: what callers hand in and what they get back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from sqlalchemy.orm import Session

from models.process import Process, ToDo

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The files of one process: diagrams and forms by file name, and the id of the top process."""

    diagrams: Mapping[str, bytes]
    forms: Mapping[str, bytes] = field(default_factory=dict)
    key: str


@dataclass(frozen=True)
class Actor:
    """Who acts, and for whom where it is not the person's own right."""

    login: str
    on_behalf_of: str | None = None

    @property
    def rights_of(self) -> str:
        """The login whose rights count."""
        return self.on_behalf_of or self.login


#: the clock, the worker, the outside world
SYSTEM = Actor("system")


class Operation(Protocol):
    """What a service task calls; `handlers.operation.Operation` has this shape."""

    @property
    def name(self) -> str: ...
    @property
    def function(self) -> Callable[..., dict[str, Any] | None]: ...
    @property
    def kind(self) -> str: ...
    @property
    def parameters(self) -> tuple[str, ...]: ...
    @property
    def required(self) -> tuple[str, ...]: ...
    @property
    def kinds(self) -> Mapping[str, str]: ...
    @property
    def wants_now(self) -> bool: ...
    @property
    def wants_key(self) -> bool: ...


class Listener(Protocol):
    """Somebody who knows the business; called inside the engine's transaction."""

    def to_do_opened(self, session: Session, to_do: ToDo, data: Mapping[str, Any]) -> None:
        """Fill title, office, candidates, assignee and due date of a new to-do."""

    def to_do_closed(self, session: Session, to_do: ToDo) -> None:
        """A to-do was done (before the process goes on) or cancelled."""

    def process_ended(self, session: Session, process: Process) -> None:
        """A process was finished or stopped."""


#: digest, decision id, process data -> result
Decide = Callable[[str, str, Mapping[str, Any]], Any]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the checker has to say about one element; message and fix are msgids with %(field)s."""

    element: str
    name: str
    severity: Severity
    message: str
    fields: Mapping[str, object]
    fix: str

    def __str__(self) -> str:
        return self.message % self.fields


@dataclass(frozen=True, kw_only=True)
class NodeState:
    """One node of one diagram of a process, for drawing."""

    element: str
    #: ids of the calling elements and this one
    path: str
    name: str
    name_en: str
    #: local name of the BPMN element, e.g. "userTask"
    kind: str
    state: Literal["done", "now", "future", "skipped"]
    visits: int
    entered_at: datetime | None
    left_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Path:
    """Where a process has been and is: nodes of every diagram, flows taken as calling path/flow id."""

    nodes: tuple[NodeState, ...]
    flows: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class StageTime:
    """When a node at the top was first entered and last left; None while it is open."""

    element: str
    name: str
    name_en: str
    entered_at: datetime | None
    left_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A place where a history chain does not hold."""

    chain: str
    process_id: int | None
    seq: int
    reason: Literal["gap", "previous", "digest", "head"]


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What a check of history found."""

    processes: int
    events: int
    broken: list[Broken]
