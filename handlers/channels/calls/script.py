"""A call script as the desk reads it: an opening, answers to what the customer may say, gaps to fill."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from handlers.channels.text import StrayBrace, read_template, show

#: a line `label：words`; a label is one short word without marks of a sentence
_BRANCH = re.compile(r"^([^\s：:，。？！,.?!「」{}]{1,12})\s*[：:]\s*(.+)$")
_QUOTED = re.compile(r"^「(.*)」$", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Branch:
    """What to say when the customer says this."""

    label: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Script:
    """What to say first, and then."""

    opening: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some words of a script; those filled in, or still to be, stand out."""

    text: str
    is_value: bool
    #: name of the gap the words stand in, empty for words of the script itself
    gap: str = ""


def read_script(text: str) -> Script:
    """The first line opens; a later line `label：words` is a branch, any other goes on with the last part."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    parts: list[tuple[str, list[str]]] = [("", lines[:1])]
    for line in lines[1:]:
        found = _BRANCH.match(line)
        if found:
            parts.append((found.group(1), [found.group(2)]))
        else:
            parts[-1][1].append(line)
    (_, opening), *branches = parts
    return Script(
        opening=_said(opening),
        branches=tuple(Branch(label=label, words=_said(words)) for label, words in branches),
    )


def fill(words: str, values: Mapping[str, str]) -> tuple[Piece, ...]:
    """The words cut at their gaps, known ones filled; a gap nobody knows shows its name."""
    try:
        template = read_template(words)
    except StrayBrace:
        return (Piece(text=words, is_value=False),)
    pieces = [Piece(text=template.literals[0], is_value=False)]
    for name, literal in zip(template.names, template.literals[1:], strict=True):
        pieces.append(Piece(text=values.get(name, "").strip() or name, is_value=True, gap=name))
        pieces.append(Piece(text=literal, is_value=False))
    return tuple(piece for piece in pieces if piece.text)


def spoken(words: str, values: Mapping[str, str]) -> str:
    """The words with known gaps filled; the others stay as {name}."""
    return show(words, values)[0]


def gaps(login: str, name: str, ends_on: date | None) -> dict[str, str]:
    """What every desk knows: who is calling, and until when the offer stands."""
    until = f"{ends_on.month}月{ends_on.day}日" if ends_on else ""
    return {"工号": login, "姓名": name, "日期": until}


def _said(lines: list[str]) -> str:
    """The lines as one, without the quotation marks around the whole; the desk sets its own."""
    words = "\n".join(lines)
    quoted = _QUOTED.match(words)
    return quoted.group(1) if quoted else words
