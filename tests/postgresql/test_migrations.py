"""Migrations make on PostgreSQL what the models say, and take it away again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect

from models.base import Base, db
from tests.postgresql.installation import Installation, opened

pytestmark = pytest.mark.postgresql


@pytest.fixture
def empty(tmp_path: Path, database: str) -> Iterator[Installation]:
    """The product before its tables are made."""
    with opened(tmp_path, database) as found:
        yield found


def tables() -> set[str]:
    """The tables in the database now."""
    return set(inspect(db.engine).get_table_names())


@pytest.mark.usefixtures("empty")
def test_an_empty_database_gets_all_the_models_say_and_nothing_else() -> None:
    upgrade()
    assert tables() == set(Base.metadata.tables) | {"alembic_version"}
    check()


@pytest.mark.usefixtures("empty")
def test_two_tables_that_point_at_each_other_are_held_to_it() -> None:
    upgrade()
    for name in ("campaign", "audience", "scenario"):
        wanted = {tuple(key.column_keys) for key in Base.metadata.tables[name].foreign_key_constraints}
        found = {tuple(key["constrained_columns"]) for key in inspect(db.engine).get_foreign_keys(name)}
        assert found == wanted


@pytest.mark.usefixtures("empty")
def test_going_down_leaves_nothing_and_up_again_works() -> None:
    upgrade()
    downgrade(revision="base")
    assert tables() == {"alembic_version"}
    upgrade()
    assert tables() > {"campaign", "process"}
