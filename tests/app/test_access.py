"""Nothing opens that the table does not open."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.access import ANYONE, PUBLIC, OutOfSight, may, require_sight, roles, visible_offices
from models.base import db
from models.organisation import Office, Staff
from tests.app.tiny import TEST_PAGES, enter, opened, tiny_app


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    with opened(TEST_PAGES):
        yield tiny_app(tmp_path, WTF_CSRF_ENABLED=False)


def _staff(login: str) -> Staff:
    return db.session.execute(select(Staff).where(Staff.login == login)).scalar_one()


def test_a_stranger_is_sent_to_the_sign_in_page_and_back_afterwards(app: Flask) -> None:
    client = app.test_client()
    sent = client.get("/inbox?tab=mine")
    assert sent.status_code == 303
    assert sent.location == "/sign-in?back=/inbox?tab%3Dmine"
    back = enter(client, "yefang", back="/inbox?tab=mine")
    assert back.location == "/inbox?tab=mine"
    assert client.get("/inbox").status_code == 200


def test_a_part_of_a_page_sends_the_whole_browser_to_the_sign_in_page(app: Flask) -> None:
    answer = app.test_client().get("/inbox", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/sign-in")


def test_a_page_missing_from_the_table_opens_for_nobody(app: Flask) -> None:
    client = app.test_client()
    enter(client, "shilei")
    assert client.get("/forgotten").status_code == 403


def test_a_refusal_says_who_may(app: Flask) -> None:
    client = app.test_client()
    enter(client, "gaoyang")
    refused = client.get("/campaigns")
    assert refused.status_code == 403
    assert "策划人" in refused.text


def test_the_right_role_opens_the_page_and_the_menu_shows_it(app: Flask) -> None:
    planner, approver = app.test_client(), app.test_client()
    enter(planner, "yefang")
    enter(approver, "gaoyang")
    assert planner.get("/campaigns").status_code == 200
    assert 'href="/campaigns"' in planner.get("/inbox").text
    assert 'href="/campaigns"' not in approver.get("/inbox").text


def test_a_person_who_left_cannot_go_on_in_an_old_session(app: Flask) -> None:
    client = app.test_client()
    enter(client, "yefang")
    with app.app_context():
        _staff("yefang").is_active = False
        db.session.commit()
    assert client.get("/inbox").status_code == 303


@pytest.mark.parametrize(
    ("login", "seen"),
    [("yefang", {"0101"}), ("gaoyang", {"01", "0101"}), ("shilei", {"00", "01", "0101", "02"})],
)
def test_a_person_sees_the_own_office_and_all_below(app: Flask, login: str, seen: set[str]) -> None:
    with app.app_context():
        staff = _staff(login)
        codes = set(db.session.scalars(select(Office.code).where(visible_offices(staff))))
        assert codes == seen
        for office in db.session.scalars(select(Office)):
            assert staff.office.covers(office.code) is (office.code in seen)


def test_what_lies_out_of_sight_is_refused_by_name(app: Flask) -> None:
    with app.app_context():
        other = db.session.execute(select(Office).where(Office.code == "02")).scalar_one()
        with pytest.raises(OutOfSight, match="青屿分公司"):
            require_sight(_staff("gaoyang"), other)


def test_who_may_is_decided_by_role(app: Flask) -> None:
    with app.app_context(), opened({"a": PUBLIC, "b": ANYONE, "c": roles("planner", "auditor")}):
        yefang, gaoyang = _staff("yefang"), _staff("gaoyang")
        assert [may(None, page) for page in "abcd"] == [True, False, False, False]
        assert [may(yefang, page) for page in "abcd"] == [True, True, True, False]
        assert [may(gaoyang, page) for page in "abcd"] == [True, True, False, False]
