"""Reads the text of a cell into a tree by recursive descent, without going back: no cell can make it slow.

The grammar is S-FEEL (DMN 1.3, 9.2) with if, in, between, lists, members and calls of FEEL; equal operators
bind to the left, a leading minus binds tighter than ** (10.3.1.2).
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from handlers.decisions import limits, tree
from handlers.decisions.problems import NestedTooDeep, Place, UnexpectedText
from handlers.decisions.tokens import Token, tokenise
from handlers.decisions.tree import Node
from handlers.decisions.values import NUMBERS, read_date

_RELATIONS = ("<", "<=", ">", ">=", "=", "!=")
_LITERALS: dict[str, object] = {"true": True, "false": False, "null": None}
_KEYWORDS = {"and", "or", "in", "between", "if", "then", "else"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


def parse_expression(text: str, names: Iterable[str], place: Place) -> Node:
    """A literal expression, an input expression or an output cell."""
    parser = _Parser(text, names, place)
    return parser.whole(parser.expression)


def parse_test(text: str, names: Iterable[str], place: Place) -> Node:
    """An input cell or a list of allowed values; empty or - stands for anything."""
    if text.strip() in ("", "-"):
        return tree.Anything()
    parser = _Parser(text, names, place)
    return parser.whole(parser.cell)


def _unescape(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        word = match[1]
        return chr(int(word[1:], 16)) if len(word) == 5 else _ESCAPED.get(word, match[0])

    return _ESCAPE.sub(one, text)


class _Parser:
    """One text, the words still to be read, and how deep the reading is."""

    def __init__(self, text: str, names: Iterable[str], place: Place) -> None:
        self.text, self.place = text, place
        self.tokens = tokenise(text, names, place)
        self.at, self.depth = 0, 0

    @property
    def here(self) -> Token:
        return self.tokens[self.at]

    def fail(self, expected: str) -> UnexpectedText:
        found = self.here.text or "␃"
        return UnexpectedText(
            self.place, found=found, at=self.here.at + 1, text=self.text[:120], expected=expected
        )

    def take(self, *words: str) -> str | None:
        if not self.here.is_mark(*words):
            return None
        self.at += 1
        return self.tokens[self.at - 1].text

    def need(self, *words: str) -> str:
        word = self.take(*words)
        if word is None:
            raise self.fail(" ".join(words))
        return word

    def whole(self, rule: Callable[[], Node]) -> Node:
        node = rule()
        if self.here.kind != "end":
            raise self.fail("␃")
        return node

    def deeper(self, rule: Callable[[], Node]) -> Node:
        self.depth += 1
        if self.depth > limits.NESTING:
            raise NestedTooDeep(self.place, limit=limits.NESTING)
        node = rule()
        self.depth -= 1
        return node

    # tests

    def cell(self) -> Node:
        if self.here.is_mark("not") and self.tokens[self.at + 1].is_mark("("):
            start = self.at
            self.at += 2
            tests = self.tests()
            self.need(")")
            if self.here.kind == "end":
                return tree.NoneOf(tests=tests)
            self.at = start  # not(..) is the beginning of a longer expression; happens at most once
        return tree.AnyOf(tests=self.tests())

    def tests(self) -> tuple[Node, ...]:
        found = [self.deeper(self.test)]
        while self.take(","):
            found.append(self.deeper(self.test))
        return tuple(found)

    def test(self) -> Node:
        operator = self.take(*_RELATIONS)
        if operator:
            return tree.Compare(operator=operator, bound=self.sum())
        if self.begins_interval():
            return self.interval()
        return tree.Same(expression=self.expression())

    def begins_interval(self) -> bool:
        """Look ahead for two dots inside the bracket that opens here."""
        if not self.here.is_mark("[", "(", "]"):
            return False
        level = 0
        for token in self.tokens[self.at + 1 :]:
            if token.is_mark("..") and level == 0:
                return True
            level += token.is_mark("(", "[") - token.is_mark(")", "]")
            if level < 0:
                return False
        return False

    def interval(self) -> Node:
        opening = self.need("[", "(", "]")
        low = self.sum()
        self.need("..")
        high = self.sum()
        closing = self.need("]", ")", "[")
        return tree.Interval(low=low, high=high, low_closed=opening == "[", high_closed=closing == "]")

    # expressions, the loosest binding first

    def expression(self) -> Node:
        return self.deeper(self.choice)

    def choice(self) -> Node:
        if not self.take("if"):
            return self.chain(("or",), lambda: self.chain(("and",), self.comparison))
        condition = self.expression()
        self.need("then")
        then = self.expression()
        self.need("else")
        return tree.Choice(condition=condition, then=then, otherwise=self.expression())

    def chain(self, operators: tuple[str, ...], side: Callable[[], Node]) -> Node:
        left = side()
        while operator := self.take(*operators):
            left = tree.Binary(operator=operator, left=left, right=side())
        return left

    def comparison(self) -> Node:
        left = self.sum()
        if operator := self.take(*_RELATIONS):
            return tree.Binary(operator=operator, left=left, right=self.sum())
        if self.take("between"):
            low = self.sum()
            self.need("and")
            test: Node = tree.Interval(low=low, high=self.sum(), low_closed=True, high_closed=True)
            return tree.Among(value=left, test=test)
        if self.take("in"):
            return tree.Among(value=left, test=self.deeper(self.range_or_tests))
        return left

    def range_or_tests(self) -> Node:
        if self.here.is_mark("(") and not self.begins_interval():
            self.need("(")
            tests = self.tests()
            self.need(")")
            return tree.AnyOf(tests=tests)
        return self.test()

    def sum(self) -> Node:
        return self.chain(
            ("+", "-"), lambda: self.chain(("*", "/"), lambda: self.chain(("**",), self.signed))
        )

    def signed(self) -> Node:
        if not self.take("-"):
            return self.postfix()
        value = self.deeper(self.signed)
        return tree.Binary(operator="-", left=tree.Constant(value=Decimal(0)), right=value)

    def postfix(self) -> Node:
        node = self.primary()
        while True:
            if self.take("."):
                node = tree.Member(of=node, name=self.name())
            elif isinstance(node, tree.Name) and self.take("("):
                node = tree.Call(function=node.name, arguments=self.items(")"))
            else:
                return node

    def name(self) -> str:
        if self.here.kind != "name":
            raise self.fail("a.b")
        self.at += 1
        return self.tokens[self.at - 1].text

    def items(self, end: str) -> tuple[Node, ...]:
        if self.take(end):
            return ()
        found = [self.expression()]
        while self.take(","):
            found.append(self.expression())
        self.need(end)
        return tuple(found)

    def primary(self) -> Node:
        token = self.here
        if token.kind == "name" and token.text not in _KEYWORDS:
            return self.word()
        if token.kind in ("number", "text"):
            return self.literal()
        if self.take("?"):
            return tree.Question()
        if self.take("("):
            node = self.expression()
            self.need(")")
            return node
        if self.take("["):
            return tree.Sequence(items=self.items("]"))
        if self.take("@"):
            return self.date()
        raise self.fail('1  "text"  true  null  name  (')

    def word(self) -> Node:
        name = self.name()
        return tree.Constant(value=_LITERALS[name]) if name in _LITERALS else tree.Name(name=name)

    def literal(self) -> Node:
        token = self.here
        self.at += 1
        if token.kind == "text":
            return tree.Constant(value=_unescape(token.text[1:-1]))
        return tree.Constant(value=NUMBERS.create_decimal(token.text))

    def date(self) -> Node:
        value = read_date(_unescape(self.here.text[1:-1])) if self.here.kind == "text" else None
        if value is None:
            raise self.fail('@"2026-03-02"')
        self.at += 1
        return tree.Constant(value=value)
