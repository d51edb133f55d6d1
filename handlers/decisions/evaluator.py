"""Turns trees into closures: no text is evaluated at run time, nothing outside the scope can be reached."""

import operator as op
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from handlers.decisions import limits, tree
from handlers.decisions.functions import FUNCTIONS
from handlers.decisions.problems import ArgumentCountWrong, Place, TooMuchWork, UnknownFunction, UnknownName
from handlers.decisions.scope import Scope
from handlers.decisions.tree import Node
from handlers.decisions.values import Oversized, both, calculate, either, equal, ordered, unequal

Expression = Callable[[Scope], object]
#: asks a value; None = cannot be said, which a rule takes as no
Test = Callable[[object, Scope], bool | None]


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The names an expression may read and the functions of the file with their number of parameters."""

    names: frozenset[str] = frozenset()
    functions: Mapping[str, int] = field(default_factory=dict)

    @property
    def words(self) -> frozenset[str]:
        """All names, for the parser to know those with blanks."""
        return self.names | self.functions.keys()


def compile_expression(node: Node, words: Vocabulary, place: Place) -> Expression:
    """The closure of an expression; an unknown name or function is refused here, before any case."""
    return _Compiler(words, place).expression(node)


def compile_test(node: Node, words: Vocabulary, place: Place) -> Test:
    """The closure of an input cell."""
    return _Compiler(words, place).test(node)


_JOINS: dict[str, Callable[[object, object], object]] = {"and": both, "or": either, "=": equal, "!=": unequal}


def _weigh(value: object, place: Place) -> int:
    """How many values a value holds; counting stops at the limit."""
    count, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        count += 1
        if count > limits.STEPS:
            raise TooMuchWork(place)
        waiting += item if isinstance(item, list) else ()
    return count


class _Compiler:
    """One expression's names and place."""

    def __init__(self, words: Vocabulary, place: Place) -> None:
        self.words, self.place = words, place
        self.kinds: dict[type, Callable[..., Expression]] = {
            tree.Constant: self.constant,
            tree.Name: self.name,
            tree.Question: self.question,
            tree.Binary: self.binary,
            tree.Choice: self.choice,
            tree.Sequence: self.sequence,
            tree.Member: self.member,
            tree.Call: self.call,
            tree.Among: self.among,
        }
        self.tests: dict[type, Callable[..., Test]] = {
            tree.Anything: lambda node: lambda value, scope: True,
            tree.AnyOf: self.any_of,
            tree.NoneOf: self.none_of,
            tree.Compare: self.compare,
            tree.Interval: self.interval,
            tree.Same: self.same,
        }

    def expression(self, node: Node) -> Expression:
        return self.kinds[type(node)](node)

    def test(self, node: Node) -> Test:
        return self.tests[type(node)](node)

    def constant(self, node: tree.Constant) -> Expression:
        value = node.value
        return lambda scope: value

    def name(self, node: tree.Name) -> Expression:
        name, place = node.name, self.place
        if name not in self.words.names:
            known = ", ".join(sorted(self.words.names)[:20]) or "-"
            raise UnknownName(place, name=name, names=known)
        return lambda scope: scope.read(name, place)

    def question(self, node: tree.Question) -> Expression:
        return op.attrgetter("question")

    def binary(self, node: tree.Binary) -> Expression:
        left, right, sign, place = (
            self.expression(node.left),
            self.expression(node.right),
            node.operator,
            self.place,
        )
        if join := _JOINS.get(sign):
            return lambda scope: join(left(scope), right(scope))
        if sign in ("<", "<=", ">", ">="):
            return lambda scope: ordered(sign, left(scope), right(scope))

        def sums(scope: Scope) -> object:
            try:
                return calculate(sign, left(scope), right(scope))
            except Oversized:
                raise TooMuchWork(place) from None

        return sums

    def choice(self, node: tree.Choice) -> Expression:
        condition, then = self.expression(node.condition), self.expression(node.then)
        otherwise = self.expression(node.otherwise)
        return lambda scope: then(scope) if condition(scope) is True else otherwise(scope)

    def sequence(self, node: tree.Sequence) -> Expression:
        items, place = [self.expression(item) for item in node.items], self.place

        def build(scope: Scope) -> object:
            values = [item(scope) for item in items]
            scope.budget.spend(_weigh(values, place), place)
            return values

        return build

    def member(self, node: tree.Member) -> Expression:
        of, name = self.expression(node.of), node.name

        def get(scope: Scope) -> object:
            value = of(scope)
            return value.get(name) if isinstance(value, dict) else None

        return get

    def call(self, node: tree.Call) -> Expression:
        arguments = [self.expression(argument) for argument in node.arguments]
        name, place = node.function, self.place
        if name in self.words.functions:
            self.check_count(
                name, self.words.functions[name] == len(arguments), self.words.functions[name], node
            )
            return lambda scope: scope.knowledge[name](scope, [argument(scope) for argument in arguments])
        if name not in FUNCTIONS:
            known = ", ".join(sorted({*FUNCTIONS, *self.words.functions}))
            raise UnknownFunction(place, name=name, names=known)
        self.check_count(name, FUNCTIONS[name].takes(len(arguments)), FUNCTIONS[name].least, node)
        call = FUNCTIONS[name].call

        def run(scope: Scope) -> object:
            scope.budget.spend(1, place)
            return call(*[argument(scope) for argument in arguments])

        return run

    def check_count(self, name: str, right: bool, wanted: int, node: tree.Call) -> None:
        if not right:
            raise ArgumentCountWrong(self.place, name=name, wanted=wanted, given=len(node.arguments))

    def among(self, node: tree.Among) -> Expression:
        value, test = self.expression(node.value), self.test(node.test)
        return lambda scope: test(value(scope), scope)

    # tests

    def any_of(self, node: tree.AnyOf) -> Test:
        tests = [self.test(test) for test in node.tests]
        if len(tests) == 1:
            return tests[0]
        return lambda value, scope: any(test(value, scope) is True for test in tests)

    def none_of(self, node: tree.NoneOf) -> Test:
        tests = [self.test(test) for test in node.tests]
        return lambda value, scope: not any(test(value, scope) is True for test in tests)

    def compare(self, node: tree.Compare) -> Test:
        bound, sign = self.expression(node.bound), node.operator
        if sign in _JOINS:
            return lambda value, scope: _truth(_JOINS[sign](value, bound(scope)))
        return lambda value, scope: ordered(sign, value, bound(scope))

    def interval(self, node: tree.Interval) -> Test:
        low, high = self.expression(node.low), self.expression(node.high)
        above, below = ">=" if node.low_closed else ">", "<=" if node.high_closed else "<"
        return lambda value, scope: both(
            ordered(above, value, low(scope)), ordered(below, value, high(scope))
        )

    def same(self, node: tree.Same) -> Test:
        expression = self.expression(node.expression)
        if tree.asks(node.expression):
            return lambda value, scope: _ask(expression, value, scope)

        def test(value: object, scope: Scope) -> bool | None:
            wanted = expression(scope)
            if isinstance(wanted, list) and not isinstance(value, list):
                return any(equal(value, item) is True for item in wanted)
            return equal(value, wanted)

        return test


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _ask(expression: Expression, value: object, scope: Scope) -> bool | None:
    before, scope.question = scope.question, value
    try:
        return expression(scope) is True
    finally:
        scope.question = before
