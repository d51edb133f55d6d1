"""Fixtures of the three screens: one app for all, an office furnished anew for each test."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from models.base import db
from tests import databases
from tests.app.inbox import office


@pytest.fixture(scope="session")
def web() -> Iterator[Flask]:
    with databases.lent() as empty:
        web = office.new_app(empty.url.render_as_string(hide_password=False))
        yield web
        with web.app_context():
            db.engine.dispose()


@pytest.fixture
def app(web: Flask) -> Flask:
    office.refurnish(web)
    return web


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        engine = db.engine
    session = Session(engine, expire_on_commit=False)
    yield session
    session.close()
