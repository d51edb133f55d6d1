"""The arguments of a job, corrected by hand: what the operation takes, and still about the same thing."""

from collections.abc import Mapping
from typing import Any

from app.engine.data import plain
from app.engine.problems import ArgumentFixed, ArgumentMissing, ArgumentUnknown, ArgumentWrong
from app.engine.values import Operation
from models.process import Job, Process

#: what a value of each kind is in Python; a truth value is no number
_TYPES: Mapping[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "text": (str,),
    "yes_no": (bool,),
    "list": (list,),
    "object": (dict,),
}


def kind_of(operation: Operation, argument: str, value: Any) -> str:
    """What an argument must be: as the operation declares, else as its value is; empty for anything."""
    declared = operation.kinds.get(argument, "")
    return declared or next((kind for kind in _TYPES if _is(value, kind)), "")


def corrected(
    operation: Operation, process: Process, job: Job, given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values before and after of the arguments that change; raises a `Problem` for what cannot be."""
    wanted = plain(dict(given), job.element)
    for argument in wanted.keys() - set(operation.parameters):
        raise ArgumentUnknown(operation=operation.name, argument=argument)
    for argument in set(operation.required) - wanted.keys():
        raise ArgumentMissing(operation=operation.name, argument=argument)
    for argument, value in wanted.items():
        kind = kind_of(operation, argument, job.arguments.get(argument))
        if kind and not _is(value, kind):
            raise ArgumentWrong(argument=argument)
    after = {name: value for name, value in wanted.items() if job.arguments.get(name, ...) != value}
    before = {name: job.arguments.get(name) for name in after}
    before |= {name: value for name, value in job.arguments.items() if name not in wanted}
    if is_fixed(process, name := f"{process.subject_type}_id", job.arguments) and name in before:
        raise ArgumentFixed(argument=name)
    return before, after


def is_fixed(process: Process, argument: str, arguments: Mapping[str, Any]) -> bool:
    """What the process is about, e.g. `campaign_id`."""
    return argument == f"{process.subject_type}_id" and arguments.get(argument) == process.subject_id


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "yes_no" or not isinstance(value, bool))
