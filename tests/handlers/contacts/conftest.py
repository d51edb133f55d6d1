"""A warehouse of ten customers and an empty database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from handlers.warehouse import Keys, Warehouse
from models import tables
from models.base import Base
from tests.handlers.warehouse.source import SNAPSHOT, customers, write_source


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    people = customers(10).assign(dnd_sms=False, dnd_call=False)
    people.loc[people["customer_id"] == "K0000003", "dnd_sms"] = True
    found = Warehouse(tmp_path / "warehouse", Keys.from_folder(tmp_path / "keys"))
    found.publish(write_source(tmp_path / "source", people), SNAPSHOT)
    return found


@pytest.fixture
def session() -> Iterator[Session]:
    assert tables
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as opened:
        yield opened
    engine.dispose()
