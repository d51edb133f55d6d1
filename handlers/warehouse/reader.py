"""SQL over files that never change, on a DuckDB of each thread's own, bounded in memory and cores."""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much one connection may take; DuckDB's own defaults are most of the machine in each process."""

    memory: str = "1GB"
    threads: int = 2
    #: where larger work overflows to; it may hold numbers, so it belongs beside the data. None: nowhere
    overflow: Path | None = None


def connect(bounds: Bounds) -> duckdb.DuckDBPyConnection:
    """An empty in-memory database that neither loads extensions nor remembers files that were replaced."""
    return duckdb.connect(
        ":memory:",
        config={
            "memory_limit": bounds.memory,
            "threads": bounds.threads,
            "temp_directory": str(bounds.overflow or ""),
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
            "enable_external_file_cache": False,
        },
    )


def first_row(
    connection: duckdb.DuckDBPyConnection, sql: str, params: Sequence[object] = ()
) -> tuple[Any, ...]:
    """The first row of an answer or (); read to its end, so that the connection is free again."""
    rows = connection.execute(sql, list(params)).fetchall()
    return tuple(rows[0]) if rows else ()


def attach(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    """Give a Parquet file the name of a view."""
    connection.read_parquet(str(path)).create_view(name, replace=True)


class Reader:
    """Runs SQL over a fixed set of named Parquet files."""

    def __init__(self, files: Mapping[str, Path], bounds: Bounds) -> None:
        self._files = dict(files)
        self._bounds = bounds
        self._own = threading.local()

    def query(
        self,
        sql: str,
        params: Sequence[object] = (),
        *,
        tables: Mapping[str, pa.Table] | None = None,
        files: Mapping[str, Path] | None = None,
    ) -> pa.Table:
        """Answer one statement; `tables` and `files` have their names in it only. Values go as params."""
        connection = self._connection()
        with _named(connection, tables or {}, files or {}):
            return connection.sql(sql, params=list(params)).to_arrow_table()

    def _connection(self) -> duckdb.DuckDBPyConnection:
        """A connection is neither shared between threads nor used, or closed, by a forked child."""
        own: Any = self._own
        if getattr(own, "process", None) != os.getpid():
            own.inherited = getattr(own, "connection", None)
            own.connection, own.process = connect(self._bounds), os.getpid()
            for name, path in self._files.items():
                attach(own.connection, name, path)
        connection: duckdb.DuckDBPyConnection = own.connection
        return connection


@contextmanager
def _named(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table], files: Mapping[str, Path]
) -> Iterator[None]:
    for name, table in tables.items():
        connection.register(name, table)
    for name, path in files.items():
        attach(connection, name, path)
    try:
        yield
    finally:
        for name in tables:
            connection.unregister(name)
