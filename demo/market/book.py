"""The SMS centre's own pages of the ledger: what it accepted, and what it has to bring to the product."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from demo.market.ledger import Ledger

_TABLES = """
CREATE TABLE IF NOT EXISTS birth (word TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS part (
    id INTEGER PRIMARY KEY, service TEXT NOT NULL, number TEXT NOT NULL, sender TEXT NOT NULL,
    text TEXT NOT NULL, reference INTEGER NOT NULL, total INTEGER NOT NULL, place INTEGER NOT NULL,
    at INTEGER NOT NULL, wants_receipt INTEGER NOT NULL, has_receipt INTEGER NOT NULL,
    decided INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS part_undecided ON part (id) WHERE decided = 0;
CREATE INDEX IF NOT EXISTS part_number ON part (service, number);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY, due INTEGER NOT NULL, number TEXT NOT NULL, destination TEXT NOT NULL,
    text TEXT NOT NULL, centre_id TEXT NOT NULL, status TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due, id) WHERE done = 0;
"""
_INSERT = "INSERT INTO delivery (due, number, destination, text, centre_id, status) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """One part as it came over the wire; a short message is the only part of itself."""

    service: str
    number: str
    sender: str
    text: str
    wants_receipt: bool
    reference: int = 0
    total: int = 1
    place: int = 1


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What is to be brought to the product: a receipt where it has a status, else a customer's words."""

    due: int
    number: str
    destination: str
    text: str = ""
    centre_id: str = ""
    status: str = ""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message put together again; `at` in seconds since 1970, `keys` of its parts in their order."""

    service: str
    number: str
    sender: str
    text: str
    at: int
    keys: tuple[int, ...]
    #: keys of the parts whose receipt is still to be written
    unreceipted: tuple[int, ...]
    is_whole: bool


#: The id of what was accepted, and the receipt that goes before the answer, with its key, if one does.
Accepted = tuple[str, tuple[int, Delivery] | None]
Row = tuple[int, str, str, str, str, int, int, int, int, int, int]


class Book:
    """What the centre accepted stays accepted; its ids are given once, also after a restart."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._base = ledger, ledger.base
        self._base.executescript(_TABLES)
        with ledger.writing():
            if self._base.execute("SELECT 1 FROM birth").fetchone() is None:
                self._base.execute("INSERT INTO birth VALUES (?)", (secrets.token_hex(3),))
        self._birth = str(self._base.execute("SELECT word FROM birth").fetchone()[0])

    def centre_id(self, key: int) -> str:
        """The id the centre gives a part; a ledger begun anew gives others."""
        return f"{self._birth}{key:09d}"

    def accept(self, parts: Sequence[Submitted], at: datetime, early: Sequence[str]) -> list[Accepted]:
        """Write the parts down, all or none, with the receipts that go before their answers.

        `early` holds the status of such a receipt, part by part, and nothing where it comes in its time.
        """
        moment = int(at.timestamp())
        with self._ledger.writing():
            last = self._base.execute("SELECT coalesce(max(id), 0) FROM part").fetchone()[0]
            keys = range(last + 1, last + 1 + len(parts))
            self._base.executemany(
                "INSERT INTO part (id, service, number, sender, text, reference, total, place, at,"
                " wants_receipt, has_receipt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (key, p.service, p.number, p.sender, p.text, p.reference, p.total, p.place, moment,
                     p.wants_receipt, bool(status))
                    for key, p, status in zip(keys, parts, early, strict=True)
                ),
            )  # fmt: skip
            return [
                self._accepted(key, part, status, moment)
                for key, part, status in zip(keys, parts, early, strict=True)
            ]

    def _accepted(self, key: int, part: Submitted, status: str, moment: int) -> Accepted:
        given = self.centre_id(key)
        if not status:
            return given, None
        receipt = Delivery(
            due=moment, number=part.number, destination=part.sender, centre_id=given, status=status
        )
        done = self._base.execute(_INSERT, _row(receipt))
        return given, (int(done.lastrowid or 0), receipt)

    def undecided(self, limit: int, half_until: int) -> list[Message]:
        """Messages nothing has come of yet, the oldest parts first; one in parts once the last one is there.

        One of which a part is still missing at `half_until` (seconds since 1970) is given up as it is.
        """
        rows: list[Row] = self._base.execute(
            "SELECT id, service, number, sender, text, reference, total, place, at, wants_receipt,"
            " has_receipt FROM part WHERE decided = 0 ORDER BY id LIMIT ?",
            (limit,),
        ).fetchall()
        groups: dict[tuple[object, ...], list[Row]] = {}
        for row in rows:
            name = (row[0],) if row[6] == 1 else (row[1], row[2], row[5], row[6])
            groups.setdefault(name, []).append(row)
        found = [_put_together(parts) for parts in groups.values()]
        return [message for message in found if message.is_whole or message.at < half_until]

    def note_decided(self, keys: Iterable[int]) -> None:
        """All that follows from these parts is written down."""
        self._base.executemany("UPDATE part SET decided = 1 WHERE id = ?", ((key,) for key in keys))

    def deliver(self, deliveries: Iterable[Delivery]) -> None:
        """Have these brought to the product at their time."""
        self._base.executemany(_INSERT, (_row(delivery) for delivery in deliveries))

    def due(self, now: datetime, limit: int) -> list[tuple[int, Delivery]]:
        """What is due and was not answered for, oldest first."""
        rows = self._base.execute(
            "SELECT id, due, number, destination, text, centre_id, status FROM delivery"
            " WHERE done = 0 AND due <= ? ORDER BY due, id LIMIT ?",
            (int(now.timestamp()), limit),
        )
        return [
            (key, Delivery(due=due, number=number, destination=destination, text=text, centre_id=given,
                           status=status))
            for key, due, number, destination, text, given, status in rows
        ]  # fmt: skip

    def note_delivered(self, keys: Iterable[int]) -> None:
        """The product has these."""
        with self._ledger.writing():
            self._base.executemany("UPDATE delivery SET done = 1 WHERE id = ?", ((key,) for key in keys))

    def owes(self, now: datetime) -> int:
        """How much is due and was not answered for."""
        asked = "SELECT count(*) FROM delivery WHERE done = 0 AND due <= ?"
        return int(self._base.execute(asked, (int(now.timestamp()),)).fetchone()[0])

    def next_due(self, now: int) -> int | None:
        """When the next thing is to be brought after now (seconds since 1970)."""
        asked = "SELECT min(due) FROM delivery WHERE done = 0 AND due > ?"
        found = self._base.execute(asked, (now,)).fetchone()[0]
        return None if found is None else int(found)

    def accepted_per_number(self, service: str) -> dict[str, int]:
        """How many messages of a work order each number was accepted for; more than one is a double."""
        rows = self._base.execute(
            "SELECT number, count(*) FROM part WHERE service = ? AND place = 1 GROUP BY number", (service,)
        )
        return dict(rows.fetchall())

    def doubles(self) -> list[tuple[str, str, int]]:
        """Whoever was sent one part of a work order more than once: service, number, times."""
        return self._base.execute(
            "SELECT service, number, max(times) FROM (SELECT service, number, count(*) AS times FROM part"
            " WHERE service <> '' GROUP BY service, number, place) WHERE times > 1 GROUP BY service, number"
        ).fetchall()


def _row(d: Delivery) -> tuple[int, str, str, str, str, str]:
    return d.due, d.number, d.destination, d.text, d.centre_id, d.status


def _put_together(rows: list[Row]) -> Message:
    """The parts of one message, the first copy of each read in its place."""
    texts: dict[int, str] = {}
    for row in rows:
        texts.setdefault(row[7], row[4])
    _, service, number, sender, _, _, total, *_ = rows[0]
    return Message(
        service=service,
        number=number,
        sender=sender,
        text="".join(texts[place] for place in sorted(texts)),
        at=max(row[8] for row in rows),
        keys=tuple(row[0] for row in rows),
        unreceipted=tuple(row[0] for row in rows if row[9] and not row[10]),
        is_whole=len(texts) == total,
    )
