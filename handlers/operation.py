"""What a diagram may call: functions marked here, under the name `stage.function`."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any, Literal, TypeVar, get_origin

Result = dict[str, Any] | None
Function = Callable[..., Result]
Kind = Literal["operation", "job"]
F = TypeVar("F", bound=Function)

#: arguments the host gives by itself when a function asks for them
FROM_HOST = frozenset({"now", "key"})
#: what plain data calls the kinds of parameters
_KINDS: Mapping[object, str] = {
    int: "integer", float: "number", str: "text", bool: "yes_no", list: "list", Sequence: "list",
    dict: "object", Mapping: "object",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A function a service task may call."""

    #: as diagrams write it, e.g. "plan.size"
    name: str
    function: Function
    #: "operation" runs inside the step, "job" outside it
    kind: Kind
    #: names a diagram must or may give, in order
    parameters: tuple[str, ...]
    #: those of them without a default
    required: tuple[str, ...]
    #: parameter → integer | number | text | yes_no | list | object; one of another kind takes anything
    kinds: Mapping[str, str]
    wants_now: bool
    wants_key: bool
    #: first sentence of the function's docstring
    purpose: str


def operation(function: F) -> F:
    """Mark a function that runs inside the step: quick, only tables, safe to run twice."""
    function.operation_kind = "operation"  # type: ignore[attr-defined]
    return function


def job(function: F) -> F:
    """Mark a function that runs outside the step: slow, files or the world outside, safe to run twice."""
    function.operation_kind = "job"  # type: ignore[attr-defined]
    return function


def operations_of(modules: Iterable[ModuleType], **given: object) -> Mapping[str, Operation]:
    """Every marked function by the name diagrams use; `given` fills the arguments it names."""
    found: dict[str, Operation] = {}
    for module in modules:
        stage = module.__name__.rsplit(".", 1)[-1]
        for name, function in vars(module).items():
            if hasattr(function, "operation_kind") and function.__module__.startswith(module.__name__):
                found[f"{stage}.{name}"] = describe(f"{stage}.{name}", function, given)
    return found


def describe(name: str, function: Function, given: Mapping[str, object]) -> Operation:
    """Read from the function itself which names a diagram gives."""
    every = inspect.signature(function).parameters
    asked = {n: p for n, p in every.items() if n not in FROM_HOST and n not in given}
    bound = {n: v for n, v in given.items() if n in every}
    return Operation(
        name=name,
        function=partial(function, **bound) if bound else function,
        kind=getattr(function, "operation_kind", "operation"),
        parameters=tuple(asked),
        required=tuple(n for n, p in asked.items() if p.default is inspect.Parameter.empty),
        kinds={n: kind for n, p in asked.items() if (kind := _kind_of(p.annotation))},
        purpose=(inspect.getdoc(function) or "").split("\n", 1)[0],
        wants_now="now" in every,
        wants_key="key" in every,
    )


def _kind_of(annotation: object) -> str:
    return _KINDS.get(get_origin(annotation) or annotation, "")
