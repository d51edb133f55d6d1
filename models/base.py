"""The common ground of all tables: declarative base, session, the type of a moment, the kind of refusal."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, ClassVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, Engine, MetaData, event, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session
from sqlalchemy.orm import registry as orm_registry
from sqlalchemy.types import TypeDecorator

#: where sleeping workers on PostgreSQL listen
BELL = "bihuan"
NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Problem(Exception):
    """Something a user can be told: an English sentence with named fields, translated by the screens."""

    #: English msgid; named fields as %(field)s.
    message: ClassVar[str] = "Something went wrong."
    #: True where the same may succeed a little later though nobody has mended anything
    may_pass: ClassVar[bool] = False

    def __init__(self, **fields: object) -> None:
        super().__init__()
        self.fields = fields

    def __str__(self) -> str:
        return self.message % self.fields


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware and in UTC inside Python, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment: nobody could say which one it is."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every stored moment its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table of the product derives from this."""

    registry = orm_registry(
        metadata=MetaData(naming_convention=NAMING), type_annotation_map={datetime: UtcDateTime}
    )


db = SQLAlchemy(model_class=Base)

_reading: ContextVar[bool] = ContextVar("reading", default=False)


@contextmanager
def read_only() -> Iterator[None]:
    """Promise not to write: transactions begun inside do not take the write lock of SQLite."""
    mark = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(mark)


def take_turns(session: Session | scoped_session[Any], name: str) -> None:
    """Let one transaction at a time past this name, until it ends; SQLite has one writer anyway."""
    if session.connection().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def abandon(session: Session | scoped_session[Any]) -> None:
    """Leave a transaction that failed, also where its connection is gone and takes nothing back any more."""
    try:
        session.rollback()
    except DBAPIError:
        (session() if isinstance(session, scoped_session) else session).invalidate()


def prepare_engine(engine: Engine) -> None:
    """Let readers and writers of SQLite live together: WAL, and the write lock taken at the beginning."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def _prepare_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")


def wake_workers(session: Session | scoped_session[Any]) -> None:
    """Tell sleeping workers, when this transaction commits, that there is something to do.

    Workers on SQLite need no telling: they notice every commit by themselves.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(select(func.pg_notify(BELL, "")))
