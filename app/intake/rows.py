"""Answers become rows: known senders' keys once, unknown people marked, refusals in force at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from handlers.contacts import Refusal, refuse
from handlers.warehouse import Warehouse
from models.base import db
from models.execution import Contact
from models.feedback import Feedback

#: keys looked up in one statement
BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a delivery."""

    received: int
    repeated: int


def take(feed: str, answers: Sequence[Mapping[str, Any]], warehouse: Warehouse, now: datetime) -> Taken:
    """Keep each answer once; the same key again only counts as a repeat, even when both come at once."""
    try:
        return _take(feed, answers, warehouse, now)
    except IntegrityError:
        # another delivery of the same keys was committed between our look and our insert: now we see it
        db.session.rollback()
        return _take(feed, answers, warehouse, now)


def _take(feed: str, answers: Sequence[Mapping[str, Any]], warehouse: Warehouse, now: datetime) -> Taken:
    known = _known_keys(feed, [str(answer["key"]) for answer in answers])
    fresh: dict[str, Mapping[str, Any]] = {}
    repeats: dict[str, int] = {}
    for answer in answers:
        key = str(answer["key"])
        if key in known or key in fresh:
            repeats[key] = repeats.get(key, 0) + 1
        else:
            fresh[key] = answer
    rows = _rows(feed, list(fresh.values()), warehouse, now)
    if rows:
        db.session.execute(insert(Feedback), rows)
    _count_repeats(feed, repeats)
    if feed == "opt_out":
        _refuse(rows)
    db.session.commit()
    return Taken(received=len(rows), repeated=sum(repeats.values()))


def _rows(
    feed: str, answers: list[Mapping[str, Any]], warehouse: Warehouse, now: datetime
) -> list[dict[str, Any]]:
    """Numbers become tokens here; the number itself is not kept."""
    tokens = [warehouse.token(str(answer["number"])) if answer.get("number") else "" for answer in answers]
    sids = warehouse.sids_of_tokens(tokens) if tokens else np.empty(0, dtype=np.int64)
    met = _known_messages([str(answer.get("message_id", "")) for answer in answers])
    rows = []
    for answer, token, sid in zip(answers, tokens, sids.tolist(), strict=True):
        message_id = str(answer.get("message_id", ""))
        is_known = message_id in met if message_id else sid >= 0
        rows.append(
            {
                "feed": feed,
                "key": str(answer["key"]),
                "message_id": message_id,
                "token": token,
                "sid": sid if sid >= 0 else None,
                "product": str(answer.get("product", "")),
                "channel": str(answer.get("channel", "")),
                "body": dict(answer.get("body", {})),
                "occurred_at": answer["at"],
                "received_at": now,
                "repeats": 0,
                "state": "new" if is_known else "unknown",
            }
        )
    return rows


def _known_keys(feed: str, keys: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        found |= set(
            db.session.scalars(select(Feedback.key).where(Feedback.feed == feed, Feedback.key.in_(part)))
        )
    return found


def _known_messages(message_ids: list[str]) -> set[str]:
    found: set[str] = set()
    wanted = sorted({m for m in message_ids if m})
    for start in range(0, len(wanted), BATCH):
        part = wanted[start : start + BATCH]
        found |= set(db.session.scalars(select(Contact.message_id).where(Contact.message_id.in_(part))))
    return found


def _count_repeats(feed: str, repeats: dict[str, int]) -> None:
    for key, times in repeats.items():
        again = update(Feedback).where(Feedback.feed == feed, Feedback.key == key)
        db.session.execute(again.values(repeats=Feedback.repeats + times))


def _refuse(rows: list[dict[str, Any]]) -> None:
    """A refusal is in force from the moment it arrives."""
    refusals = [
        Refusal(sid=row["sid"], channel=row["channel"] or "sms", since=row["occurred_at"])
        for row in rows
        if row["sid"] is not None
    ]
    refuse(db.session, refusals, source="reply")
