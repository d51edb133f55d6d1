"""The whole product in this process, with real rules, diagrams, operations and pages, in a small province."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from flask import Flask
from sqlalchemy import select

from app import create_app
from app.config import Settings
from app.worker import work_off
from demo.market.world import LOCAL
from demo.office.staff import DEMO_PASSWORD
from demo.people import Staff
from demo.visitor import Page
from models.base import db
from models.campaign import Campaign
from models.clock import DemoClock
from tests.browser.serve import served
from tests.factories.province import the_province

TAG = re.compile(r"<[^>]+>")
#: Monday, nine in the morning where the company works
MONDAY = datetime(2026, 3, 2, 9, tzinfo=LOCAL)


class People(Staff):
    """The demo's staff; whoever waits for a to-do lets the background work off what is due first."""

    def __init__(self, url: str, app: Flask) -> None:
        super().__init__(url)
        self._app = app

    def waiting(self, login: str, number: str, element: str) -> int:
        """The id of this person's to-do at this element."""
        settle(self._app)
        return super().waiting(login, number, element)


@dataclass(frozen=True, kw_only=True)
class Office:
    """The product, its address, its people and its clock."""

    app: Flask
    instance: Path
    staff: People

    def settle(self) -> None:
        """Do in the background whatever is due."""
        settle(self.app)

    def go_to(self, days: int, hour: int = 9) -> None:
        """It is this many days after the Monday, and what is due then is done."""
        with self.app.app_context():
            moment = MONDAY.replace(hour=hour) + timedelta(days=days)
            db.session.scalars(select(DemoClock)).one().now = moment
            db.session.commit()
        self.settle()

    def command(self, *words: str) -> int:
        """Run a command of `flask`; its exit code."""
        return self.app.test_cli_runner().invoke(args=list(words)).exit_code

    def look(self, login: str, path: str) -> str:
        """The words a person reads at an address."""
        return " ".join(TAG.sub("", self.staff.person(login).get(path).text).split())

    def press(self, login: str, number: str, verb: str, reason: str) -> Page:
        """Recall or stop a campaign by the dialog of its page."""
        visitor = self.staff.person(login)
        form = visitor.get(f"/campaigns/{number}").form(f"/campaigns/{number}/{verb}")
        return visitor.submit(form, {"reason": reason})

    def process_of(self, number: str) -> int:
        """The process a campaign runs in."""
        with self.app.app_context():
            found = db.session.scalar(select(Campaign.process_id).where(Campaign.number == number))
        assert found is not None
        return found


def settle(app: Flask) -> None:
    """Let the background work until nothing is due."""
    while work_off(app):
        pass


@cache
def _template() -> Path:
    """A set-up instance, copied for each test."""
    folder = Path(mkdtemp(prefix="journey-"))
    province = the_province()
    with _opened(folder) as app:
        words = ("set-up", str(province.demo / "load"), "--snapshot", "2026-03-01")
        more = ("--password", DEMO_PASSWORD, "--demo-clock", MONDAY.isoformat())
        done = app.test_cli_runner().invoke(args=[*words, *more])
        assert done.exit_code == 0, done.output
    province.give_channel_keys(folder)
    return folder


@contextmanager
def _opened(instance: Path) -> Iterator[Flask]:
    settings = Settings(
        instance=instance,
        database=f"sqlite:///{instance / 'bihuan.sqlite'}",
        is_demo=True,
        by_file=frozenset({"sms", "call"}),
    )
    app = create_app(settings)
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@contextmanager
def opened(instance: Path) -> Iterator[Office]:
    """The office on a Monday morning, everything set up, nothing planned yet."""
    shutil.copytree(_template(), instance, dirs_exist_ok=True)
    with _opened(instance) as app, served(app) as url:
        yield Office(app=app, instance=instance, staff=People(url, app))
