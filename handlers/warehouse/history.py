"""Contacts made outside this product's own ledger: one sorted file a day, so a window reads few of them."""

from collections.abc import Collection, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from handlers.warehouse.arrays import Sids
from handlers.warehouse.files import replace, write_table
from handlers.warehouse.reader import Bounds, Reader

ROWS = pa.schema([("sid", pa.int64()), ("channel", pa.string()), ("product", pa.string())])
COUNTS = pa.schema([("sid", pa.int64()), ("channel", pa.string()), ("contacts", pa.int64())])
DAILY = pa.schema([*COUNTS, ("day", pa.date32())])
BETWEEN = pa.schema([*ROWS, ("day", pa.date32())])

FILES = "read_parquet(?)"
#: answers about whole windows that are remembered while their files stay the same
REMEMBERED = 4
#: (file, time of its last change)
Stamps = tuple[tuple[str, int], ...]

DAY = "CAST(regexp_extract(filename, 'day=([0-9-]+)[.]parquet$', 1) AS DATE) AS day"
READ = (
    f"SELECT sid, channel, product, {DAY}"  # noqa: S608
    " FROM read_parquet(?, filename = true) ORDER BY day, sid, channel, product"
)
COUNT = f"SELECT sid, channel, count(*) AS contacts FROM {FILES} GROUP BY ALL"  # noqa: S608
COUNT_OF = f"SELECT sid, channel, count(*) AS contacts FROM {FILES} SEMI JOIN wanted USING (sid) GROUP BY ALL"  # noqa: S608
COUNT_DAILY = (
    f"SELECT sid, channel, contacts, {DAY} FROM"  # noqa: S608
    " (SELECT sid, channel, filename, count(*) AS contacts"
    " FROM read_parquet(?, filename = true) SEMI JOIN wanted USING (sid) GROUP BY ALL)"
)
MET = f"SELECT DISTINCT sid FROM {FILES} WHERE list_contains(?, product) ORDER BY sid"  # noqa: S608


class ContactHistory:
    """The day files of one warehouse. The same person, channel and product on one day is one contact."""

    def __init__(self, root: Path, bounds: Bounds) -> None:
        self._folder = root / "contacts"
        self._reader = Reader({}, bounds)
        self._counts = lru_cache(REMEMBERED)(self._count)
        self._met = lru_cache(REMEMBERED)(self._meet)

    def append(self, day: date, sids: Sids, channels: Sequence[str], products: Sequence[str]) -> int:
        """Add a day's contacts; adding them again changes nothing. Answers how many rows the day now has."""
        columns = [pa.array(sids, type=pa.int64()), _texts(channels), _texts(products)]
        return self.append_table(day, pa.table(columns, schema=ROWS))

    def append_table(self, day: date, added: pa.Table) -> int:
        """As `append`, from a table with sid, channel and product."""
        path = self._path(day)
        added = added.select(ROWS.names).cast(ROWS)
        known = pq.read_table(path).cast(ROWS) if path.exists() else ROWS.empty_table()
        rows = _once(pa.concat_tables([known, added.filter(pc.field("sid") >= 0)]))
        if rows.num_rows > known.num_rows:
            self._folder.mkdir(parents=True, exist_ok=True)
            replace(path, lambda draft: write_table(rows, draft))
        return int(rows.num_rows)

    def between(self, first: date, last: date) -> pa.Table:
        """All contacts of the days from first to last, both included: sid, channel, product, day."""
        files = self._files(first, last)
        return self._reader.query(READ, [files]).cast(BETWEEN) if files else BETWEEN.empty_table()

    def counts(self, first: date, last: date, sids: Sids | None = None) -> pa.Table:
        """Contacts a person and channel in those days, of everybody or of `sids`: sid, channel, contacts."""
        files = self._files(first, last)
        if not files:
            return COUNTS.empty_table()
        if sids is None:
            return self._counts(_stamps(files))
        return self._reader.query(COUNT_OF, [files], tables={"wanted": _wanted(sids)}).cast(COUNTS)

    def daily(self, first: date, last: date, sids: Sids) -> pa.Table:
        """As `counts` of `sids`, on each of those days by itself: sid, channel, contacts, day."""
        files = self._files(first, last)
        if not files:
            return DAILY.empty_table()
        return self._reader.query(COUNT_DAILY, [files], tables={"wanted": _wanted(sids)}).cast(DAILY)

    def met(self, products: Collection[str], first: date, last: date) -> Sids:
        """Who was contacted about any of these products in those days, through whatever channel; sorted."""
        files = self._files(first, last)
        if not files or not products:
            return np.empty(0, dtype=np.int64)
        return self._met(_stamps(files), tuple(sorted(products)))

    def _count(self, stamps: Stamps) -> pa.Table:
        return self._reader.query(COUNT, [[file for file, _ in stamps]]).cast(COUNTS)

    def _meet(self, stamps: Stamps, products: tuple[str, ...]) -> Sids:
        rows = self._reader.query(MET, [[file for file, _ in stamps], list(products)])
        sids: Sids = rows["sid"].to_numpy()
        return sids

    def _path(self, day: date) -> Path:
        return self._folder / f"day={day.isoformat()}.parquet"

    def _files(self, first: date, last: date) -> list[str]:
        start, end = self._path(first).name, self._path(last).name
        return sorted(str(path) for path in self._folder.glob("day=*.parquet") if start <= path.name <= end)


def _wanted(sids: Sids) -> pa.Table:
    return pa.table({"sid": pa.array(sids, type=pa.int64())})


def _stamps(files: list[str]) -> Stamps:
    return tuple((file, Path(file).stat().st_mtime_ns) for file in files)


def _once(rows: pa.Table) -> pa.Table:
    """Every different row once, in order."""
    distinct = rows.group_by(ROWS.names, use_threads=False).aggregate([])
    return distinct.sort_by([(name, "ascending") for name in ROWS.names]).combine_chunks()


def _texts(values: Sequence[str]) -> pa.Array:
    return pa.array(values, type=pa.string())
