"""What comes over the link to the SMS centre: receipts, and what customers write back."""

import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from app.intake.rows import Taken, take
from handlers.channels.calls import confirm_orders
from handlers.channels.wire import Incoming, Receipt
from handlers.warehouse import Warehouse
from models.base import db
from models.feedback import Feedback

#: what a customer writes to confirm an order made in a talk
YES = frozenset({"是"})
#: the same words of one number count once within two of these: a centre repeats what was not acknowledged
AGAIN_WITHIN = timedelta(minutes=5)
#: longest key we keep
LONGEST_KEY = 60
#: longest text of a customer we keep
LONGEST_TEXT = 500
#: a number of the province as the network may write it, before its eleven digits
COUNTRY = ("+86", "0086", "86")
DIGITS = 11

Answer = dict[str, Any]


def take_deliveries(deliveries: Sequence[Receipt | Incoming], warehouse: Warehouse, now: datetime) -> Taken:
    """Keep what an SMS centre delivered; committed when this returns, so that the centre may forget it.

    A receipt is one by the centre's id, the status and the number: the same again is a repeat, while an id
    the centre gives out anew is another. A refusal is in force at once; 是 confirms what was asked.
    """
    receipts = [_receipt(each, warehouse, now) for each in deliveries if isinstance(each, Receipt)]
    words = [_said(each, warehouse, now) for each in deliveries if isinstance(each, Incoming)]
    refusals = [word for word in words if is_refusal(word["body"]["text"])]
    replies = [word for word in words if not is_refusal(word["body"]["text"])]
    taken = [
        take("receipt", receipts, warehouse, now),
        take("opt_out", _by_known_keys("opt_out", refusals), warehouse, now),
        _take_replies(_by_known_keys("reply", replies), warehouse, now),
    ]
    return Taken(
        received=sum(each.received for each in taken),
        repeated=sum(each.repeated for each in taken),
        unknown=sum(each.unknown for each in taken),
    )


def is_refusal(text: str) -> bool:
    """True for one of the words by which a customer refuses further messages (REFUSAL_WORDS)."""
    words: Collection[str] = current_app.extensions["settings"].refusal_words
    return plain(text) in {plain(word) for word in words}


def plain(text: str) -> str:
    """A word as it is compared: full width as half width, capitals, nothing around it."""
    return unicodedata.normalize("NFKC", text).strip().upper()


def number_of(written: str) -> str:
    """A number as we know it: without the country before its eleven digits."""
    for country in COUNTRY:
        bare = written.removeprefix(country)
        if bare != written and len(bare) == DIGITS:
            return bare
    return written


def _receipt(told: Receipt, warehouse: Warehouse, now: datetime) -> Answer:
    number = number_of(told.number)
    named = told.centre_id or told.text
    return {
        "key": _key(named, told.status, warehouse.token(number)[:8]),
        "centre_id": told.centre_id,
        "number": number,
        "channel": "sms",
        "body": {"status": told.status, **({"error": told.error} if told.error else {})},
        "at": told.at or now,
    }


def _said(told: Incoming, warehouse: Warehouse, now: datetime) -> Answer:
    number = number_of(told.number)
    lot = int(now.timestamp() // AGAIN_WITHIN.total_seconds())
    word = sha256(f"{told.destination}\n{told.text}".encode()).hexdigest()[:12]
    mark = f"{warehouse.token(number)[:16]}:{word}:{f'{told.part.number}:' if told.part else ''}"
    return {
        "key": f"{mark}{lot}",
        "before": f"{mark}{lot - 1}",
        "number": number,
        "channel": "sms",
        "body": {"text": told.text[:LONGEST_TEXT]},
        "at": now,
    }


def _key(*parts: str) -> str:
    key = ":".join(parts)
    return key if len(key) <= LONGEST_KEY else sha256(key.encode()).hexdigest()[:LONGEST_KEY]


def _take_replies(answers: Sequence[Answer], warehouse: Warehouse, now: datetime) -> Taken:
    """Any other word is kept; a yes with something to say yes to has its effect in the same transaction."""
    return take("reply", answers, warehouse, now, also=_confirm)


def _confirm(taken: Taken) -> None:
    agreed = [row for row in taken.rows if row["sid"] is not None and plain(row["body"]["text"]) in YES]
    for row in agreed:
        if confirm_orders(db.session, row["sid"], row["occurred_at"]):
            heard = update(Feedback).where(Feedback.feed == "reply", Feedback.key == row["key"])
            db.session.execute(heard.values(state="matched"))


def _by_known_keys(feed: str, answers: Sequence[Answer]) -> list[Answer]:
    """Words said again just after the border between two spans of time keep the key they had before it."""
    if not answers:
        return []
    earlier = [answer["before"] for answer in answers]
    asked = select(Feedback.key).where(Feedback.feed == feed, Feedback.key.in_(earlier))
    known = set(db.session.scalars(asked))
    db.session.rollback()
    return [{**a, "key": a["before"] if a["before"] in known else a["key"]} for a in answers]
