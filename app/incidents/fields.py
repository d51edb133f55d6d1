"""The arguments of a job as fields of a form: each shown and read as the kind its operation takes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.engine import ArgumentWrong, Operation
from app.engine.arguments import is_fixed, kind_of
from models.base import Problem
from models.process import Job, Process

#: what a person may write for each truth value
YES, NO = "yes", "no"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One argument."""

    name: str
    #: integer | number | text | yes_no | list | object; empty takes anything, written as JSON
    kind: str
    text: str
    is_required: bool
    #: it says what the process is about, and stays
    is_fixed: bool
    problem: Problem | None = None


class ResultUnreadable(Problem):
    """What was typed as a result is no JSON object."""

    message = 'The result must be a JSON object such as {"people": 120}, or left empty (%(reason)s).'


def fields_of(
    operation: Operation,
    process: Process,
    job: Job,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, Problem] | None = None,
) -> list[Field]:
    """Every parameter of the operation, with its value or what was typed instead."""
    shown = typed or {}
    return [
        Field(
            name=name,
            kind=kind_of(operation, name, job.arguments.get(name)),
            text=shown.get(name, _written(job.arguments[name]) if name in job.arguments else ""),
            is_required=name in operation.required,
            is_fixed=is_fixed(process, name, job.arguments),
            problem=(problems or {}).get(name),
        )
        for name in operation.parameters
    ]


def read(fields: Sequence[Field], job: Job) -> tuple[dict[str, Any], dict[str, Problem]]:
    """The values typed, and what is wrong with those that cannot be read; empty optional ones stay away."""
    values: dict[str, Any] = {}
    problems: dict[str, Problem] = {}
    for field in fields:
        if field.is_fixed:
            values[field.name] = job.arguments[field.name]
        elif field.text.strip() or (field.is_required and field.kind != "text"):
            try:
                values[field.name] = _value(field)
            except ValueError:
                problems[field.name] = ArgumentWrong(argument=field.name)
        elif field.is_required:
            values[field.name] = ""
    return values, problems


def must_read(fields: Sequence[Field], job: Job | None) -> dict[str, Any]:
    """The values typed; raises the first problem there is."""
    if job is None:
        return {}
    values, problems = read(fields, job)
    if problems:
        raise next(iter(problems.values()))
    return values


def read_result(text: str) -> dict[str, Any]:
    """A result typed by hand; nothing typed is an empty one."""
    try:
        found = json.loads(text.strip() or "{}")
    except ValueError as problem:
        raise ResultUnreadable(reason=str(problem)) from problem
    if not isinstance(found, dict):
        raise ResultUnreadable(reason=type(found).__name__)
    return found


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return YES if value else NO
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(field: Field) -> Any:
    text = field.text.strip()
    if field.kind == "integer":
        return int(text)
    if field.kind == "number":
        return float(text)
    if field.kind == "text":
        return field.text
    if field.kind == "yes_no":
        return {YES: True, NO: False}[text] if text in (YES, NO) else _refuse(text)
    return json.loads(text)


def _refuse(text: str) -> Any:
    raise ValueError(text)
