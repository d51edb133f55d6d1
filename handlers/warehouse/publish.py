"""A new snapshot becomes the current one in a single move, or nothing changes."""

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from handlers.warehouse.checks import open_source
from handlers.warehouse.columns import CUSTOMERS, EVENTS, IDENTITY
from handlers.warehouse.files import ROW_GROUP, alone, digest_of, sync, write_json, write_text
from handlers.warehouse.generation import LEASE, MANIFEST
from handlers.warehouse.history import ContactHistory
from handlers.warehouse.keys import Keys
from handlers.warehouse.reader import Bounds, attach, connect, first_row
from handlers.warehouse.registry import merge

CURRENT = "CURRENT"
KEPT = [name for name in CUSTOMERS if name not in IDENTITY]
SELECT_CUSTOMERS = (
    "SELECT r.sid, "  # noqa: S608  names of our own list
    + ", ".join(f'CAST(c."{name}" AS {CUSTOMERS[name]}) AS "{name}"' for name in KEPT)
    + " FROM source_customers c JOIN registry r USING (customer_id) ORDER BY r.sid"
)
SELECT_EVENTS = (
    "SELECT r.sid, e.product, e.event, e.day FROM source_events e JOIN registry r USING (customer_id)"
    " ORDER BY r.sid, e.day, e.product, e.event"
)
SELECT_CONTACTS = (
    "SELECT DISTINCT c.day, r.sid, c.channel, c.product"
    " FROM source_contacts c JOIN registry r USING (customer_id) ORDER BY ALL"
)


def publish(root: Path, keys: Keys, source: Path, snapshot: date, bounds: Bounds) -> str:
    """Check the source, number its customers, write a generation and point CURRENT at it; answers its id."""
    root.mkdir(parents=True, exist_ok=True)
    with alone(root), connect(bounds) as connection:
        _sweep_drafts(root)
        open_source(connection, source)
        width = merge(connection, root, keys)
        name = _next_name(root, snapshot)
        draft = root / f".tmp-{name}"
        draft.mkdir()
        _write_files(connection, draft)
        write_json(draft / MANIFEST, _manifest(connection, draft, snapshot, width))
        for path in draft.iterdir():
            sync(path)
        sync(draft)
        draft.rename(root / name)
        _load_contacts(connection, ContactHistory(root, bounds))
        write_text(root / CURRENT, name)
    return name


def sweep(root: Path, keep: int) -> list[str]:
    """Remove old generations beyond the newest `keep`, never the current one nor one that is being read."""
    with alone(root):
        current = (root / CURRENT).read_text(encoding="utf-8")
        old = sorted(root.glob("gen-*"), key=lambda path: path.stat().st_mtime_ns)[:-keep]
        return [path.name for path in old if path.name != current and _remove(path)]


def _remove(path: Path) -> bool:
    handle = os.open(path / LEASE, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        tomb = path.with_name(f".tmp-{path.name}")
        path.rename(tomb)
        shutil.rmtree(tomb)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def _sweep_drafts(root: Path) -> None:
    """What a writer that died left behind."""
    for path in [*root.glob(".tmp-*"), *root.glob("contacts/.tmp-*")]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _next_name(root: Path, snapshot: date) -> str:
    stem = f"gen-{snapshot:%Y%m%d}-"
    numbers = [int(path.name.removeprefix(stem)) for path in root.glob(f"{stem}*")]
    return f"{stem}{max(numbers, default=0) + 1}"


def _write_files(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for name, sql in (("customers", SELECT_CUSTOMERS), ("events", SELECT_EVENTS)):
        path = folder / f"{name}.parquet"
        connection.sql(sql).write_parquet(str(path), compression="zstd", row_group_size=ROW_GROUP)
        attach(connection, f"written_{name}", path)
    (folder / LEASE).touch()


def _manifest(
    connection: duckdb.DuckDBPyConnection, folder: Path, snapshot: date, width: int
) -> dict[str, Any]:
    blanks = ", ".join(f'count(*) - count("{name}")' for name in KEPT)
    row = first_row(connection, f"SELECT count(*), {blanks} FROM written_customers")  # noqa: S608
    delivered = first_row(connection, "SELECT count(*) FROM source_events")
    events = first_row(connection, "SELECT count(*) FROM written_events")
    return {
        "snapshot": snapshot.isoformat(),
        "rows": row[0],
        "width": width,
        "columns": {"sid": "BIGINT"} | {name: CUSTOMERS[name] for name in KEPT},
        "blanks": {"sid": 0} | dict(zip(KEPT, row[1:], strict=True)),
        "events": {"rows": events[0], "of_unknown_customers": delivered[0] - events[0], "columns": EVENTS},
        "files": {path.name: digest_of(path) for path in sorted(folder.glob("*.parquet"))},
    }


def _load_contacts(connection: duckdb.DuckDBPyConnection, history: ContactHistory) -> None:
    for day, rows in _by_day(connection.sql(SELECT_CONTACTS).to_arrow_reader(ROW_GROUP)):
        history.append_table(day, rows)


def _by_day(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[date, pa.Table]]:
    """Cut rows sorted by day into one table a day, holding no more than a day at a time."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        start = 0
        for entry in pc.value_counts(batch["day"]).to_pylist():
            day, rows = entry["values"], entry["counts"]
            if waiting and waiting[0]["day"][0].as_py() != day:
                yield waiting[0]["day"][0].as_py(), pa.Table.from_batches(waiting)
                waiting = []
            waiting.append(batch.slice(start, rows))
            start += rows
    if waiting:
        yield waiting[0]["day"][0].as_py(), pa.Table.from_batches(waiting)
