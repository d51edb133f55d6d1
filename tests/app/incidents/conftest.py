"""The whole product with a process of our own in it, whose job gave up; furnished anew for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from models.base import Base, db
from tests import databases
from tests.app.incidents.world import World, furnish, new_app


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder: Path = tmp_path_factory.mktemp("incidents")
    app = new_app(folder, databases.url(folder / "incidents.sqlite"))
    with app.app_context():
        Base.metadata.create_all(db.engine)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def desk(product: Flask) -> World:
    with product.app_context():
        databases.empty(db.engine)
        furnish()
    return World(product)
