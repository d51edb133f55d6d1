"""Coming in: the right password, the wrong one, too many wrong ones, and what the page offers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.htmx import local_address
from app.sign_in import LOCKED_FOR, TRIES, DemoAccount
from models.base import db
from models.organisation import Staff
from tests.app.tiny import MONDAY, PASSWORD, TEST_PAGES, Clock, enter, opened, tiny_app


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    with opened(TEST_PAGES):
        yield tiny_app(tmp_path, clock, WTF_CSRF_ENABLED=False)


def _kept(app: Flask, login: str) -> Staff:
    with app.app_context():
        return db.session.execute(select(Staff).where(Staff.login == login)).scalar_one()


def test_a_wrong_password_is_refused_without_saying_what_was_wrong(app: Flask) -> None:
    client = app.test_client()
    known, unknown = enter(client, "yefang", "wrong"), enter(client, "nobody", "wrong")
    assert known.status_code == unknown.status_code == 422
    assert "工号或密码不对" in known.text
    assert "工号或密码不对" in unknown.text
    assert _kept(app, "yefang").failed_sign_ins == 1


def test_the_right_password_forgets_the_wrong_ones(app: Flask) -> None:
    client = app.test_client()
    for _ in range(TRIES - 1):
        enter(client, "yefang", "wrong")
    assert enter(client, "yefang").status_code == 303
    assert _kept(app, "yefang").failed_sign_ins == 0


def test_five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(app: Flask, clock: Clock) -> None:
    client = app.test_client()
    for _ in range(TRIES):
        enter(client, "yefang", "wrong")
    assert _kept(app, "yefang").locked_until == MONDAY + LOCKED_FOR
    locked = enter(client, "yefang")
    assert locked.status_code == 422
    assert "10:57" in locked.text
    assert enter(client, "gaoyang").status_code == 303
    clock.now = MONDAY + LOCKED_FOR + timedelta(seconds=1)
    assert enter(client, "yefang").status_code == 303


def test_a_lock_that_is_over_leaves_five_tries_again(app: Flask, clock: Clock) -> None:
    client = app.test_client()
    for _ in range(TRIES):
        enter(client, "yefang", "wrong")
    clock.now = MONDAY + LOCKED_FOR
    enter(client, "yefang", "wrong")
    assert _kept(app, "yefang").locked_until is None
    assert _kept(app, "yefang").failed_sign_ins == 1


def test_an_account_that_was_closed_does_not_open(app: Flask) -> None:
    with app.app_context():
        db.session.execute(select(Staff).where(Staff.login == "yefang")).scalar_one().is_active = False
        db.session.commit()
    assert enter(app.test_client(), "yefang").status_code == 422


def test_an_ended_session_is_told_from_a_first_visit(app: Flask) -> None:
    client = app.test_client()
    words = "登录已失效"
    assert words not in client.get("/sign-in?back=/inbox").text
    enter(client, "yefang")
    client.delete_cookie("session")
    assert words in client.get("/inbox", follow_redirects=True).text


def test_leaving_ends_the_session_for_good(app: Flask) -> None:
    client = app.test_client()
    enter(client, "yefang")
    client.post("/sign-out")
    assert client.get("/inbox").status_code == 303
    assert "登录已失效" not in client.get("/sign-in").text


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "",
        "/a\nb",
    ],
)
def test_nobody_is_sent_to_another_site_after_signing_in(app: Flask, address: str) -> None:
    assert local_address(address) == "/"
    assert enter(app.test_client(), "yefang", back=address).location == "/"


def test_the_demo_offers_its_accounts_and_the_product_none(app: Flask) -> None:
    def accounts() -> list[DemoAccount]:
        return [DemoAccount(staff=staff, password=PASSWORD) for staff in db.session.scalars(select(Staff))]

    app.extensions["demo_accounts"] = accounts
    assert "data-account" not in app.test_client().get("/sign-in").text
    app.config["DEMO"] = True
    page = app.test_client().get("/sign-in").text
    assert page.count("data-account") == 3
    assert "叶芳" in page


def test_the_chosen_language_stays_with_the_person_and_the_browser(app: Flask) -> None:
    client = app.test_client()
    enter(client, "yefang")
    answer = client.post("/language", data={"language": "en", "back": "/inbox?x=1"})
    assert answer.location == "/inbox?x=1"
    assert '<html lang="en">' in client.get("/inbox").text
    assert _kept(app, "yefang").locale == "en"
    client.post("/sign-out")
    assert '<html lang="en">' in client.get("/sign-in").text
    client.post("/language", data={"language": "fr"})
    assert '<html lang="en">' in client.get("/sign-in").text
