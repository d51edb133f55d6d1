"""The grammar's nodes: what a cell or an expression says, before it is made to run."""

from collections.abc import Iterator
from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """Any part of an expression or a test."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Constant(Node):
    """A literal."""

    value: object


@dataclass(frozen=True, kw_only=True, slots=True)
class Name(Node):
    """A value read by its name."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Question(Node):
    """The question mark: the value the cell is asked about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Binary(Node):
    """Two sides and what joins them: + - * / ** = != < <= > >= and or."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice(Node):
    """if .. then .. else."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, kw_only=True, slots=True)
class Sequence(Node):
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Member(Node):
    """A field of a context."""

    of: Node
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Call(Node):
    """A built-in function or a business knowledge model, called."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Among(Node):
    """A value put to a test inside an expression: in, between."""

    value: Node
    test: Node


@dataclass(frozen=True, kw_only=True, slots=True)
class Anything(Node):
    """The empty cell or the dash."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compare(Node):
    """The value stands in an order to a bound."""

    operator: str
    bound: Node


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval(Node):
    """The value lies between two bounds; a closed end belongs to it."""

    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Same(Node):
    """The value equals an expression, or an item of its list; with a question mark: the expression holds."""

    expression: Node


@dataclass(frozen=True, kw_only=True, slots=True)
class AnyOf(Node):
    """One of the tests holds."""

    tests: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NoneOf(Node):
    """None of the tests holds."""

    tests: tuple[Node, ...]


def walk(node: Node) -> Iterator[Node]:
    """Every node of a tree, the root first."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        for field in fields(here):
            part = getattr(here, field.name)
            waiting += [
                item for item in (part if isinstance(part, tuple) else (part,)) if isinstance(item, Node)
            ]


def names_read(node: Node) -> frozenset[str]:
    """The names a tree reads."""
    return frozenset(part.name for part in walk(node) if isinstance(part, Name))


def functions_called(node: Node) -> frozenset[str]:
    """The functions a tree calls."""
    return frozenset(part.function for part in walk(node) if isinstance(part, Call))


def asks(node: Node) -> bool:
    """The tree uses the question mark."""
    return any(isinstance(part, Question) for part in walk(node))
