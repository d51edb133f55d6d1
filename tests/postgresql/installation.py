"""The whole product on a database of its choice, its people acting through the engine's verbs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import create_app
from app.campaigns.start import Beginning, begin
from app.config import Settings, secret_file
from app.engine import Actor, Engine
from app.worker import work_off
from models.base import db
from models.campaign import Campaign
from models.clock import DemoClock
from models.organisation import Staff
from models.process import Incident, ToDo
from tests.factories.channel_keys import give_public_keys
from tests.factories.province import the_province

DAY = date(2026, 3, 2)
PASSWORD = "a long enough word"


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A running product in demo mode: the clock is a row, background work is done when asked for."""

    app: Flask
    folder: Path

    @property
    def engine(self) -> Engine:
        """The one engine of this product."""
        engine: Engine = self.app.extensions["engine"]
        return engine

    @property
    def session(self) -> Session:
        """The session of this thread's context."""
        return db.session()

    def begin(self, login: str, name: str, scenario: str = "") -> Campaign:
        """Start a campaign as the first page does."""
        wish = Beginning(name=name, campaign_type="precision", scenario=scenario)
        return begin(self.session, self.engine, staff(login), wish)

    def waiting(self, login: str, element: str) -> ToDo:
        """What waits for this person at this element; exactly one to-do does."""
        asked = select(ToDo).where(ToDo.state == "open", ToDo.element == element)
        return next(to_do for to_do in self.session.scalars(asked) if to_do.may_be_decided_by(login))

    def decide(
        self,
        login: str,
        element: str,
        outcome: str,
        answer: Mapping[str, Any] | None = None,
        opinion: str = "",
    ) -> None:
        """Decide what waits for this person, then let the background do what follows."""
        to_do = self.waiting(login, element)
        self.engine.complete(to_do.id, Actor(login=login), outcome, answer or {}, opinion)
        self.work()

    def go_to(self, day: date, hour: int = 9) -> None:
        """Move the clock to this hour, local time, and do what is due by then."""
        clock = self.session.scalars(select(DemoClock)).one()
        clock.now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - timedelta(hours=8)
        self.session.commit()
        self.work()

    def work(self) -> None:
        """Do all that is due; nothing of it may fail."""
        while work_off(self.app):
            pass
        assert [incident.fields for incident in self.session.scalars(select(Incident))] == []
        self.session.rollback()

    def browser(self, login: str) -> FlaskClient:
        """A browser of this person, signed in through the page."""
        client = self.app.test_client()
        entered = client.post("/sign-in", data={"login": login, "password": PASSWORD})
        assert entered.status_code == 303, entered.text
        return client

    def hand_in(self, feed: str, answers: Sequence[Mapping[str, str]]) -> dict[str, int]:
        """Hand in answers as the outside world does; how many were received and repeated."""
        token = secret_file(self.folder / "keys" / "intake_token")
        answered = self.app.test_client().post(
            f"/intake/{feed}", json=answers, headers={"Authorization": f"Bearer {token}"}
        )
        assert answered.status_code == 200, answered.text
        return dict(answered.get_json())


def staff(login: str) -> Staff:
    """A person of the office."""
    return db.session.scalars(select(Staff).where(Staff.login == login)).one()


def new_app(folder: Path, database: str) -> Flask:
    """The product itself, its lists leaving as files; only the tokens of its forms are left out."""
    by_file = frozenset({"sms", "call"})
    app = create_app(Settings(instance=folder, database=database, is_demo=True, by_file=by_file))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


@contextmanager
def opened(folder: Path, database: str) -> Iterator[Installation]:
    """The product for as long as this lasts; afterwards nobody is connected to its database."""
    app = new_app(folder, database)
    with app.app_context():
        try:
            yield Installation(app=app, folder=folder)
        finally:
            db.session.remove()
            db.engine.dispose()


def set_up(folder: Path, database: str, demo: Path | None = None) -> None:
    """Furnish an empty database by the command of a new installation: tables, office, customers, diagrams.

    The customers are those of a built demo world; of three thousand where none is named.
    """
    demo = demo or the_province().demo
    with opened(folder, database) as office:
        give_public_keys(demo, folder)
        done = office.app.test_cli_runner().invoke(
            args=[
                *("set-up", str(demo / "load")),
                *("--snapshot", (DAY - timedelta(days=1)).isoformat(), "--password", PASSWORD),
                *("--demo-clock", f"{DAY.isoformat()}T08:30:00+08:00"),
            ]
        )
        assert done.exit_code == 0, done.output
