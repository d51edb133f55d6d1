"""Fixtures of the planner's screens."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from handlers.warehouse import Warehouse
from models.base import db
from tests.app.campaigns import world


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return world.new_warehouse(tmp_path_factory.mktemp("customers"))


@pytest.fixture(scope="session")
def planner_web(tmp_path_factory: pytest.TempPathFactory, warehouse: Warehouse) -> Iterator[Flask]:
    folder: Path = tmp_path_factory.mktemp("planner")
    web = world.new_app(folder, warehouse)
    yield web
    web.extensions["preview_pool"].close()
    with web.app_context():
        db.engine.dispose()


@pytest.fixture
def app(planner_web: Flask) -> Flask:
    world.refurnish(planner_web)
    return planner_web


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        engine = db.engine
    found = Session(engine, expire_on_commit=False)
    yield found
    found.close()
