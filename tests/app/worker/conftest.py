"""A database with the tables of regular work, on the disk because several threads ask it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests import databases


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    with databases.lent(tmp_path / "runs.sqlite") as engine:
        yield engine


@pytest.fixture
def session(database: Engine) -> Iterator[Session]:
    with Session(database) as opened:
        yield opened
