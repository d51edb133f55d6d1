"""What the market has seen and said: one SQLite file in the demo's folder, so a restart repeats nothing."""

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from demo.market.choices import Season
from demo.province.streams import Ints

FILE = "market.sqlite"
#: Order files as sent, so that one can be sent again.
COPIES = "sent_orders"
_TABLES = """
CREATE TABLE IF NOT EXISTS contact (
    campaign TEXT NOT NULL, work_order TEXT NOT NULL, channel TEXT NOT NULL, customer INTEGER NOT NULL,
    at REAL NOT NULL, PRIMARY KEY (work_order, customer)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS contact_campaign ON contact (campaign);
CREATE TABLE IF NOT EXISTS list (work_order TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS talk (
    key TEXT PRIMARY KEY, campaign TEXT NOT NULL, customer INTEGER NOT NULL, login TEXT NOT NULL,
    at INTEGER NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, product TEXT NOT NULL,
    wants_call_back INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS talk_customer ON talk (customer, campaign);
CREATE INDEX IF NOT EXISTS talk_at ON talk (at);
CREATE TABLE IF NOT EXISTS wish (
    customer INTEGER NOT NULL, product TEXT NOT NULL, season INTEGER NOT NULL REFERENCES season (id),
    PRIMARY KEY (customer, product)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS season (
    id INTEGER PRIMARY KEY, campaign TEXT NOT NULL, product TEXT NOT NULL, start INTEGER NOT NULL,
    UNIQUE (campaign, product, start));
CREATE TABLE IF NOT EXISTS purchase (
    product TEXT NOT NULL, customer INTEGER NOT NULL, season INTEGER NOT NULL REFERENCES season (id),
    at INTEGER NOT NULL, persuaded INTEGER NOT NULL, via TEXT NOT NULL, file TEXT,
    PRIMARY KEY (product, customer)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS purchase_due ON purchase (at) WHERE file IS NULL;
CREATE TABLE IF NOT EXISTS answer (
    id INTEGER PRIMARY KEY, feed TEXT NOT NULL, due INTEGER NOT NULL, body TEXT NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS answer_due ON answer (due) WHERE sent = 0;
CREATE TABLE IF NOT EXISTS order_day (day TEXT PRIMARY KEY, file TEXT);
CREATE TABLE IF NOT EXISTS order_in (file TEXT PRIMARY KEY);
"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One thing to say: to which feed, when, and what."""

    feed: str
    due: int
    body: dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """One customer's order of one product; `at` in seconds since 1970."""

    customer: int
    at: int
    persuaded: bool
    via: str


@dataclass(frozen=True, kw_only=True)
class Contact:
    """One customer met for a work order; `at` in seconds since 1970."""

    campaign: str
    work_order: str
    channel: str
    customer: int
    at: float


@dataclass(frozen=True, kw_only=True)
class Talk:
    """One try at a call by one of the demo's call agents, and how it ended; `at` in seconds since 1970."""

    key: str
    campaign: str
    customer: int
    login: str
    at: int
    outcome: str
    reason: str
    #: what he orders
    product: str
    wants_call_back: bool


_TALK = "key, campaign, customer, login, at, outcome, reason, product, wants_call_back"


class Ledger:
    """The market's memory; each thread opens its own."""

    def __init__(self, demo_dir: Path) -> None:
        self.base = sqlite3.connect(demo_dir / FILE, isolation_level=None, timeout=30)
        self.base.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _TABLES)

    def close(self) -> None:
        """Put the memory away."""
        self.base.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All or nothing."""
        self.base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.base.execute("ROLLBACK")
            raise
        self.base.execute("COMMIT")

    def knows_list(self, work_order: str) -> bool:
        """Whether a call list was heard of."""
        return (
            self.base.execute("SELECT 1 FROM list WHERE work_order = ?", (work_order,)).fetchone() is not None
        )

    def note_list(self, work_order: str) -> None:
        """Remember a call list."""
        self.base.execute("INSERT INTO list VALUES (?)", (work_order,))

    def note_contacts(self, contacts: Iterable[Contact]) -> None:
        """Remember who was met, or tried, and when; a later try of the same customer counts instead."""
        self.base.executemany(
            "INSERT INTO contact VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (work_order, customer) DO UPDATE SET at = excluded.at",
            ((c.campaign, c.work_order, c.channel, c.customer, c.at) for c in contacts),
        )

    def met(self, work_order: str) -> set[int]:
        """The customers a work order has met so far."""
        rows = self.base.execute("SELECT customer FROM contact WHERE work_order = ?", (work_order,))
        return {customer for (customer,) in rows}

    def contacts_of(self, campaign: str) -> list[Contact]:
        """Everybody a campaign met, in the order of the work orders' names."""
        rows = self.base.execute(
            "SELECT work_order, channel, customer, at FROM contact WHERE campaign = ?"
            " ORDER BY work_order, customer",
            (campaign,),
        )
        return [
            Contact(campaign=campaign, work_order=work_order, channel=channel, customer=customer, at=at)
            for work_order, channel, customer, at in rows
        ]

    def seasons(self, campaign: str, product: str) -> list[tuple[int, Season]]:
        """The seasons of a campaign for a product, latest first."""
        rows = self.base.execute(
            "SELECT id, start FROM season WHERE campaign = ? AND product = ? ORDER BY start DESC",
            (campaign, product),
        ).fetchall()
        return [
            (key, Season(campaign=campaign, product=product, start=datetime.fromtimestamp(start, UTC)))
            for key, start in rows
        ]

    def open_season(self, season: Season) -> int:
        """Begin a season; its id."""
        row = (season.campaign, season.product, int(season.start.timestamp()))
        done = self.base.execute("INSERT INTO season (campaign, product, start) VALUES (?, ?, ?)", row)
        return int(done.lastrowid or 0)

    def buy(self, season: int, product: str, purchases: Iterable[Purchase]) -> None:
        """Note orders to come; who already has one keeps the earlier, and one in a file is final."""
        self.base.executemany(
            "INSERT INTO purchase (product, customer, season, at, persuaded, via) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET season = excluded.season, at = excluded.at,"
            " persuaded = excluded.persuaded, via = excluded.via"
            " WHERE purchase.file IS NULL AND excluded.at < purchase.at",
            ((product, p.customer, season, p.at, p.persuaded, p.via) for p in purchases),
        )

    def forget(self, season: int, product: str, customers: Iterable[int]) -> None:
        """Take back orders to come of this season: these customers were put off."""
        self.base.executemany(
            "DELETE FROM purchase WHERE product = ? AND customer = ? AND season = ? AND file IS NULL",
            ((product, customer, season) for customer in customers),
        )

    def purchases(self, product: str, customers: Sequence[int]) -> dict[int, tuple[int, bool]]:
        """Moment and cause of the orders known for these customers."""
        self.base.execute("CREATE TEMP TABLE IF NOT EXISTS asked (customer INTEGER PRIMARY KEY)")
        self.base.execute("DELETE FROM asked")
        self.base.executemany("INSERT OR IGNORE INTO asked VALUES (?)", ((c,) for c in customers))
        rows = self.base.execute(
            "SELECT customer, at, persuaded FROM purchase JOIN asked USING (customer) WHERE product = ?",
            (product,),
        )
        return {customer: (at, bool(persuaded)) for customer, at, persuaded in rows}

    def say(self, answers: Iterable[Answer]) -> None:
        """Queue answers."""
        self.base.executemany(
            "INSERT INTO answer (feed, due, body) VALUES (?, ?, ?)",
            ((a.feed, a.due, json.dumps(a.body, ensure_ascii=False)) for a in answers),
        )

    def due_answers(self, now: int, limit: int) -> list[tuple[int, str, dict[str, object]]]:
        """Answers whose time has come, of one feed, oldest first: id, feed, body."""
        first = self.base.execute(
            "SELECT feed FROM answer WHERE sent = 0 AND due <= ? ORDER BY due, id LIMIT 1", (now,)
        ).fetchone()
        if first is None:
            return []
        rows = self.base.execute(
            "SELECT id, feed, body FROM answer WHERE sent = 0 AND due <= ? AND feed = ?"
            " ORDER BY due, id LIMIT ?",
            (now, first[0], limit),
        )
        return [(key, feed, json.loads(body)) for key, feed, body in rows]

    def note_sent(self, keys: Iterable[int]) -> None:
        """Answers arrived."""
        self.base.executemany("UPDATE answer SET sent = 1 WHERE id = ?", ((key,) for key in keys))

    def next_due(self, now: int) -> int | None:
        """When the next answer is to be said after now (seconds since 1970)."""
        found = self.base.execute(
            "SELECT min(due) FROM answer WHERE sent = 0 AND due > ?", (now,)
        ).fetchone()[0]
        return None if found is None else int(found)

    def order_day(self, day: str) -> bool:
        """Whether a day's order file was settled."""
        return self.base.execute("SELECT 1 FROM order_day WHERE day = ?", (day,)).fetchone() is not None

    def last_order_file(self) -> str | None:
        """The latest order file, to be sent again by mistake."""
        found = self.base.execute(
            "SELECT file FROM order_day WHERE file IS NOT NULL ORDER BY day DESC LIMIT 1"
        ).fetchone()
        return None if found is None else str(found[0])

    def due_purchases(self, now: int) -> list[tuple[str, int, int, int, str]]:
        """Orders not yet in a file, made before `now`: product, customer, season, at, via."""
        return self.base.execute(
            "SELECT product, customer, season, at, via FROM purchase WHERE file IS NULL AND at < ?"
            " ORDER BY at, product, customer",
            (now,),
        ).fetchall()

    def knows_orders(self, file: str) -> bool:
        """Whether a file of orders made for customers was taken in."""
        return self.base.execute("SELECT 1 FROM order_in WHERE file = ?", (file,)).fetchone() is not None

    def note_orders(self, file: str) -> None:
        """Remember a file of orders made for customers."""
        self.base.execute("INSERT INTO order_in VALUES (?)", (file,))

    def note_talk(self, talk: Talk) -> None:
        """Remember a try at a call."""
        self.base.execute("INSERT INTO talk VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", tuple(vars(talk).values()))

    def talk(self, key: str) -> Talk | None:
        """The try of a name, if it was made."""
        found = self.base.execute(f"SELECT {_TALK} FROM talk WHERE key = ?", (key,)).fetchone()  # noqa: S608
        return None if found is None else Talk(**dict(zip(_TALK.split(", "), found, strict=True)))

    def has_talked(self, campaign: str, customer: int) -> bool:
        """Whether a customer was spoken to by the demo's own call agents for a campaign."""
        found = self.base.execute(
            "SELECT 1 FROM talk WHERE customer = ? AND campaign = ? AND outcome <> 'not_reached'",
            (customer, campaign),
        )
        return found.fetchone() is not None

    def calls_since(self, login: str, moment: int) -> int:
        """How many tries somebody made from a moment on."""
        asked = "SELECT count(*) FROM talk WHERE at >= ? AND login = ?"
        return int(self.base.execute(asked, (moment, login)).fetchone()[0])

    def wish(self, customer: int, product: str, season: int) -> None:
        """A customer said in a talk that he wants a product."""
        self.base.execute("INSERT OR REPLACE INTO wish VALUES (?, ?, ?)", (customer, product, season))

    def wishes(self, customer: int, product: str) -> bool:
        """Whether a customer wants a product he was offered in a talk."""
        return self.season_of_wish(customer, product) is not None

    def season_of_wish(self, customer: int, product: str) -> int | None:
        """The season in which he was won."""
        found = self.base.execute(
            "SELECT season FROM wish WHERE customer = ? AND product = ?", (customer, product)
        ).fetchone()
        return None if found is None else int(found[0])

    def settle_orders(self, day: str, now: int, file: str | None) -> None:
        """The day's file is written: what is in it is final."""
        self.base.execute("UPDATE purchase SET file = ? WHERE file IS NULL AND at < ?", (file or "", now))
        self.base.execute("INSERT INTO order_day VALUES (?, ?)", (day, file))


def forget_everything(demo_dir: Path) -> None:
    """Begin anew: another world is to be built in this folder."""
    for ending in ("", "-wal", "-shm"):
        (demo_dir / f"{FILE}{ending}").unlink(missing_ok=True)
    shutil.rmtree(demo_dir / COPIES, ignore_errors=True)


def owned_before(demo_dir: Path, product: str, start: datetime) -> Ints:
    """Customers who bought a product from the market before a moment."""
    if not (demo_dir / FILE).exists():
        return np.empty(0, np.int64)
    base = sqlite3.connect(f"file:{demo_dir / FILE}?mode=ro", uri=True, timeout=30)
    try:
        rows = base.execute(
            "SELECT customer FROM purchase WHERE product = ? AND at < ?", (product, int(start.timestamp()))
        ).fetchall()
    finally:
        base.close()
    return np.array([customer for (customer,) in rows], np.int64)
