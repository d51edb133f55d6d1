"""Confirmed orders on their way to the order system: each in exactly one file, whatever is cut short."""

import csv
import hashlib
import io
import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pyrage
from sqlalchemy import select

from handlers.channels.calls.asking import lapse_orders
from handlers.channels.calls.holding import one_act
from handlers.contacts import LOCAL, AnySession
from handlers.warehouse import Warehouse
from handlers.warehouse.files import alone, sync
from models.call import OrderRequest

COLUMNS = ("request_id", "number", "product", "confirmed_at", "asked_by")
PART = ".part"
#: orders of one file
MOST = 10_000


def send_orders(
    session: AnySession, warehouse: Warehouse, folder: Path, now: datetime, keys: Sequence[str] = ()
) -> int:
    """Write what customers have confirmed since into a file, manifest last; how many orders left.

    The files lie complete under names nobody reads, then the orders are marked with the file's name and
    committed, then the files get their names. Whatever is cut short before the commit never happened, and
    what is cut short after it is finished by the next run. `keys` are public age keys: with any, the file
    is encrypted for their owners. A customer without a number waits for one. Questions that nobody answered
    in time lapse first.
    """
    lapse_orders(session, now)
    with alone(folder):
        _finish(session, folder)
        with one_act(session):
            rows = _confirmed(session)
            numbers = dict(zip(rows, warehouse.numbers(_sids(rows)), strict=True))
            leaving = [row for row in rows if numbers[row]]
            if not leaving:
                return 0
            name = f"order-requests-{now.astimezone(LOCAL):%Y%m%d}-{leaving[0].id}"
            content = _seal(_csv([(row, numbers[row]) for row in leaving]), keys)
            file = f"{name}.csv.age" if keys else f"{name}.csv"
            _write(folder / (file + PART), content)
            _write(folder / f"{name}.manifest.json{PART}", _manifest(file, len(leaving), content, now))
            sync(folder)
            for row in leaving:
                row.state, row.sent_at, row.file = "sent", now, file
            session.flush()
            count = len(leaving)
        _finish(session, folder)
        return count


def _finish(session: AnySession, folder: Path) -> None:
    """Give files of committed orders their names, the manifest last; what was never committed goes."""
    for part in sorted(folder.glob(f"*.manifest.json{PART}")):
        file = _announced(part)
        known = select(OrderRequest.id).where(OrderRequest.file == file).limit(1)
        if file and session.scalars(known).first() is not None:
            _name(folder / (file + PART))
            _name(part)
    session.rollback()
    for left in folder.glob(f"*{PART}"):
        left.unlink()
    sync(folder)


def _announced(part: Path) -> str:
    """The file a manifest is about; none where its writing was cut short."""
    try:
        return str(json.loads(part.read_bytes())["file"])
    except (ValueError, KeyError):
        return ""


def _name(part: Path) -> None:
    """Already done where the run was cut short between the two."""
    if part.exists():
        part.rename(part.with_name(part.name.removesuffix(PART)))


def _confirmed(session: AnySession) -> list[OrderRequest]:
    asked = select(OrderRequest).where(OrderRequest.state == "confirmed").order_by(OrderRequest.id)
    return list(session.scalars(asked.limit(MOST).with_for_update(skip_locked=True)))


def _sids(rows: Sequence[OrderRequest]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([row.sid for row in rows], dtype=np.int64)


def _csv(rows: Sequence[tuple[OrderRequest, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row, number in rows:
        at = row.confirmed_at.astimezone(LOCAL).isoformat() if row.confirmed_at else ""
        writer.writerow((f"Q{row.id}", number, row.product, at, row.asked_by))
    return text.getvalue().encode()


def _seal(content: bytes, keys: Sequence[str]) -> bytes:
    if not keys:
        return content
    sealed: bytes = pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(key) for key in keys])
    return sealed


def _manifest(file: str, rows: int, content: bytes, now: datetime) -> bytes:
    told = {
        "file": file,
        "rows": rows,
        "sha256": hashlib.sha256(content).hexdigest(),
        "day": now.astimezone(LOCAL).date().isoformat(),
    }
    return json.dumps(told, indent=1).encode()


def _write(path: Path, content: bytes) -> None:
    """Readable by the owner only, and on the disk before the orders are marked."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
