"""Files that appear whole or not at all, and stay."""

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 122_880


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One writer of a folder at a time, over all processes; the lock ends with the process."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def draft_of(path: Path) -> Path:
    """A name beside the final one that no reader looks at."""
    return path.with_name(f".tmp-{path.name}-{secrets.token_hex(6)}")


def replace(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a draft, then put it in place in one move; a failure leaves the old file."""
    draft = draft_of(path)
    try:
        write(draft)
        sync(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)


def write_text(path: Path, text: str) -> None:
    """Replace a small text file in one move."""
    replace(path, lambda draft: _write_text(draft, text))


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replace a JSON file in one move, keys sorted so that equal content is equal bytes."""
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def write_table(table: pa.Table, path: Path) -> None:
    """Write Parquet the one way we do: zstd, row groups of one size; equal tables give equal bytes."""
    pq.write_table(table, path, compression="zstd", row_group_size=ROW_GROUP, store_schema=False)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
