"""Cuts the text of a cell into words: linear in its length, names with blanks by the longest known."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from handlers.decisions import limits
from handlers.decisions.functions import FUNCTIONS
from handlers.decisions.problems import Place, TextTooLong, TooManyOperators, UnexpectedCharacter

_WORD = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    r'|(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<mark>\*\*|\.\.|<=|>=|!=|[-+*/<>=()\[\],.?@])"
    r"|(?P<name>[^\W\d]\w*)",
    re.DOTALL,
)
_OPERATORS = {
    "+",
    "-",
    "*",
    "/",
    "**",
    ".",
    "and",
    "or",
    "else",
    "between",
    "in",
    "<",
    "<=",
    ">",
    ">=",
    "=",
    "!=",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """A word of a cell: number, text, mark, name or end, and where it begins."""

    kind: str
    text: str
    at: int

    def is_mark(self, *words: str) -> bool:
        """The token is one of these signs or keywords, and not a text that looks like one."""
        return self.kind in ("mark", "name") and self.text in words


def tokenise(text: str, names: Iterable[str], place: Place) -> list[Token]:
    """The words of a text, an end token last; raises what the limits or a strange character ask for."""
    if len(text) > limits.TEXT:
        raise TextTooLong(place, size=len(text), limit=limits.TEXT)
    spaced = sorted((name for name in {*names, *FUNCTIONS} if re.search(r"\W", name)), key=len, reverse=True)
    tokens, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        tokens.append(_next(text, at, spaced, place))
        at += len(tokens[-1].text)
    if sum(token.is_mark(*_OPERATORS) for token in tokens) > limits.OPERATORS:
        raise TooManyOperators(place, limit=limits.OPERATORS)
    return [*tokens, Token(kind="end", text="", at=len(text))]


def _next(text: str, at: int, spaced: list[str], place: Place) -> Token:
    for name in spaced:
        after = text[at + len(name) : at + len(name) + 1]
        if text.startswith(name, at) and not (after.isalnum() or after == "_"):
            return Token(kind="name", text=name, at=at)
    word = _WORD.match(text, at)
    if word is None or word.lastgroup is None:
        raise UnexpectedCharacter(place, character=text[at], at=at + 1, text=text[:120])
    return Token(kind=word.lastgroup, text=word.group(), at=at)
