"""Every address is in the table of access, and opens for nobody the table does not name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app import create_app
from app.access import ACCESS, ANYONE, PUBLIC
from app.commands.publish import publish_folder
from app.config import HERE, Settings
from app.engine import SYSTEM
from models.base import Base, db
from models.organisation import ROLES, Office, Staff, StaffRole


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The whole product in demo mode, which has the most doors, with one person a role."""
    folder = tmp_path_factory.mktemp("house")
    settings = Settings(instance=folder, database=f"sqlite:///{folder / 'bihuan.sqlite'}", is_demo=True)
    app = create_app(settings)
    app.config.update(WTF_CSRF_ENABLED=False, TESTING=True, PROPAGATE_EXCEPTIONS=False)
    with app.app_context():
        Base.metadata.create_all(db.engine)
        office = Office(code="0101", level="county", name="学林县公司", name_en="Xuelin")
        db.session.add_all(_person(role, office) for role in ROLES)
        db.session.commit()
        publish_folder(app.extensions["engine"], HERE / "bpmn", SYSTEM)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _person(role: str, office: Office) -> Staff:
    return Staff(
        login=role,
        name=role,
        name_en=role,
        password_hash="-",
        office=office,
        roles=[StaffRole(role=role)],
    )


def doors(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, an address) of every route."""
    adapter = app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        url = adapter.build(rule.endpoint, _arguments(rule), force_external=False)
        found += [(rule.endpoint, method, url) for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}]
    return found


def _arguments(rule: Rule) -> dict[str, object]:
    return {
        name: 1 if type(rule._converters[name]).__name__ == "IntegerConverter" else "x"
        for name in rule.arguments
    }


def signed_in(app: Flask, role: str) -> FlaskClient:
    client = app.test_client()
    with app.app_context():
        number = db.session.query(Staff.id).filter_by(login=role).scalar()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = str(number), True
    return client


def test_the_table_names_every_address_and_no_other(app: Flask) -> None:
    assert {endpoint for endpoint, _, _ in doors(app)} == set(ACCESS)


def test_the_demos_doors_are_there_in_demo_mode_only(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path, database=f"sqlite:///{tmp_path / 'bihuan.sqlite'}")
    app = create_app(settings)
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert not [name for name in endpoints if name.startswith("demo_mode")]
    assert endpoints <= set(ACCESS)


def test_the_table_names_roles_that_exist() -> None:
    named = {role for allowed in ACCESS.values() if isinstance(allowed, frozenset) for role in allowed}
    assert named <= set(ROLES)


def test_a_stranger_gets_in_nowhere_but_through_public_doors(app: Flask) -> None:
    client = app.test_client()
    opened = []
    for endpoint, method, url in doors(app):
        if ACCESS[endpoint] is PUBLIC:
            continue
        answer = client.open(url, method=method)
        is_sent_away = answer.status_code == 303 and "/sign-in" in answer.headers.get("Location", "")
        if not is_sent_away and answer.status_code != 401:
            opened.append((endpoint, method, answer.status_code))
    assert opened == []


@pytest.mark.parametrize("role", ROLES)
def test_a_role_the_table_does_not_name_is_refused(app: Flask, role: str) -> None:
    client = signed_in(app, role)
    closed = [
        (endpoint, method, url)
        for endpoint, method, url in doors(app)
        if isinstance(allowed := ACCESS[endpoint], frozenset) and role not in allowed
    ]
    opened = [
        (endpoint, method, answer.status_code)
        for endpoint, method, url in closed
        if (answer := client.open(url, method=method)).status_code != 403
    ]
    assert opened == []


def test_a_role_the_table_names_is_not_refused_for_its_role(app: Flask) -> None:
    """Not every page finds what it is asked for here, but none may say 403 to whom the table lets in."""
    refused = []
    for endpoint, method, url in doors(app):
        allowed = ACCESS[endpoint]
        if method != "GET" or allowed is PUBLIC:
            continue
        role = "planner" if allowed is ANYONE else min(allowed)
        answer = signed_in(app, role).open(url)
        if answer.status_code in (401, 403, 500):
            refused.append((endpoint, role, answer.status_code))
    assert refused == []
