"""The database is gone for a while: nobody breaks down, it is said once, everything goes on without loss."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from structlog.testing import capture_logs

from app.clock import system_clock
from app.regular import Regular
from app.worker.parts import work
from models.base import Base, db
from models.organisation import Office, Staff, StaffRole
from models.schedule import ScheduledRun
from tests.missing import missing
from tests.postgresql.cluster import Cluster, NoServer, running
from tests.postgresql.installation import new_app

pytestmark = pytest.mark.postgresql
SOON = 40.0


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A server nobody else needs, as it is stopped and started."""
    try:
        with running() as server:
            yield server
    except NoServer as reason:
        missing(str(reason))


@pytest.fixture
def app(own_cluster: Cluster, tmp_path: Path) -> Iterator[Flask]:
    """The product with one person in it."""
    app = new_app(tmp_path, own_cluster.new_database())
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        Base.metadata.create_all(db.engine)
        office = Office(code="00", level="province", name="省公司", name_en="Province")
        admin = Staff(login="admin", name="管理员", name_en="Admin", password_hash="-", office=office)
        admin.roles = [StaffRole(role="administrator")]
        db.session.add(admin)
        db.session.commit()
    yield app
    with app.app_context():
        db.engine.dispose()


@dataclass
class Round:
    """Regular work that counts how often it was done, and can be held up in the middle."""

    done: Event = field(default_factory=Event)
    began: Event = field(default_factory=Event)
    go: Event = field(default_factory=Event)
    moments: list[datetime] = field(default_factory=list)

    def __call__(self, moment: datetime, now: datetime) -> None:
        self.began.set()
        assert self.go.wait(SOON)
        self.moments.append(moment)
        self.done.set()


class Clock:
    """The machine's, and so many minutes more."""

    def __init__(self) -> None:
        self.more = timedelta()

    def __call__(self) -> datetime:
        return system_clock() + self.more


def until(what: Callable[[], Any]) -> Any:
    """Ask until it is so."""
    end = time.monotonic() + SOON
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def runs(app: Flask) -> list[tuple[str, int]]:
    with app.app_context():
        asked = select(ScheduledRun.state, ScheduledRun.attempts).order_by(ScheduledRun.due_at)
        return [(state, attempts) for state, attempts in db.session.execute(asked)]


def test_a_worker_goes_on_when_the_database_is_back(app: Flask, own_cluster: Cluster) -> None:
    """What was under way when the server went is closed when it comes, as done, on its first try."""
    each, clock, stop = Round(), Clock(), Event()
    app.extensions["clock"] = clock
    app.extensions["schedule"] = [
        Regular(name="each", title=_l("x"), do=each, every=timedelta(minutes=1), catch_up=True)
    ]
    worker = Thread(target=work, args=(app, stop))
    with capture_logs() as said:
        worker.start()
        try:
            assert each.began.wait(SOON)
            own_cluster.stop()
            until(lambda: [line for line in said if line["event"] == "outage"])
            each.go.set()
            assert each.done.wait(SOON)
            own_cluster.start()
            until(lambda: [line for line in said if line["event"] == "outage_over"])
            until(lambda: runs(app) and set(runs(app)) == {("done", 1)})
            each.done.clear()
            clock.more += timedelta(minutes=1)
            assert each.done.wait(SOON), "the next moment comes as if nothing had been"
            until(lambda: set(runs(app)) == {("done", 1)})
        finally:
            each.go.set()
            stop.set()
            worker.join(SOON)
    assert not worker.is_alive()
    assert [line["event"] for line in said if line["log_level"] == "error"] == ["outage"]
    assert len(each.moments) == len(set(each.moments)) == len(runs(app))


def test_who_was_reading_when_it_went_leaves_without_harm(app: Flask, own_cluster: Cluster) -> None:
    with app.app_context():
        assert db.session.scalar(select(Staff.login)) == "admin"
        own_cluster.stop()
    own_cluster.start()
    with app.app_context():
        assert db.session.scalar(select(Staff.login)) == "admin"


def signed_in(app: Flask) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = "1", True
    return client


def test_a_page_says_so_and_opens_again_without_a_restart(app: Flask, own_cluster: Cluster) -> None:
    client = signed_in(app)
    assert client.get("/campaigns").status_code == 200
    own_cluster.stop()
    gone = client.get("/campaigns")
    assert (gone.status_code, gone.headers["Retry-After"]) == (503, "5")
    assert "系统暂时取不到数据" in gone.text
    own_cluster.start()
    assert client.get("/campaigns").status_code == 200
