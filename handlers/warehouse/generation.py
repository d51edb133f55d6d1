"""One immutable snapshot of all customers: SQL over it, and its columns dense by subscriber number."""

import fcntl
import json
import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from handlers.warehouse.arrays import Mask, Sids, Texts, blank_of
from handlers.warehouse.problems import GenerationGone
from handlers.warehouse.reader import Bounds, Reader

LEASE = "lease"
MANIFEST = "manifest.json"


class Generation:
    """A snapshot being read; while this object lives, the files are leased and not swept away."""

    def __init__(self, path: Path, bounds: Bounds) -> None:
        self.path = path
        self.id = path.name
        self._hold_lease()
        manifest: dict[str, Any] = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        self.snapshot = date.fromisoformat(manifest["snapshot"])
        #: customers in it
        self.size: int = manifest["rows"]
        #: length of dense columns: subscriber numbers given when it was published
        self.width: int = manifest["width"]
        #: name -> type in DuckDB's words
        self.columns: dict[str, str] = manifest["columns"]
        self._blanks: dict[str, int] = manifest["blanks"]
        files = {"customers": path / "customers.parquet", "events": path / "events.parquet"}
        self._reader = Reader(files, bounds)
        self._dense: dict[str, npt.NDArray[Any]] = {}
        self._categories: dict[str, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def query(
        self,
        sql: str,
        params: Sequence[object] = (),
        *,
        tables: Mapping[str, pa.Table] | None = None,
        files: Mapping[str, Path] | None = None,
    ) -> pa.Table:
        """Answer SQL over the views `customers` and `events`; values are params, never part of the text."""
        return self._reader.query(sql, params, tables=tables, files=files)

    def offers(self, column: str) -> bool:
        """True where the snapshot has the column and at least one customer has a value in it."""
        return column in self.columns and (self._blanks[column] < self.size or self.size == 0)

    def column(self, name: str) -> npt.NDArray[Any]:
        """Dense by sid, length `width`, read-only; blank and absent are the type's smallest value.

        Integers keep their type, yes/no becomes int8, text becomes positions in `categories(name)` or -1.
        """
        with self._lock:
            if name not in self._dense:
                self._dense[name] = self._load(name)
            return self._dense[name]

    def categories(self, name: str) -> tuple[str, ...]:
        """The texts a text column holds, sorted; `column(name)` counts in them."""
        self.column(name)
        return self._categories[name]

    def texts(self, name: str, sids: Sids) -> Texts:
        """The text of a column for each of these customers; blank is the empty text."""
        words = np.array([*self.categories(name), ""], dtype=np.str_)
        texts: Texts = words[self.column(name)[sids]]
        return texts

    def flag(self, name: str) -> Mask:
        """Dense by sid: True where a yes/no column says yes; blank and absent are False."""
        yes: Mask = self.column(name) == 1
        return yes

    @cached_property
    def present(self) -> Mask:
        """Dense by sid: True for customers of this snapshot."""
        mask = np.zeros(self.width, dtype=np.bool_)
        mask[self.query("SELECT sid FROM customers")["sid"].to_numpy()] = True
        mask.flags.writeable = False
        return mask

    def _load(self, name: str) -> npt.NDArray[Any]:
        if name not in self.columns:
            raise KeyError(name)
        rows = self.query(f'SELECT sid, "{name}" AS value FROM customers')  # noqa: S608  a known column
        sids, values = rows["sid"].to_numpy(), rows["value"].combine_chunks()
        if self.columns[name] == "VARCHAR":
            dense = self._load_texts(name, sids, values)
        else:
            dense = _load_numbers(self.width, sids, values)
        dense.flags.writeable = False
        return dense

    def _load_texts(self, name: str, sids: Sids, values: pa.Array) -> npt.NDArray[Any]:
        words = sorted(pc.unique(values.drop_null()).to_pylist())
        codes = pc.index_in(values, value_set=pa.array(words, type=pa.string()))
        dtype = np.int8 if len(words) < 128 else np.int32
        dense = np.full(self.width, -1, dtype=dtype)
        dense[sids] = codes.fill_null(-1).to_numpy(zero_copy_only=False)
        self._categories[name] = tuple(words)
        return dense

    def _hold_lease(self) -> None:
        try:
            handle = os.open(self.path / LEASE, os.O_RDONLY)
        except FileNotFoundError:
            raise GenerationGone(generation=self.id) from None
        fcntl.flock(handle, fcntl.LOCK_SH)
        weakref.finalize(self, os.close, handle)
        if not (self.path / MANIFEST).exists():
            raise GenerationGone(generation=self.id)


def _load_numbers(width: int, sids: Sids, values: pa.Array) -> npt.NDArray[Any]:
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    dtype = np.dtype(values.type.to_pandas_dtype())
    blank = blank_of(dtype)
    dense = np.full(width, blank, dtype=dtype)
    dense[sids] = values.fill_null(pa.scalar(blank, type=values.type)).to_numpy(zero_copy_only=False)
    return dense
