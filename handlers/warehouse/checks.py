"""A bad source is refused before anything is written, with what is wrong and where."""

from pathlib import Path

import duckdb

from handlers.warehouse.columns import ACCEPTED, CUSTOMERS, EVENT_KINDS, INTEGERS, SOURCE, SourceFile
from handlers.warehouse.keys import mask_number
from handlers.warehouse.problems import (
    BlankNotAllowed,
    ColumnsMissing,
    DuplicateKeys,
    SourceMissing,
    SourceUnreadable,
    WrongType,
    WrongValue,
)
from handlers.warehouse.reader import attach, first_row

NUMBER = "^[0-9]{11}$"
CHANNEL = "^[a-z_]{1,20}$"


def open_source(connection: duckdb.DuckDBPyConnection, source: Path) -> None:
    """Name the files of a source as views and check them; raises the first thing found wrong."""
    for file in SOURCE:
        path = source / file.name
        if not path.is_file():
            raise SourceMissing(file=file.name)
        try:
            attach(connection, file.view, path)
        except duckdb.Error as error:
            raise SourceUnreadable(file=file.name, reason=str(error).split("\n", 1)[0]) from error
        _check_columns(connection, file)
        _check_blanks(connection, file)
    _check_ranges(connection)
    _check_values(connection)
    _check_unique(connection)


def _check_columns(connection: duckdb.DuckDBPyConnection, file: SourceFile) -> None:
    found = {str(row[0]): str(row[1]) for row in connection.execute(f"DESCRIBE {file.view}").fetchall()}
    missing = [name for name in file.columns if name not in found]
    if missing:
        raise ColumnsMissing(file=file.name, columns=", ".join(missing))
    for name, expected in file.columns.items():
        if found[name] not in ACCEPTED[expected]:
            raise WrongType(file=file.name, column=name, expected=expected, found=found[name])


def _check_blanks(connection: duckdb.DuckDBPyConnection, file: SourceFile) -> None:
    counts = ", ".join(f'count(*) - count("{name}")' for name in file.filled)
    row = first_row(connection, f"SELECT {counts} FROM {file.view}")  # noqa: S608  names of our own list
    for name, blanks in zip(file.filled, row, strict=True):
        if blanks:
            raise BlankNotAllowed(file=file.name, column=name, count=blanks)


def _check_ranges(connection: duckdb.DuckDBPyConnection) -> None:
    """Integers may arrive in a wider type, but must fit the agreed one."""
    whole = [name for name, kind in CUSTOMERS.items() if kind in INTEGERS]
    unfit = ", ".join(
        f'max("{name}") FILTER (WHERE TRY_CAST("{name}" AS {CUSTOMERS[name]}) IS NULL)' for name in whole
    )
    row = first_row(connection, f"SELECT {unfit} FROM source_customers")  # noqa: S608  names of our own list
    for name, example in zip(whole, row, strict=True):
        if example is not None:
            raise WrongValue(file="customers.parquet", column=name, example=example)


def _check_values(connection: duckdb.DuckDBPyConnection) -> None:
    wrong = first_row(
        connection,
        "SELECT number FROM source_customers WHERE NOT regexp_full_match(number, ?) LIMIT 1",
        [NUMBER],
    )
    if wrong:
        raise WrongValue(file="customers.parquet", column="number", example=mask_number(wrong[0]))
    wrong = first_row(
        connection,
        "SELECT event FROM source_events WHERE NOT list_contains(?, event) LIMIT 1",
        [list(EVENT_KINDS)],
    )
    if wrong:
        raise WrongValue(file="events.parquet", column="event", example=wrong[0])
    wrong = first_row(
        connection,
        "SELECT channel FROM source_contacts WHERE NOT regexp_full_match(channel, ?) LIMIT 1",
        [CHANNEL],
    )
    if wrong:
        raise WrongValue(file="contact_history.parquet", column="channel", example=wrong[0])


def _check_unique(connection: duckdb.DuckDBPyConnection) -> None:
    for column in ("customer_id", "number"):
        count, example = first_row(
            connection,
            f"SELECT count(*), min(value) FROM (SELECT {column} AS value FROM source_customers"  # noqa: S608
            " GROUP BY 1 HAVING count(*) > 1)",
        )
        if count:
            shown = mask_number(example) if column == "number" else example
            raise DuplicateKeys(file="customers.parquet", column=column, count=count, example=shown)
