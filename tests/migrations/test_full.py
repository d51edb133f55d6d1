"""A database of the revision before, with rows in every table touched, goes up without losing one of them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect, select, text

from models.base import db
from models.campaign import Campaign
from models.execution import WorkOrder
from models.ledger import LedgerEntry
from models.process import Incident, Job
from tests import databases
from tests.postgresql.installation import Installation, opened

ROWS = Path(__file__).with_name("full_0001.sql")
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Installation]:
    """An installation of revision 0001 that has been at work."""
    with opened(tmp_path, databases.url(tmp_path / "bihuan.sqlite")) as found:
        upgrade(revision="0001")
        with db.engine.begin() as connection:
            for statement in as_kept_by(connection.dialect.name).split(";\n"):
                if statement.strip():
                    connection.execute(text(statement.replace(":", r"\:")))
        yield found


def as_kept_by(dialect: str) -> str:
    """SQLite keeps moments without their zone, which is UTC."""
    rows = ROWS.read_text(encoding="utf-8")
    return rows.replace("+00'", "'") if dialect == "sqlite" else rows


def rows_of(columns: dict[str, list[str]]) -> Rows:
    """Every row of these tables, in these columns, in the order of their keys."""
    found: Rows = {}
    with db.engine.connect() as connection:
        for table, names in columns.items():
            asked = text(f"SELECT {', '.join(names)} FROM {table} ORDER BY {names[0]}")
            found[table] = [dict(row) for row in connection.execute(asked).mappings()]
    return found


def columns_now() -> dict[str, list[str]]:
    """The tables of the database and their columns."""
    seen = inspect(db.engine)
    tables = [name for name in seen.get_table_names() if name != "alembic_version"]
    return {table: [column["name"] for column in seen.get_columns(table)] for table in tables}


@pytest.mark.usefixtures("full")
def test_every_row_is_there_afterwards_as_it_was() -> None:
    columns = columns_now()
    before = rows_of(columns)
    assert sum(bool(rows) for rows in before.values()) >= 11
    upgrade()
    assert rows_of(columns) == before
    check()


@pytest.mark.usefixtures("full")
def test_what_is_new_follows_from_what_was() -> None:
    upgrade()
    session = db.session
    assert session.scalars(select(Campaign.delivery)).all() == ["at_most_once"]
    orders = session.scalars(select(WorkOrder).order_by(WorkOrder.id)).all()
    assert [order.content for order in orders] == ["【东屿移动】首月免费，拒收请回复TD", ""]
    assert [(order.is_promotion, order.paused_at) for order in orders] == [(True, None)] * 2
    jobs = session.scalars(select(Job).order_by(Job.id)).all()
    assert [(job.tries, job.time_limit, job.message, job.fields) for job in jobs] == [
        (None, 1800, "", {})
    ] * 3
    assert session.scalars(select(Incident)).one().fields == {"channel": "call"}


@pytest.mark.usefixtures("full")
def test_contacts_made_before_there_was_a_ledger_count_on_their_local_day() -> None:
    upgrade()
    asked = select(LedgerEntry.sid, LedgerEntry.channel, LedgerEntry.day, LedgerEntry.contacts)
    assert db.session.execute(asked.order_by(LedgerEntry.sid)).all() == [
        (11, "sms", date(2026, 3, 5), 1),
        (12, "sms", date(2026, 3, 5), 1),
    ]
    moments = db.session.scalars(select(LedgerEntry.changed_at).order_by(LedgerEntry.sid)).all()
    assert moments[0] == datetime(2026, 3, 5, 1, 0, 1, tzinfo=UTC)


@pytest.mark.usefixtures("full")
def test_the_way_back_keeps_what_the_revision_before_knew() -> None:
    columns = columns_now()
    before = rows_of(columns)
    upgrade()
    downgrade(revision="0001")
    assert columns_now() == columns
    assert rows_of(columns) == before
