"""The frame alone, with two offices, a few people and a page or two: what its tests need and nothing more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, render_template_string
from flask.testing import FlaskClient

import models.tables  # noqa: F401
from app import access, assets, figures, locale, menu, security, sign_in
from models.base import db, prepare_engine
from models.organisation import Department, Office, Staff, StaffRole

MONDAY = datetime(2026, 3, 2, 2, 42, tzinfo=UTC)
PASSWORD = "a long enough word"
PAGE = """{% extends "base.html" %}
{% block title %}{{ _("To-dos") }}{% endblock %}{% block page %}here{% endblock %}"""


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now


def tiny_app(folder: Path, clock: Clock | None = None, **config: object) -> Flask:
    """The frame around three pages: one for all, one for planners, and one that somebody forgot."""
    _ready()
    app = Flask("app")
    app.config.update(
        SECRET_KEY="test",
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / 'tiny.sqlite'}",
        TESTING=True,
        **config,
    )
    db.init_app(app)
    locale.init_app(app, clock or Clock())
    assets.init_app(app)
    figures.init_app(app)
    security.init_app(app)
    access.init_app(app)
    app.register_blueprint(sign_in.bp)
    app.register_blueprint(_pages())
    menu.init_app(app, lambda staff: {"inbox.index": 7}, lambda: date(2026, 3, 1))
    with app.app_context():
        prepare_engine(db.engine)
        db.create_all()
        _people()
    return app


@cache
def _ready() -> str:
    """What is slow is done once: the catalogues compiled, the password hashed."""
    locale.compile_catalogues()
    return sign_in.hash_password(PASSWORD)


@contextmanager
def opened(pages: dict[str, access.Allowed]) -> Iterator[None]:
    """Let the table know pages that only a test has."""
    before = dict(access.ACCESS)
    access.ACCESS.update(pages)
    try:
        yield
    finally:
        access.ACCESS.clear()
        access.ACCESS.update(before)


TEST_PAGES: dict[str, access.Allowed] = {
    "inbox.index": access.ANYONE,
    "inbox.act": access.ANYONE,
    "inbox.broken": access.ANYONE,
    "campaigns.index": access.roles("planner"),
}


def _pages() -> Blueprint:
    pages = Blueprint("tiny", __name__)

    def add(app: Flask, rule: str, endpoint: str, answer: str, methods: list[str]) -> None:
        app.add_url_rule(rule, endpoint, lambda: render_template_string(answer), methods=methods)

    @pages.record_once
    def register(state: object) -> None:
        app: Flask = state.app  # type: ignore[attr-defined]
        add(app, "/inbox", "inbox.index", PAGE, ["GET"])
        add(app, "/inbox/act", "inbox.act", "done", ["POST"])
        add(app, "/campaigns", "campaigns.index", PAGE, ["GET"])
        add(app, "/forgotten", "forgotten", PAGE, ["GET"])
        app.add_url_rule("/broken", "inbox.broken", lambda: 1 // 0)

    return pages


def _people() -> None:
    province = Office(code="00", level="province", name="省公司", name_en="Province")
    prefecture = Office(code="01", level="prefecture", name="澜州分公司", name_en="Lanzhou", parent=province)
    county = Office(code="0101", level="county", name="学林县公司", name_en="Xuelin", parent=prefecture)
    other = Office(code="02", level="prefecture", name="青屿分公司", name_en="Qingyu", parent=province)
    market = Department(office=prefecture, code="market", name="市场部", name_en="Marketing")
    db.session.add_all([province, prefecture, county, other, market])
    hashed = _ready()
    for login, name, name_en, office, role in (
        ("yefang", "叶芳", "Ye Fang", county, "planner"),
        ("gaoyang", "高扬", "Gao Yang", prefecture, "approver"),
        ("shilei", "石磊", "Shi Lei", province, "auditor"),
    ):
        db.session.add(
            Staff(
                login=login,
                name=name,
                name_en=name_en,
                password_hash=hashed,
                office=office,
                department=market if office is prefecture else None,
                roles=[StaffRole(role=role)],
            )
        )
    db.session.commit()


def enter(client: FlaskClient, login: str, password: str = PASSWORD, **fields: str) -> object:
    """Sign in through the page, as a person does."""
    return client.post("/sign-in", data={"login": login, "password": password, **fields})
