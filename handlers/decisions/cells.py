"""An input cell or a list of allowed values: its test, and the constants at which its answer can change."""

from dataclasses import dataclass

from handlers.decisions import tree
from handlers.decisions.evaluator import Test, Vocabulary, compile_expression, compile_test
from handlers.decisions.parser import parse_test
from handlers.decisions.problems import CellIsEmpty, Place, RangeDescends
from handlers.decisions.scope import Scope
from handlers.decisions.tree import Node
from handlers.decisions.values import kind, ordered, show

NO_WORDS = Vocabulary()


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell: constants are those it compares with, or None where they are not known before the case."""

    text: str
    node: Node
    test: Test
    constants: tuple[object, ...] | None
    #: the cell asks for an order (<, ranges), so text columns cannot be cut at its constants
    is_ordered: bool

    @property
    def is_anything(self) -> bool:
        """The cell does not look at the value."""
        return isinstance(self.node, tree.Anything)

    @property
    def is_list(self) -> bool:
        """The cell names every value it takes."""
        return (
            self.constants is not None
            and all(isinstance(test, tree.Same) for test in _tests(self.node))
            and (isinstance(self.node, tree.AnyOf))
        )

    def holds(self, value: object, scope: Scope) -> bool:
        """A rule takes only a plain yes."""
        return self.test(value, scope) is True


def read_cell(text: str, words: Vocabulary, place: Place) -> Cell:
    """Parses and compiles a cell; a range that descends and a constant without a value are refused."""
    node = parse_test(text, words.words, place)
    bounds = [bound for part in _tests(node) for bound in _bounds(part)]
    constants: list[object] | None = []
    for bound in bounds:
        found = constant(bound, place, text)
        constants = None if constants is None or found is None else constants + found
    if constants is not None:
        _check_ranges(node, place)
    is_ordered = any(isinstance(part, tree.Interval) or _is_order(part) for part in _tests(node))
    return Cell(
        text=text.strip() or "-",
        node=node,
        test=compile_test(node, words, place),
        constants=None if constants is None else tuple(constants),
        is_ordered=is_ordered,
    )


def constant(node: Node, place: Place, text: str) -> list[object] | None:
    """The values of an expression that reads nothing; None if it reads something."""
    for part in tree.walk(node):
        if isinstance(part, tree.Name | tree.Question | tree.Among):
            return None
        if isinstance(part, tree.Call) and part.function not in ("date", "date and time", "not"):
            return None
    value = compile_expression(node, NO_WORDS, place)(Scope())
    if value is None and not isinstance(node, tree.Constant):
        raise CellIsEmpty(place, text=text[:120])
    return value if isinstance(value, list) else [value]


def _tests(node: Node) -> tuple[Node, ...]:
    if isinstance(node, tree.Anything):
        return ()
    return node.tests if isinstance(node, tree.AnyOf | tree.NoneOf) else (node,)


def _bounds(test: Node) -> tuple[Node, ...]:
    if isinstance(test, tree.Interval):
        return (test.low, test.high)
    if isinstance(test, tree.Compare):
        return (test.bound,)
    return (test.expression,) if isinstance(test, tree.Same) else ()


def _is_order(test: Node) -> bool:
    return isinstance(test, tree.Compare) and test.operator not in ("=", "!=")


def _check_ranges(node: Node, place: Place) -> None:
    for test in _tests(node):
        if not isinstance(test, tree.Interval):
            continue
        low, high = (constant(bound, place, "") or [None] for bound in (test.low, test.high))
        if (
            len(low) != 1
            or len(high) != 1
            or kind(low[0]) != kind(high[0])
            or ordered(">", low[0], high[0]) is not False
        ):
            raise RangeDescends(place, low=show(low[0]), high=show(high[0]))
