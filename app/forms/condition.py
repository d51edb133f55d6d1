"""When a field hides: a tiny language of comparisons, parsed once and decided alike by server and page.

    "=not(keep_as_scenario)"    '=channel != "sms" and people > 200'

Names are fields of the same form; a list (check list) equals a value it holds. No functions, no arithmetic.
A condition is plain JSON: ["=", name, literal], ["has", name], ["not", c], ["and", [c, c]], ["or", [c, c]].
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

Condition = list[Any]

DEEPEST = 20
_TOKEN = re.compile(
    r'\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<text>"[^"]*")|(?P<name>[A-Za-z_]\w*)|(?P<op><=|>=|!=|==|[=<>()]))'
)
_COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_CONSTANTS = {"true": True, "false": False, "null": None}
_WORDS = {"and", "or", "not", *_CONSTANTS}


class ConditionBroken(ValueError):
    """The text is no condition of this language."""


def parse(text: str) -> Condition:
    """The condition a `conditional.hide` states; raises ConditionBroken."""
    parser = _Parser(_tokens(text.strip().removeprefix("=")))
    condition = parser.any_of(0)
    parser.end()
    return condition


def names(condition: Condition) -> Iterator[str]:
    """The fields a condition looks at."""
    match condition:
        case ["and" | "or", parts]:
            for part in parts:
                yield from names(part)
        case ["not", part]:
            yield from names(part)
        case [_, name, *_]:
            yield name


def holds(condition: Condition, given: Mapping[str, object]) -> bool:
    """Decide it for what was given: texts, booleans, and lists of texts."""
    match condition:
        case ["and", parts]:
            return all(holds(part, given) for part in parts)
        case ["or", parts]:
            return any(holds(part, given) for part in parts)
        case ["not", part]:
            return not holds(part, given)
        case ["has", name]:
            return bool(given.get(name))
    operator, name, literal = condition
    return _compare(operator, given.get(name), literal)


def _compare(operator: str, left: object, right: object) -> bool:
    if operator in ("=", "!="):
        return _same(left, right) is (operator == "=")
    if left in (None, "") or right is None or isinstance(left, bool | list) or isinstance(right, bool):
        return False
    pair: tuple[Any, Any] | None = (str(left), str(right))
    if isinstance(right, int | float):
        number = _number(left)
        pair = None if number is None else (number, Decimal(str(right)))
    if pair is None:
        return False
    a, b = pair
    return bool({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator])


def _same(left: object, right: object) -> bool:
    if isinstance(left, list):
        return right is not None and str(right) in left
    if isinstance(left, bool):
        return left is right
    if right is None:
        return left in (None, "")
    if isinstance(right, int | float) and not isinstance(right, bool):
        return _number(left) == Decimal(str(right))
    return left is not None and str(left) == str(right)


def _number(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ConditionBroken(text[at:])
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def any_of(self, depth: int) -> Condition:
        return self._joined("or", depth)

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise ConditionBroken(self._tokens[self._at][1])

    def _joined(self, word: str, depth: int) -> Condition:
        if depth > DEEPEST:
            raise ConditionBroken("(")
        parts = [self._joined("and", depth) if word == "or" else self._single(depth)]
        while self._take(word):
            parts.append(self._joined("and", depth) if word == "or" else self._single(depth))
        return parts[0] if len(parts) == 1 else [word, parts]

    def _single(self, depth: int) -> Condition:
        if self._take("not"):
            if depth > DEEPEST:
                raise ConditionBroken("not")
            return ["not", self._single(depth + 1)]
        if self._take("("):
            inner = self.any_of(depth + 1)
            if not self._take(")"):
                raise ConditionBroken("(")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        kind, name = self._next()
        if kind != "name" or name in _WORDS:
            raise ConditionBroken(name)
        operator = next((sign for sign in _COMPARISONS if self._take(sign)), None)
        return ["has", name] if operator is None else [_COMPARISONS[operator], name, self._literal()]

    def _literal(self) -> str | int | float | bool | None:
        kind, text = self._next()
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return float(text) if "." in text else int(text)
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        raise ConditionBroken(text)

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise ConditionBroken("")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, text: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] in (("op", text), ("name", text)):
            self._at += 1
            return True
        return False
