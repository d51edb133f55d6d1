"""Everything that can go wrong says so in a sentence that can be formed and translated."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from models.base import Problem

ROOT = Path(__file__).parents[2]
ROOMS = ("models", "handlers", "app")
FIELD = re.compile(r"%\((\w+)\)")
CHINESE = re.compile("[一-鿿]")


class Anything(dict[str, object]):
    """Has every field, each a number, which fits %s and %d alike."""

    def __missing__(self, key: str) -> int:
        return 3


def modules() -> Iterator[ModuleType]:
    for room in ROOMS:
        for found in pkgutil.walk_packages([str(ROOT / room)], prefix=f"{room}."):
            yield importlib.import_module(found.name)


MODULES = list(modules())


def problems() -> list[type[Problem]]:
    found: set[type[Problem]] = set()
    waiting = [Problem]
    while waiting:
        kind = waiting.pop()
        found.add(kind)
        waiting += kind.__subclasses__()
    return sorted(
        (kind for kind in found if kind.__module__.split(".")[0] in ROOMS),
        key=lambda kind: f"{kind.__module__}.{kind.__qualname__}",
    )


PROBLEMS = problems()


def named(kind: type[Problem]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def test_there_are_problems_to_look_at() -> None:
    assert len(PROBLEMS) > 100


@pytest.mark.parametrize("kind", PROBLEMS, ids=named)
def test_a_problem_says_what_it_is_in_a_sentence_that_forms(kind: type[Problem]) -> None:
    said = inspect.getdoc(kind)
    assert kind is Problem or said != inspect.getdoc(Problem), "neither it nor its family has a docstring"
    assert not CHINESE.search(kind.message), "the message is the English one; translations are elsewhere"
    told = kind.message % Anything()
    assert told.strip()
    assert "%(" not in told


def calls() -> Iterator[tuple[str, type[Problem], ast.Call]]:
    """Every place in our code where a problem is made, with its class."""
    for module in MODULES:
        path = Path(module.__file__ or "")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                kind = getattr(module, node.func.id, None)
                if isinstance(kind, type) and issubclass(kind, Problem):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", kind, node


def test_a_problem_gets_the_fields_its_sentence_names() -> None:
    lacking = {}
    for where, kind, call in calls():
        makes_its_own = any(
            "__init__" in vars(base)
            for base in kind.__mro__
            if base is not Problem and issubclass(base, Problem)
        )
        given = {keyword.arg for keyword in call.keywords}
        if makes_its_own or None in given:
            continue
        missing = set(FIELD.findall(kind.message)) - given
        if missing:
            lacking[where] = (kind.__name__, sorted(missing))
    assert lacking == {}
