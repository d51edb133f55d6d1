"""A warehouse of ten customers and an empty database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from handlers.warehouse import Keys, Warehouse
from tests import databases
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
    with databases.without_keys() as engine, Session(engine) as opened:
        yield opened
