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
CREATE TABLE IF NOT EXISTS list (
    work_order TEXT PRIMARY KEY, campaign TEXT NOT NULL, taken INTEGER NOT NULL);
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


class Ledger:
    """The market's memory."""

    def __init__(self, demo_dir: Path) -> None:
        self._base = sqlite3.connect(demo_dir / FILE, isolation_level=None, timeout=30)
        self._base.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _TABLES)

    def close(self) -> None:
        """Put the memory away."""
        self._base.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All or nothing."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    def knows_list(self, work_order: str) -> bool:
        """Whether a work order's list was taken in."""
        found = self._base.execute("SELECT 1 FROM list WHERE work_order = ?", (work_order,)).fetchone()
        return found is not None

    def note_list(self, work_order: str, campaign: str, taken: int) -> None:
        """Remember a list and when it came, so that it is answered once."""
        self._base.execute("INSERT INTO list VALUES (?, ?, ?)", (work_order, campaign, taken))

    def lists_of(self, campaign: str) -> list[tuple[str, datetime]]:
        """The lists of a campaign and when each came, in that order."""
        rows = self._base.execute(
            "SELECT work_order, taken FROM list WHERE campaign = ? ORDER BY taken, work_order", (campaign,)
        )
        return [(work_order, datetime.fromtimestamp(taken, UTC)) for work_order, taken in rows]

    def seasons(self, campaign: str, product: str) -> list[tuple[int, Season]]:
        """The seasons of a campaign for a product, latest first."""
        rows = self._base.execute(
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
        done = self._base.execute("INSERT INTO season (campaign, product, start) VALUES (?, ?, ?)", row)
        return int(done.lastrowid or 0)

    def buy(self, season: int, product: str, purchases: Iterable[Purchase]) -> None:
        """Note orders to come; who already has one keeps the earlier, and one in a file is final."""
        self._base.executemany(
            "INSERT INTO purchase (product, customer, season, at, persuaded, via) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET season = excluded.season, at = excluded.at,"
            " persuaded = excluded.persuaded, via = excluded.via"
            " WHERE purchase.file IS NULL AND excluded.at < purchase.at",
            ((product, p.customer, season, p.at, p.persuaded, p.via) for p in purchases),
        )

    def forget(self, season: int, product: str, customers: Iterable[int]) -> None:
        """Take back orders to come of this season: these customers were put off."""
        self._base.executemany(
            "DELETE FROM purchase WHERE product = ? AND customer = ? AND season = ? AND file IS NULL",
            ((product, customer, season) for customer in customers),
        )

    def purchases(self, product: str, customers: Sequence[int]) -> dict[int, tuple[int, bool]]:
        """Moment and cause of the orders known for these customers."""
        self._base.execute("CREATE TEMP TABLE IF NOT EXISTS asked (customer INTEGER PRIMARY KEY)")
        self._base.execute("DELETE FROM asked")
        self._base.executemany("INSERT OR IGNORE INTO asked VALUES (?)", ((c,) for c in customers))
        rows = self._base.execute(
            "SELECT customer, at, persuaded FROM purchase JOIN asked USING (customer) WHERE product = ?",
            (product,),
        )
        return {customer: (at, bool(persuaded)) for customer, at, persuaded in rows}

    def say(self, answers: Iterable[Answer]) -> None:
        """Queue answers."""
        self._base.executemany(
            "INSERT INTO answer (feed, due, body) VALUES (?, ?, ?)",
            ((a.feed, a.due, json.dumps(a.body, ensure_ascii=False)) for a in answers),
        )

    def due_answers(self, now: int, limit: int) -> list[tuple[int, str, dict[str, object]]]:
        """Answers whose time has come, of one feed, oldest first: id, feed, body."""
        first = self._base.execute(
            "SELECT feed FROM answer WHERE sent = 0 AND due <= ? ORDER BY due, id LIMIT 1", (now,)
        ).fetchone()
        if first is None:
            return []
        rows = self._base.execute(
            "SELECT id, feed, body FROM answer WHERE sent = 0 AND due <= ? AND feed = ?"
            " ORDER BY due, id LIMIT ?",
            (now, first[0], limit),
        )
        return [(key, feed, json.loads(body)) for key, feed, body in rows]

    def note_sent(self, keys: Iterable[int]) -> None:
        """Answers arrived."""
        self._base.executemany("UPDATE answer SET sent = 1 WHERE id = ?", ((key,) for key in keys))

    def next_due(self) -> int | None:
        """When the next answer waits to be said."""
        found = self._base.execute("SELECT min(due) FROM answer WHERE sent = 0").fetchone()[0]
        return None if found is None else int(found)

    def order_day(self, day: str) -> bool:
        """Whether a day's order file was settled."""
        return self._base.execute("SELECT 1 FROM order_day WHERE day = ?", (day,)).fetchone() is not None

    def last_order_file(self) -> str | None:
        """The latest order file, to be sent again by mistake."""
        found = self._base.execute(
            "SELECT file FROM order_day WHERE file IS NOT NULL ORDER BY day DESC LIMIT 1"
        ).fetchone()
        return None if found is None else str(found[0])

    def due_purchases(self, now: int) -> list[tuple[str, int, int, int, str]]:
        """Orders not yet in a file, made before `now`: product, customer, season, at, via."""
        return self._base.execute(
            "SELECT product, customer, season, at, via FROM purchase WHERE file IS NULL AND at < ?"
            " ORDER BY at, product, customer",
            (now,),
        ).fetchall()

    def settle_orders(self, day: str, now: int, file: str | None) -> None:
        """The day's file is written: what is in it is final."""
        self._base.execute("UPDATE purchase SET file = ? WHERE file IS NULL AND at < ?", (file or "", now))
        self._base.execute("INSERT INTO order_day VALUES (?, ?)", (day, file))


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
