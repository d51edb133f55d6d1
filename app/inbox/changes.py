"""What a planner mended between two submissions, field by field: the first thing an approver looks for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

Kind = Literal["same", "added", "removed"]

#: fields of running text, compared letter by letter
PROSE = frozenset({"content", "reason", "definition"})
#: below this likeness (0..1) two texts are shown whole, one after the other
ALIKE = 0.5
#: equal text longer than this is shortened to its edge beside a change
EDGE = 8


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A run of text that stayed, came or went."""

    kind: Kind
    text: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field that differs; `field` is a path such as "channels.sms.content"."""

    field: str
    #: the whole text, in runs
    pieces: tuple[Piece, ...]

    @property
    def name(self) -> str:
        """The last word of the path: what the field is called."""
        return self.field.rsplit(".", 1)[-1]

    @property
    def brief(self) -> tuple[Piece, ...]:
        """The same with what stayed cut down to what stands next to a change."""
        last = len(self.pieces) - 1
        return tuple(
            piece if piece.kind != "same" else _edges(piece, EDGE if at else 0, EDGE if at < last else 0)
            for at, piece in enumerate(self.pieces)
        )

    @property
    def channel(self) -> str:
        """The channel a field of a channel belongs to, else nothing."""
        parts = self.field.split(".")
        return parts[1] if parts[0] == "channels" and len(parts) > 1 else ""


Say = Callable[[str, Any], str]


def changes(before: Mapping[str, Any], after: Mapping[str, Any], say: Say) -> tuple[Change, ...]:
    """Every field of two submissions whose value differs, in the order of the newer one.

    `say(name, value)` puts a value into words.
    """
    old, new = dict(_flat(before)), dict(_flat(after))
    found = []
    for field in [*new, *(f for f in old if f not in new)]:
        if old.get(field) == new.get(field):
            continue
        name = field.rsplit(".", 1)[-1]
        was, now = (say(name, side[field]) if _given(side, field) else "" for side in (old, new))
        if was != now:
            pieces = _letters(was, now) if name in PROSE else _whole(was, now)
            found.append(Change(field=field, pieces=pieces))
    return tuple(found)


def _given(side: Mapping[str, Any], field: str) -> bool:
    return side.get(field) is not None


def _flat(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Channels are keyed by their code, so that a moved channel is not a changed one."""
    for name, value in fields.items():
        if isinstance(value, Mapping) and name == "channels":
            for channel, inner in value.items():
                yield from ((f"channels.{channel}.{key}", said) for key, said in inner.items())
        else:
            yield name, value


def _whole(was: str, now: str) -> tuple[Piece, ...]:
    both = (Piece(kind="removed", text=was), Piece(kind="added", text=now))
    return tuple(piece for piece in both if piece.text)


def _letters(was: str, now: str) -> tuple[Piece, ...]:
    matcher = SequenceMatcher(None, was, now, autojunk=False)
    if matcher.ratio() < ALIKE:
        return _whole(was, now)
    found: list[Piece] = []
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag == "equal":
            found.append(Piece(kind="same", text=now[b0:b1]))
            continue
        if a1 > a0:
            found.append(Piece(kind="removed", text=was[a0:a1]))
        if b1 > b0:
            found.append(Piece(kind="added", text=now[b0:b1]))
    return tuple(found)


def _edges(piece: Piece, head: int, tail: int) -> Piece:
    """Keep so many letters of each end, where that makes it shorter."""
    short = piece.text[:head] + "…" + (piece.text[-tail:] if tail else "")
    return Piece(kind="same", text=short) if len(short) < len(piece.text) else piece
