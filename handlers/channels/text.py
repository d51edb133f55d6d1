"""What a short message costs and may contain: length, charged parts, placeholders, signature, refusal word.

How a text is counted and where it is cut is the rule of `handlers.channels.wire.coding`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from handlers.channels.wire.coding import LIMITS, Alphabet, alphabet_of, length, split
from models.base import Problem

_PLACEHOLDER = re.compile(r"\{([^{}\s]+)\}")
_BRACE = re.compile(r"[{}｛｝]")
_SIGNATURE = re.compile(r"\A【[^【】]+】|【[^【】]+】\Z")
_REFUSAL = re.compile(r"(?<![A-Za-z0-9])TD(?![A-Za-z0-9])")
_UNSENDABLE = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_FORMULA = re.compile(r"\A[=+\-@＝＋－＠\t\r]")


class EmptyText(Problem):
    """Nothing is said."""

    message = "The text is empty."


class PlaceholderLeft(Problem):
    """A placeholder has no value, and the customer would read its braces."""

    message = "No value for %(names)s."


class StrayBrace(Problem):
    """A brace that is no part of a placeholder, or the wide brace of a Chinese keyboard."""

    message = "A brace that belongs to no placeholder near “%(near)s”; write {name} with the plain braces."


class UnsendableCharacter(Problem):
    """A control character, or half of a character."""

    message = "The character %(code)s at place %(place)d cannot be sent."


class LooksLikeFormula(Problem):
    """A spreadsheet would take the cell for a formula."""

    message = "A text must not begin with “%(sign)s”: spreadsheets take it for a formula."


class NoSignature(Problem):
    """The customer cannot see who writes."""

    message = "The text must begin or end with the signature in 【 】."


class NoRefusal(Problem):
    """A promotion that does not say how to refuse further ones."""

    message = "A promotion must say how to refuse it: put the word TD into the text."


class TooManyParts(Problem):
    """More parts than one message can have."""

    message = "The text makes %(parts)d messages; %(most)d is the most one text can have."


class MoreThanOneMessage(Problem):
    """A warning: the text is charged more than once."""

    message = "%(characters)d characters: more than one SMS (%(limit)d), charged as %(parts)d."


@dataclass(frozen=True, kw_only=True)
class Measure:
    """The length of a text as the network counts it."""

    alphabet: Alphabet
    #: Units used: septets or 16-bit units, each at least one a character.
    characters: int
    #: Units one undivided message holds.
    limit: int
    #: Messages charged.
    parts: int


@dataclass(frozen=True, kw_only=True)
class Template:
    """A text with placeholders `{产品}`: literals and names in turn, a literal first and last."""

    literals: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names asked for, each once, in order."""
        return tuple(dict.fromkeys(self.names))

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with every placeholder filled; a value is never read as a placeholder itself."""
        left = self.unfilled(values)
        if left:
            raise PlaceholderLeft(names=", ".join(left))
        return self.fill_known(values)

    def unfilled(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """The placeholders that would stay: no value, or a blank one."""
        return tuple(name for name in self.placeholders if not values.get(name, "").strip())

    def fill_known(self, values: Mapping[str, str]) -> str:
        """The text with known placeholders filled and the others left as they stand."""
        filled = [self.literals[0]]
        for name, literal in zip(self.names, self.literals[1:], strict=True):
            filled += [values.get(name, "").strip() or "{" + name + "}", literal]
        return "".join(filled)


def read_template(text: str) -> Template:
    """The text cut at its placeholders; a brace that belongs to none is refused."""
    pieces = _PLACEHOLDER.split(text)
    literals, names = tuple(pieces[::2]), tuple(pieces[1::2])
    for literal in literals:
        stray = _BRACE.search(literal)
        if stray:
            raise StrayBrace(near=literal[max(0, stray.start() - 5) : stray.end() + 5])
    return Template(literals=literals, names=names)


@lru_cache(maxsize=4096)
def measure(text: str) -> Measure:
    """The length of the text and the messages it is charged as; an empty text is none."""
    alphabet = alphabet_of(text)
    characters, (single, _) = length(text, alphabet), LIMITS[alphabet]
    parts = min(characters, 1) if characters <= single else len(split(text))
    return Measure(alphabet=alphabet, characters=characters, limit=single, parts=parts)


def find_faults(text: str) -> list[Problem]:
    """What forbids any channel to use this text: nothing said, or signs that cannot be sent."""
    if not text.strip():
        return [EmptyText()]
    faults: list[Problem] = []
    unsendable, formula = _UNSENDABLE.search(text), _FORMULA.search(text)
    if unsendable:
        code = f"U+{ord(unsendable.group()):04X}"
        faults.append(UnsendableCharacter(code=code, place=unsendable.start() + 1))
    if formula:
        faults.append(LooksLikeFormula(sign=formula.group()))
    return faults


def show(text: str, values: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The text as far as it can be filled, and what is left; half-typed braces are shown as they stand."""
    try:
        template = read_template(text)
    except StrayBrace:
        return text, ()
    return template.fill_known(values), template.unfilled(values)


def has_signature(text: str) -> bool:
    """The text begins or ends with 【who】."""
    return _SIGNATURE.search(text) is not None


def has_refusal(text: str) -> bool:
    """The text holds the word TD, not only its letters inside another word."""
    return _REFUSAL.search(text) is not None


def is_sendable(value: str) -> bool:
    """The value holds no control character and no half character."""
    return _UNSENDABLE.search(value) is None


def harmless(cell: str) -> str:
    """The cell with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{cell}" if _FORMULA.search(cell) else cell
