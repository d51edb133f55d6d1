"""Events as the host means them: timers on its clock, messages by name and correlation, errors by scope."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, EndEvent, EventBasedGateway
from SpiffWorkflow.bpmn.specs.event_definitions import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import (
    CycleTimerEventDefinition,
    TimerEventDefinition,
)
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.util.task import TaskState

from app.engine import moments
from app.engine.problems import ErrorNotCaught, TimerUnreadable


def _host(task: Any) -> Any:
    return task.workflow.script_engine.host


class _OnHostClock:
    """A timer whose due moment is worked out once, on entering, and kept with the task under its own name.

    3.2.0 keeps one value a task, so of two timers behind one event-based gateway the second never fired;
    and it reads the wall clock.
    """

    name: str
    expression: str

    def due(self, task: Any) -> moments.Due:
        """When this timer fires for this task; the first call fixes it."""
        kept = task.internal_data.setdefault("due", {})
        if self.name not in kept:
            found = moments.due(self._text(task), _host(task).now)
            kept[self.name] = [found.next.isoformat(), found.left, found.period]
        moment, left, period = kept[self.name]
        return moments.Due(next=datetime.fromisoformat(moment), left=left, period=period)

    def _text(self, task: Any) -> str:
        if moments.is_literal(self.expression):
            return self.expression
        value = task.workflow.script_engine.evaluate(task, self.expression)
        if not isinstance(value, str):
            raise TimerUnreadable(text=value)
        return value

    def is_due(self, task: Any) -> bool:
        """The moment has come and it has not fired as often as it may."""
        found = self.due(task)
        return found.left != 0 and found.next <= _host(task).now

    def _fired(self, task: Any) -> None:
        _host(task).record("timer", task, {"due": self.due(task).next.isoformat()})

    def reset(self, my_task: Any) -> None:
        """Forget the moment: the next visit works out its own."""
        my_task.internal_data.pop("due", None)
        my_task.internal_data.pop("event_fired", None)


class Timer(_OnHostClock, TimerEventDefinition):  # type: ignore[misc]
    """Fires once: a date or a duration."""

    def has_fired(self, my_task: Any) -> bool:
        """True from the due moment on."""
        if my_task.internal_data.get("event_fired"):
            return True
        if not self.is_due(my_task):
            return False
        self._fired(my_task)
        my_task.internal_data["event_fired"] = True
        return True


class Cycle(_OnHostClock, CycleTimerEventDefinition):  # type: ignore[misc]
    """Fires again and again, once a wake-up, as long as the activity it hangs on is open."""

    def has_fired(self, my_task: Any) -> bool:
        """Never by itself: every firing starts the path behind it anew, the event stays."""
        return False

    def cycle_complete(self, my_task: Any) -> bool:
        """True at each firing; moves on to the next moment."""
        if not self.is_due(my_task):
            return False
        self._fired(my_task)
        found = self.due(my_task)
        following = moments.after(found.period, found.next)
        left = found.left - 1 if found.left > 0 else found.left
        my_task.internal_data["due"][self.name] = [following.isoformat(), left, found.period]
        return True


class Message(EventDefinition):  # type: ignore[misc]
    """Waits for a message by name; the correlation says whose message it must be."""

    def __init__(self, name: str, correlation: str = "", variable: str = "", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        #: expression over the process data; empty where any will do
        self.correlation = correlation
        #: variable that gets the payload; empty where nobody needs it
        self.variable = variable

    def correlation_of(self, task: Any) -> str:
        """The value a message must carry to be meant for this task."""
        if not self.correlation:
            return ""
        return str(task.workflow.script_engine.evaluate(task, self.correlation))

    def catch(self, my_task: Any, event: Any = None) -> None:
        """Keep the payload until the task runs."""
        if event is not None and self.variable:
            my_task.internal_data["payload"] = event.payload
        super().catch(my_task, event)

    def update_task_data(self, my_task: Any) -> None:
        """Put the payload under its variable."""
        if self.variable and "payload" in my_task.internal_data:
            my_task.data[self.variable] = my_task.internal_data.pop("payload")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


class Error(EventDefinition):  # type: ignore[misc]
    """An error by code; boundary events without a code catch every error."""

    def __init__(self, name: str, code: str | None = None, variable: str = "", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.code = code
        self.variable = variable

    def catch(self, my_task: Any, event: Any = None) -> None:
        """Keep what is known of the error."""
        if event is not None and self.variable:
            my_task.internal_data["payload"] = event.payload
        super().catch(my_task, event)

    def update_task_data(self, my_task: Any) -> None:
        """Put what is known of the error under its variable."""
        if self.variable and "payload" in my_task.internal_data:
            my_task.data[self.variable] = my_task.internal_data.pop("payload")


def catch_error(task: Any, code: str, payload: dict[str, Any]) -> bool:
    """Hand an error to the nearest boundary event around the task; False where there is none.

    3.2.0 lets exceptions of service tasks escape, and sends error end events to every boundary event of the
    process that fits, wherever it is. The boundary event runs at once, so that nothing else inside goes on.
    """
    for inner in _scopes(task):
        for event in _boundary_events(inner):
            definition = event.task_spec.event_definition
            if isinstance(definition, Error) and definition.code in (None, code):
                definition.catch(event, BpmnEvent(definition, payload={"code": code, **payload}))
                event.task_spec._update(event)
                event.run()
                return True
    return False


def _scopes(task: Any) -> Iterator[Any]:
    """The task, the multi-instance around it, the call around that, and so on to the top."""
    while task is not None:
        yield task
        parent = task.parent
        if parent is not None and is_instance_of(task, parent):
            task = parent
        elif task.workflow.parent_task_id is not None:
            task = task.workflow.top_workflow.get_task_from_id(task.workflow.parent_task_id)
        else:
            task = None


def is_instance_of(task: Any, parent: Any) -> bool:
    """True where the task is one instance of a multi-instance activity, not what follows it."""
    return isinstance(parent.task_spec, LoopTask) and parent.task_spec.task_spec == task.task_spec.name


def _boundary_events(task: Any) -> list[Any]:
    split = task.parent
    if split is None or not isinstance(split.task_spec, BoundaryEventSplit):
        return []
    return [
        t for t in split.children if t._state == TaskState.WAITING and isinstance(t.task_spec, BoundaryEvent)
    ]


class End(EndEvent):  # type: ignore[misc]
    """An end event; one that raises an error never completes, or 3.2.0 would revive the cancelled caller."""

    def _run_hook(self, my_task: Any) -> bool:
        definition = self.event_definition
        if not isinstance(definition, Error):
            done: bool = super()._run_hook(my_task)
            return done
        if not catch_error(my_task, definition.code or "", {}):
            raise ErrorNotCaught(code=definition.code, element=self.bpmn_id)
        return False


class CycleKeepingJoin(BoundaryEventJoin):  # type: ignore[misc]
    """Closes boundary events when the activity is over, but not what a cycle has already set going.

    3.2.0 cancels the waiting cycle event and drops its children, open reminders to people among them.
    """

    def _check_threshold_structured(self, my_task: Any) -> tuple[bool, list[Any]]:
        finished, cancelled = super()._check_threshold_structured(my_task)
        for task in cancelled:
            if isinstance(getattr(task.task_spec, "event_definition", None), Cycle) and any(
                not child._state & TaskState.PREDICTED_MASK for child in task.children
            ):
                task.workflow.top_workflow.event_manager.remove_task(task)
                task._set_state(TaskState.COMPLETED)
        return finished, [t for t in cancelled if t._state != TaskState.COMPLETED]


class FirstOf(EventBasedGateway):  # type: ignore[misc]
    """An event-based gateway: what happens first goes on, and nothing else.

    3.2.0 takes both ways when a timer is due at the moment a message comes, and finds the way by a name two
    timers may share.
    """

    def catch_first(self, task: Any, definition: Any, event: Any) -> None:
        """The event behind the gateway that happened; later ones find it taken."""
        if "way" not in task.internal_data:
            task.internal_data["way"] = next(
                i for i, d in enumerate(self.event_definition.event_definitions) if d is definition
            )
            definition.catch(task, event)

    def _run_hook(self, my_task: Any) -> bool:
        way = my_task.internal_data.pop("way")
        self.event_definition.event_definitions[way].update_task_data(my_task)
        taken = my_task.workflow.spec.task_specs[self._outputs[way]]
        my_task._sync_children([taken], TaskState.FUTURE)
        for child in my_task.children:
            child.task_spec._predict(child, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)
        self.event_definition.reset(my_task)
        return True


class OneOf(MultipleEventDefinition):  # type: ignore[misc]
    """The events behind an event-based gateway."""

    def has_fired(self, my_task: Any) -> bool:
        """True once a message was caught or a timer is due."""
        if "way" in my_task.internal_data:
            return True
        for definition in self.event_definitions:
            if isinstance(definition, Timer) and definition.has_fired(my_task):
                my_task.task_spec.catch_first(my_task, definition, None)
                return True
        return False

    def reset(self, my_task: Any) -> None:
        """Forget what was waited for."""
        for key in ("due", "event_fired", "way", "payload"):
            my_task.internal_data.pop(key, None)


def timers_of(task: Any) -> list[Any]:
    """The timers a waiting task waits for."""
    definition = task.task_spec.event_definition
    return [d for d in getattr(definition, "event_definitions", [definition]) if isinstance(d, _OnHostClock)]


def messages_of(task: Any) -> list[Message]:
    """The messages a waiting task waits for."""
    definition = task.task_spec.event_definition
    return [d for d in getattr(definition, "event_definitions", [definition]) if isinstance(d, Message)]


def deliver(task: Any, definition: Message, payload: Any) -> None:
    """Give a message to the task that waits for it."""
    event = BpmnEvent(definition, payload=payload)
    if isinstance(task.task_spec, FirstOf):
        task.task_spec.catch_first(task, definition, event)
    else:
        task.task_spec.catch(task, event)
    task.task_spec._update(task)
