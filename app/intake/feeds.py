"""What a file of answers holds: its columns, feed by feed, and what makes a line of it unusable."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from models.base import Problem
from models.feedback import OUTCOMES, STATUSES

Cells = Mapping[str, str]


class LineUnusable(Problem):
    """One line of a file cannot be used; the others still count. What stood there is not kept."""

    message = "Line %(line)s cannot be used."


class FieldsMissing(LineUnusable):
    """A line that was cut, or has a separator too many."""

    message = "Line %(line)s has %(found)s fields instead of %(expected)s."


class FieldEmpty(LineUnusable):
    """A field without which the answer says nothing."""

    message = "Line %(line)s: %(column)s is empty."


class FieldTooLong(LineUnusable):
    """A field longer than we can keep."""

    message = "Line %(line)s: %(column)s is longer than %(most)s characters."


class MomentUnreadable(LineUnusable):
    """A moment that is none, or without the zone it is meant in."""

    message = "Line %(line)s: %(column)s is no moment with its zone, such as 2026-03-05T12:00:00+08:00."


class WordUnknown(LineUnusable):
    """A word that is none of those expected."""

    message = "Line %(line)s: %(column)s is none of %(allowed)s."


class NumberUnreadable(LineUnusable):
    """A number that is none."""

    message = "Line %(line)s: %(column)s is no whole number."


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a file."""

    name: str
    longest: int = 40
    is_needed: bool = True
    #: the only words it may hold; empty means any
    among: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Feed:
    """One kind of answer: how its files begin, what stands in them, and the answer a line makes."""

    code: str
    #: what the names of its files begin with
    prefix: str
    columns: tuple[Column, ...]
    #: column of the moment
    moment: str
    #: the answer without its moment
    answer: Callable[[Cells], dict[str, Any]]

    @property
    def needed(self) -> frozenset[str]:
        """Columns a file cannot be without."""
        return frozenset(column.name for column in self.columns if column.is_needed)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the rows of one file are laid out, as its header says."""

    #: {column we read: its place}
    places: Mapping[str, int]
    #: fields of a row
    width: int


def usable(feed: Feed, layout: Layout, line: int, fields: Sequence[str]) -> dict[str, Any]:
    """The answer a line makes; raises LineUnusable."""
    if len(fields) != layout.width:
        raise FieldsMissing(line=line, found=len(fields), expected=layout.width)
    cells = {name: fields[place].strip() for name, place in layout.places.items()}
    for column in feed.columns:
        _check(column, line, cells.get(column.name, ""))
    return {**feed.answer(cells), "at": _moment(feed.moment, line, cells[feed.moment])}


def _check(column: Column, line: int, value: str) -> None:
    if column.is_needed and not value:
        raise FieldEmpty(line=line, column=column.name)
    if len(value) > column.longest:
        raise FieldTooLong(line=line, column=column.name, most=column.longest)
    if column.among and value and value not in column.among:
        raise WordUnknown(line=line, column=column.name, allowed=", ".join(column.among))
    if column.name == "attempt" and value and not (value.isascii() and value.isdecimal()):
        raise NumberUnreadable(line=line, column=column.name)


def _moment(name: str, line: int, value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise MomentUnreadable(line=line, column=name)
    return found


def _order(cells: Cells) -> dict[str, Any]:
    return {
        "key": cells["order_id"],
        "number": cells["number"],
        "product": cells["product"],
        "channel": cells.get("via", ""),
    }


def _receipt(cells: Cells) -> dict[str, Any]:
    body = {"status": cells["status"]}
    return {"key": cells["key"], "message_id": cells["message_id"], "body": body}


def _call_result(cells: Cells) -> dict[str, Any]:
    body = {
        "outcome": cells["outcome"],
        "reason": cells.get("reason", ""),
        "attempt": int(cells.get("attempt") or 1),
    }
    return {"key": cells["key"], "message_id": cells["contact_id"], "body": body}


def _said(cells: Cells) -> dict[str, Any]:
    return {
        "key": cells["key"],
        "number": cells["number"],
        "channel": cells.get("channel") or "sms",
        "body": {"text": cells.get("text", "")},
    }


KEY = Column(name="key", longest=60)
AT = Column(name="at")
SAID = (
    KEY,
    Column(name="number", longest=20),
    Column(name="channel", longest=20, is_needed=False),
    Column(name="text", longest=500, is_needed=False),
    AT,
)

#: every feed that may come as a file, by its code
BY_FILE: Mapping[str, Feed] = MappingProxyType(
    {
        feed.code: feed
        for feed in (
            Feed(
                code="order",
                prefix="orders",
                columns=(
                    Column(name="order_id", longest=60),
                    Column(name="number", longest=20),
                    Column(name="product", longest=20),
                    Column(name="ordered_at"),
                    Column(name="via", longest=20, is_needed=False),
                ),
                moment="ordered_at",
                answer=_order,
            ),
            Feed(
                code="receipt",
                prefix="receipts",
                columns=(KEY, Column(name="message_id"), Column(name="status", among=STATUSES), AT),
                moment="at",
                answer=_receipt,
            ),
            Feed(
                code="call_result",
                prefix="call-results",
                columns=(
                    KEY,
                    Column(name="contact_id"),
                    Column(name="outcome", among=OUTCOMES),
                    Column(name="reason", is_needed=False),
                    Column(name="attempt", longest=4, is_needed=False),
                    AT,
                ),
                moment="at",
                answer=_call_result,
            ),
            Feed(code="opt_out", prefix="opt-outs", columns=SAID, moment="at", answer=_said),
            Feed(code="complaint", prefix="complaints", columns=SAID, moment="at", answer=_said),
        )
    }
)


def feed_of(name: str) -> Feed | None:
    """The feed a file's name begins with; None where it begins with none."""
    return next((feed for feed in BY_FILE.values() if name.startswith(feed.prefix + "-")), None)
