"""A message reaches those of a process's waits that it is meant for, and the process goes on."""

from collections.abc import Mapping
from typing import Any

from app.engine import events
from app.engine.elements import EventSubProcess
from app.engine.steps import Step, small


def hand_over(step: Step, message: str, correlation: str, payload: Mapping[str, Any]) -> int:
    """Give a message to a process; 1 where it waited for it, 0 where nothing happened."""
    step.flow  # noqa: B018  loads the process, and with it where it stands
    assert step.live is not None  # noqa: S101
    found = [
        wait
        for wait in step.live.standing.waits.values()
        if wait.name == message and wait.correlation in ("", correlation)
    ]
    for wait in found:
        details = {"message": message, "correlation": correlation, "payload": small(payload)}
        step.record("message", wait.task, details)
        if wait.starts is None:
            events.deliver(wait.task, wait.definition, payload)
        else:
            EventSubProcess.begin(wait.task, wait.starts, payload)
    if found:
        step.advance()
    return 1 if found else 0
