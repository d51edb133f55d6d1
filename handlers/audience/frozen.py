"""An approved list is a file that never changes: what was frozen is what is sent and evaluated."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from handlers.audience.problems import (
    FrozenListChanged,
    FrozenListGone,
    ListColumnsUnfit,
    ListNotInOrder,
)
from handlers.audience.ranking import NO_SCORE
from handlers.warehouse.files import draft_of, sync, write_table

SCHEMA = pa.schema(
    [
        pa.field("sid", pa.int64(), nullable=False),
        pa.field("arm", pa.int8(), nullable=False),
        pa.field("group", pa.int8(), nullable=False),
        pa.field("county", pa.string()),
        pa.field("pref", pa.string()),
        pa.field("score", pa.int32()),
        pa.field("rank", pa.int32(), nullable=False),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """A frozen list: where, SHA-256 of its bytes, and how many customers, control included."""

    path: Path
    digest: str
    rows: int


def freeze(folder: Path, columns: Mapping[str, npt.NDArray[Any]]) -> Frozen:
    """Write a list once, under a name made of its digest; the same list again is the same file.

    Raises ListColumnsUnfit, ListNotInOrder, and FrozenListChanged where another content has taken its place.
    """
    table = _table(columns)
    folder.mkdir(parents=True, exist_ok=True)
    draft = draft_of(folder / "list.parquet")
    try:
        write_table(table, draft)
        sync(draft)
        digest = _digest(draft)
        path = folder / f"list-{digest[:16]}.parquet"
        draft.chmod(0o440)
        _put(draft, path, digest)
    finally:
        draft.unlink(missing_ok=True)
    sync(folder)
    return Frozen(path=path, digest=digest, rows=table.num_rows)


def read_frozen(path: Path, digest: str) -> dict[str, npt.NDArray[Any]]:
    """The columns of the list of that digest as arrays, no score as -1; raises if it is gone or changed."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FrozenListGone(file=path.name) from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise FrozenListChanged(file=path.name)
    table = pq.read_table(pa.BufferReader(content))
    return {name: _array(table[name].combine_chunks()) for name in table.column_names}


def _put(draft: Path, path: Path, digest: str) -> None:
    """A link fails where the name is taken, so nobody can overwrite a list, not even in a race."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        if _digest(path) != digest:
            raise FrozenListChanged(file=path.name) from None


def _table(columns: Mapping[str, npt.NDArray[Any]]) -> pa.Table:
    arrays = [_column(columns, field) for field in SCHEMA]
    sids = arrays[0].to_numpy()
    if len(sids) and (sids[0] < 0 or (np.diff(sids) <= 0).any()):
        raise ListNotInOrder()
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _column(columns: Mapping[str, npt.NDArray[Any]], field: pa.Field) -> pa.Array:
    values = columns.get(field.name)
    is_text = pa.types.is_string(field.type)
    if values is None or len(values) != len(columns.get("sid", ())) or (values.dtype.kind in "UO") != is_text:
        raise ListColumnsUnfit(column=field.name)
    if values.dtype.kind == "f":
        raise ListColumnsUnfit(column=field.name)
    if is_text:
        return pa.array(values.tolist(), type=pa.string())
    blank = values == NO_SCORE if field.name == "score" else None
    return pa.array(values, mask=blank).cast(field.type)


def _array(values: pa.Array) -> npt.NDArray[Any]:
    if pa.types.is_string(values.type):
        return np.array(values.fill_null("").to_pylist(), dtype=np.str_)
    filled: npt.NDArray[Any] = values.fill_null(NO_SCORE).to_numpy(zero_copy_only=False)
    return filled


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
