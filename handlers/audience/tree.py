"""A condition tree as values: who is meant, in a form that can be compared, hashed and written down."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

BranchKind = Literal["all", "any", "none"]
Op = Literal["=", "!=", "<", "<=", ">", ">="]
OPS: tuple[Op, ...] = ("=", "!=", "<", "<=", ">", ">=")
VERSION = 1
#: scores are kept in ten-thousandths
SCORE_SCALE = 10_000


def number(value: Decimal) -> int | float:
    """A decimal as JSON writes it: whole numbers without a point."""
    return int(value) if value == value.to_integral_value() else float(value)


@dataclass(frozen=True, kw_only=True)
class Branch:
    """all: each child holds; any: at least one; none: not one."""

    kind: BranchKind
    nodes: tuple["Node", ...]

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {self.kind: [node.plain() for node in self.nodes]}


@dataclass(frozen=True, kw_only=True)
class Compare:
    """A tag against one value; blank never holds."""

    tag: str
    op: Op
    value: int | str | bool

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"tag": self.tag, "op": self.op, "value": self.value}


@dataclass(frozen=True, kw_only=True)
class OneOf:
    """A tag among values, or among none of them; blank never holds."""

    tag: str
    #: sorted, each once
    values: tuple[int | str, ...]
    negated: bool = False

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"tag": self.tag, "not_in" if self.negated else "in": list(self.values)}


@dataclass(frozen=True, kw_only=True)
class Between:
    """A number from low to high, both included."""

    tag: str
    low: int
    high: int

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"tag": self.tag, "between": [self.low, self.high]}


@dataclass(frozen=True, kw_only=True)
class Presence:
    """A tag that has no value, or that has one."""

    tag: str
    blank: bool

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"tag": self.tag, "is": "blank" if self.blank else "given"}


@dataclass(frozen=True, kw_only=True)
class Top:
    """Among the best scores: the share of all scored customers, in percent."""

    topic: str
    percent: Decimal

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"score": self.topic, "top_percent": number(self.percent)}


@dataclass(frozen=True, kw_only=True)
class ScoreCompare:
    """A score against a value in ten-thousandths; no score never holds."""

    topic: str
    op: Op
    value: int

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"score": self.topic, "op": self.op, "value": number(Decimal(self.value) / SCORE_SCALE)}


@dataclass(frozen=True, kw_only=True)
class InGroup:
    """One of the fourteen groups."""

    groups: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"group": list(self.groups)}


Leaf = Compare | OneOf | Between | Presence | Top | ScoreCompare | InGroup
Node = Branch | Leaf


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A checked condition tree."""

    root: Branch

    def leaves(self) -> tuple[Leaf, ...]:
        """All conditions, in the order they are written."""
        return tuple(_leaves(self.root))

    def tags(self) -> tuple[str, ...]:
        """Tags asked for, each once, in order."""
        found = (leaf.tag for leaf in self.leaves() if isinstance(leaf, Compare | OneOf | Between | Presence))
        return tuple(dict.fromkeys(found))

    def topics(self) -> tuple[str, ...]:
        """Scores asked for, each once, in order."""
        found = (leaf.topic for leaf in self.leaves() if isinstance(leaf, Top | ScoreCompare))
        return tuple(dict.fromkeys(found))

    @property
    def asks_groups(self) -> bool:
        """True where a condition is about the fourteen groups."""
        return any(isinstance(leaf, InGroup) for leaf in self.leaves())


def as_json(tree: Tree) -> dict[str, Any]:
    """The canonical form: values in one order and one spelling, children as the planner put them."""
    return {"version": VERSION, **tree.root.plain()}


def digest(tree: Tree) -> str:
    """SHA-256 of the canonical form, in hex: what an approval binds."""
    text = json.dumps(as_json(tree), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Branch):
        for child in node.nodes:
            yield from _leaves(child)
    else:
        yield node
