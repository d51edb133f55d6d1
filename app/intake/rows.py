"""Answers become rows: known senders' keys once, unknown people marked, refusals in force at once."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

import numpy as np
from sqlalchemy import Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from handlers.contacts import Refusal, refuse
from handlers.warehouse import Warehouse
from models.base import db
from models.execution import Contact
from models.feedback import Feedback

T = TypeVar("T")
#: as a plain table: rows with and without a customer then go in one statement
_TABLE = cast(Table, Feedback.__table__)
#: keys looked up in one statement
BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a delivery."""

    received: int
    repeated: int
    #: of those received, answers about nobody of ours
    unknown: int = 0
    #: those received, as they are kept
    rows: Sequence[Mapping[str, Any]] = ()


def take(
    feed: str,
    answers: Sequence[Mapping[str, Any]],
    warehouse: Warehouse,
    now: datetime,
    also: Callable[[Taken], object] = lambda taken: None,
) -> Taken:
    """Keep each answer once; the same key again only counts as a repeat, even when both come at once.

    `also` is done in the same transaction, after the answers are written.
    """
    db.session.rollback()  # whatever was only read before: numbers are looked up with no transaction open
    rows = _rows(feed, answers, warehouse, now)
    try:
        return _keep(feed, rows, also)
    except IntegrityError:
        # another delivery of the same keys was committed between our look and our insert: now we see it
        db.session.rollback()
        return _keep(feed, rows, also)


def _keep(feed: str, rows: Sequence[Mapping[str, Any]], also: Callable[[Taken], object]) -> Taken:
    known = _known_keys(feed, [row["key"] for row in rows])
    fresh: dict[str, Mapping[str, Any]] = {}
    repeats: Counter[str] = Counter()
    for row in rows:
        key = row["key"]
        if key in known or key in fresh:
            repeats[key] += 1
        else:
            fresh[key] = row
    written = _with_states(list(fresh.values()))
    if written:
        db.session.execute(insert(_TABLE), written)
    _count_repeats(feed, repeats)
    if feed == "opt_out":
        _refuse(written)
    taken = Taken(
        received=len(written),
        repeated=repeats.total(),
        unknown=sum(row["state"] == "unknown" for row in written),
        rows=written,
    )
    also(taken)
    db.session.commit()
    return taken


def _rows(
    feed: str, answers: Sequence[Mapping[str, Any]], warehouse: Warehouse, now: datetime
) -> list[dict[str, Any]]:
    """Numbers become tokens here, before any transaction is open; the number itself is not kept."""
    tokens = [warehouse.token(str(answer["number"])) if answer.get("number") else "" for answer in answers]
    sids = warehouse.sids_of_tokens(tokens) if any(tokens) else np.full(len(tokens), -1, dtype=np.int64)
    return [
        {
            "feed": feed,
            "key": str(answer["key"]),
            "message_id": str(answer.get("message_id", "")),
            "centre_id": str(answer.get("centre_id", "")),
            "token": token,
            "sid": sid if sid >= 0 else None,
            "product": str(answer.get("product", "")),
            "channel": str(answer.get("channel", "")),
            "body": dict(answer.get("body", {})),
            "occurred_at": answer["at"],
            "received_at": now,
            "repeats": 0,
        }
        for answer, token, sid in zip(answers, tokens, sids.tolist(), strict=True)
    ]


def _with_states(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """New where message or customer are ours; what a link brought is judged when it is matched."""
    met = _known_messages({row["message_id"] for row in rows if row["message_id"]})

    def is_ours(row: Mapping[str, Any]) -> bool:
        if row["centre_id"]:
            return True
        return row["message_id"] in met if row["message_id"] else row["sid"] is not None

    return [{**row, "state": "new" if is_ours(row) else "unknown"} for row in rows]


def _known_keys(feed: str, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for part in _parts(keys):
        asked = select(Feedback.key).where(Feedback.feed == feed, Feedback.key.in_(part))
        found.update(db.session.scalars(asked))
    return found


def _known_messages(message_ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for part in _parts(sorted(message_ids)):
        found.update(db.session.scalars(select(Contact.message_id).where(Contact.message_id.in_(part))))
    return found


def _count_repeats(feed: str, repeats: Counter[str]) -> None:
    """One statement for all keys that came again as often."""
    for times in sorted(set(repeats.values())):
        for part in _parts(sorted(key for key, often in repeats.items() if often == times)):
            db.session.execute(
                update(Feedback)
                .where(Feedback.feed == feed, Feedback.key.in_(part))
                .values(repeats=Feedback.repeats + times)
                .execution_options(synchronize_session=False)
            )


def _refuse(rows: Sequence[Mapping[str, Any]]) -> None:
    """A refusal is in force from the moment it arrives."""
    refusals = [
        Refusal(sid=row["sid"], channel=row["channel"] or "sms", since=row["occurred_at"])
        for row in rows
        if row["sid"] is not None
    ]
    for part in _parts(refusals):
        refuse(db.session, part, source="reply")


def _parts(everything: Sequence[T]) -> Iterable[Sequence[T]]:
    return (everything[start : start + BATCH] for start in range(0, len(everything), BATCH))
