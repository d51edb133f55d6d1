"""The databases of tests: on SQLite, or on PostgreSQL where TEST_DATABASE is "postgresql"; a path names each.

On SQLite the path is the file. On PostgreSQL it only stands for a database of a server of this process, which
is started when first asked for and gone when the tests are.
"""

import atexit
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

from models import tables
from models.base import Base, prepare_engine
from tests.missing import missing
from tests.postgresql.cluster import Cluster, NoServer, name_of, running

ON_POSTGRESQL = os.environ.get("TEST_DATABASE", "sqlite") == "postgresql"
#: settings of a client that would lead it to another server
ELSEWHERE = ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "PGOPTIONS", "PGSSLMODE")
#: on PostgreSQL: what each path stands for
_KNOWN: dict[Path, str] = {}
#: on PostgreSQL: databases with all tables and no rows, for who asks next
_EMPTY: list[str] = []


@cache
def server() -> Cluster:
    """The server of this process; where there is none to run, the tests that need it say what is missing."""
    until_the_end = ExitStack()
    atexit.register(until_the_end.close)
    for name in ELSEWHERE:
        os.environ.pop(name, None)
    try:
        return until_the_end.enter_context(running())
    except NoServer as reason:
        missing(str(reason))


def url(path: Path) -> str:
    """The address of the database this path stands for; an empty one where there was none."""
    if not ON_POSTGRESQL:
        return f"sqlite:///{path}"
    if path not in _KNOWN:
        _KNOWN[path] = server().new_database()
    return _KNOWN[path]


def lend(path: Path, address: str) -> None:
    """Let a path stand for a database that the process which started this one has made."""
    if ON_POSTGRESQL:
        _KNOWN[path] = address


def copy(source: Path, target: Path) -> None:
    """Make a database like another one, to which nobody is connected."""
    if not ON_POSTGRESQL:
        if source != target:
            shutil.copyfile(source, target)
        return
    drop(target)
    _KNOWN[target] = server().new_database(name_of(_KNOWN[source]))


def drop(path: Path) -> None:
    """Give the room of a database back."""
    known = _KNOWN.pop(path, None)
    if known is not None:
        server().drop(known)


def drop_below(folder: Path) -> None:
    """Give the room of all databases of a folder back."""
    for path in [path for path in _KNOWN if path.is_relative_to(folder)]:
        drop(path)


@contextmanager
def lent(path: Path | None = None) -> Iterator[Engine]:
    """A database with all tables and no rows; without a path it is SQLite's in memory, of one thread."""
    with _tables(path) as address:
        engine = create_engine(address)
        prepare_engine(engine)
        if not ON_POSTGRESQL:
            Base.metadata.create_all(engine)
        yield engine
        _put_back(engine)


@contextmanager
def without_keys() -> Iterator[Engine]:
    """The same, but rows may name rows of other tables that are not there: for tools that read one table."""
    with _tables(None) as address:
        at_rest = {"options": "-c session_replication_role=replica"} if ON_POSTGRESQL else {}
        engine = create_engine(address, connect_args=at_rest)
        if not ON_POSTGRESQL:
            Base.metadata.create_all(engine)
        yield engine
        _put_back(engine)


@contextmanager
def _tables(path: Path | None) -> Iterator[str]:
    if not ON_POSTGRESQL:
        yield f"sqlite:///{path}" if path else "sqlite://"
        return
    address = _EMPTY.pop() if _EMPTY else server().new_database(name_of(_with_tables()))
    yield address
    _EMPTY.append(address)


def _put_back(engine: Engine) -> None:
    if ON_POSTGRESQL:
        empty(engine)
    engine.dispose()


def empty(engine: Engine) -> None:
    """Take all rows away, and let numbers begin at one again; tables that are missing are made."""
    if engine.dialect.name == "sqlite":
        Base.metadata.drop_all(engine)
        Base.metadata.create_all(engine)
        return
    with engine.begin() as connection:
        connection.execute(text(_TAKE_ALL_AWAY))


@cache
def _with_tables() -> str:
    address = server().new_database()
    engine = create_engine(address)
    assert tables.ALL
    Base.metadata.create_all(engine)
    engine.dispose()
    return address


#: quicker than TRUNCATE, which makes every file of every table anew; triggers of foreign keys are at rest
_TAKE_ALL_AWAY = """
DO $$
DECLARE one record;
BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DELETE FROM %I', one.tablename);
    END LOOP;
    FOR one IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', one.sequencename);
    END LOOP;
END $$
"""
