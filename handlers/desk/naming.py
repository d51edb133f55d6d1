"""Receipts of a link learn which message they are about: by the centre's id, or by the one in question."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update

from handlers.channels.outbox import match_centre_ids, the_unknown_of
from handlers.contacts import AnySession
from models.execution import Contact
from models.feedback import Feedback
from models.sending import DirectMessage

#: receipts looked at in one go, and ids asked for in one statement
AT_ONCE, BATCH = 5_000, 500
#: so long the answer to a message may take to be written down; until then its receipt waits for it
PATIENCE = timedelta(minutes=10)
#: what a status that ends a message makes of it; after any other more may be heard
FINAL: Mapping[str, str] = {
    "DELIVRD": "delivered",
    "UNDELIV": "failed",
    "EXPIRED": "failed",
    "DELETED": "failed",
    "REJECTD": "failed",
}

Nameless = Row[int, str, int | None, datetime, dict[str, Any]]


def name_receipts(session: AnySession, now: datetime) -> int:
    """Give new receipts of links the id of their message, whosever campaign it is; how many got one.

    An id the centre gave out anew is another customer's: then the receipt is not taken for it. One of an id
    nobody knows is about the only message of unknown fate its customer has, if there is exactly one.
    """
    named, last = 0, 0
    while rows := _nameless(session, last):
        last = rows[-1].id
        told = _contacts_by_id(session, rows)
        told |= _in_question(session, [row for row in rows if row.id not in told], now)
        messages = [{"id": key, "message_id": message} for key, message in sorted(told.items())]
        if messages:
            session.execute(update(Feedback), messages)
        named += len(messages) + _tell_direct(session, [row for row in rows if row.id not in told])
        session.commit()
    return named


def _nameless(session: AnySession, last: int) -> Sequence[Nameless]:
    asked = (
        select(Feedback.id, Feedback.centre_id, Feedback.sid, Feedback.received_at, Feedback.body)
        .where(Feedback.feed == "receipt", Feedback.state == "new", Feedback.message_id == "")
        .where(Feedback.id > last)
        .order_by(Feedback.id)
        .limit(AT_ONCE)
    )
    return session.execute(asked).all()


def _contacts_by_id(session: AnySession, rows: Sequence[Nameless]) -> dict[int, str]:
    """Message of each receipt whose id the centre gave us for its customer."""
    contacts = match_centre_ids(session, sorted({row.centre_id for row in rows if row.centre_id}))
    known = _messages(session, sorted(set(contacts.values())))
    found = {}
    for row in rows:
        message, sid = known.get(contacts.get(row.centre_id, 0), ("", None))
        if message and row.sid in (None, sid):
            found[row.id] = message
    return found


def _in_question(session: AnySession, rows: Sequence[Nameless], now: datetime) -> dict[int, str]:
    """At most as many as were lost on the wire when a link broke, so they are asked for one by one."""
    old = [row for row in rows if row.sid is not None and row.received_at <= now - PATIENCE]
    contacts = {row.id: the_unknown_of(session, row.sid) for row in old if row.sid is not None}
    known = _messages(session, sorted({contact for contact in contacts.values() if contact}))
    return {key: known[contact][0] for key, contact in contacts.items() if contact}


def _messages(session: AnySession, contact_ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    """{contact: its message and its customer}."""
    found: dict[int, tuple[str, int]] = {}
    for start in range(0, len(contact_ids), BATCH):
        part = Contact.id.in_(contact_ids[start : start + BATCH])
        asked = select(Contact.id, Contact.message_id, Contact.sid).where(part)
        found |= {key: (message, sid) for key, message, sid in session.execute(asked)}
    return found


def _tell_direct(session: AnySession, rows: Sequence[Nameless]) -> int:
    """Receipts of messages outside every list, such as the question about an order."""
    wanted = {row.centre_id: row for row in rows if row.centre_id}
    heard = 0
    for start in range(0, len(wanted), BATCH):
        part = list(wanted)[start : start + BATCH]
        asked = select(DirectMessage.id, DirectMessage.centre_id).where(DirectMessage.centre_id.in_(part))
        for key, centre_id in session.execute(asked).all():
            row = wanted[centre_id]
            _end_direct(session, key, FINAL.get(str(row.body.get("status"))))
            session.execute(update(Feedback).where(Feedback.id == row.id).values(state="matched"))
            heard += 1
    return heard


def _end_direct(session: AnySession, key: int, state: str | None) -> None:
    if state is not None:
        still = DirectMessage.state.in_(("intended", "accepted", "unknown"))
        session.execute(update(DirectMessage).where(DirectMessage.id == key, still).values(state=state))
