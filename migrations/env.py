"""Runs migrations inside the application, on whatever database it is set to."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from models import tables
from models.base import Base

assert tables.ALL  # noqa: S101 - importing them is what fills the metadata


class RowsLeftAlone(Exception):
    """A migration left rows that name rows of other tables which are not there; nothing was changed."""


def run() -> None:
    """Move the database to the wanted revision in one transaction."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection, _keys_at_rest(connection):
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
            _keys_hold(connection)


@contextmanager
def _keys_at_rest(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew, which takes the old one from under those that name it."""
    if connection.dialect.name != "sqlite":
        yield
        return
    line = connection.connection.dbapi_connection
    assert line is not None  # noqa: S101
    line.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        line.execute("PRAGMA foreign_keys=ON")


def _keys_hold(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        astray = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if astray:
            raise RowsLeftAlone(f"{len(astray)} rows, first in {astray[0][0]}")


run()
