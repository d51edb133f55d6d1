"""An installation whose diagram calls a job that fails until it is mended, and those who look after it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Select, select

from app import create_app
from app.config import Settings
from app.engine import Actor, Bundle, Engine
from models.base import Problem, db
from models.campaign import Campaign
from models.history import HistoryEvent
from models.organisation import Office, Staff, StaffRole
from models.process import Incident, Job, Process
from tests.engine import draw
from tests.engine.world import op

#: Monday 2 March 2026, 10:42 in Shanghai
NOW = datetime(2026, 3, 2, 2, 42, tzinfo=UTC)
PEOPLE = (
    ("admin", "管理员", "Administrator", "administrator"),
    ("fanming", "范明", "Fan Ming", "process_owner"),
    ("shilei", "石磊", "Shi Lei", "auditor"),
    ("zhoulan", "周岚", "Zhou Lan", "planner"),
)


class NoKey(Problem):
    """What a person must mend."""

    message = "There is no key for the channel %(channel)s."


@dataclass
class Wire:
    """A job that fails until it is mended."""

    is_mended: bool = False
    given: list[Mapping[str, Any]] = field(default_factory=list)

    def __call__(self, **given: Any) -> dict[str, int]:
        self.given.append(given)
        if not self.is_mended:
            raise NoKey(channel=given["channel"])
        return {"sent": 7}


class Clock:
    """A clock that stands until it is moved."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


KINDS = {"campaign_id": "integer", "channel": "text", "urgent": "yes_no", "days": "list"}


def new_app(folder: Path, database: str) -> Flask:
    """The product with an engine that knows one operation."""
    app = create_app(Settings(instance=folder, database=database))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


def furnish() -> None:
    """An office, its people and a campaign."""
    office = Office(code="00", level="province", name="省公司", name_en="Province")
    for login, name, name_en, role in PEOPLE:
        person = Staff(login=login, name=name, name_en=name_en, password_hash="-", office=office, locale="zh")
        person.roles = [StaffRole(role=role)]
        db.session.add(person)
    db.session.flush()
    planner = db.session.scalars(select(Staff).where(Staff.login == "zhoulan")).one()
    for serial, name in ((1, "彩铃潜在用户推荐"), (2, "飞信迎新")):
        db.session.add(
            Campaign(
                number=f"HD-00-2026-{serial:03d}", name=name, office_id=office.id, planner_id=planner.id,
                campaign_type="precision", created_at=NOW,
            )
        )  # fmt: skip
    db.session.commit()


def diagram() -> bytes:
    """A job, a gateway that asks what came of it, and a person at the end."""
    given = {"campaign_id": "campaign_id", "channel": "channel", "urgent": "False", "days": "[1, 2]"}
    send = draw.service("send", "dispatch.send", name="交给渠道", **given)
    body = draw.process(
        "p", draw.start(), send.replace(' name="交给渠道"', ' name="交给渠道" bihuan:name_en="Hand over"'),
        draw.exclusive("any", default="any_after"), draw.user("after"), draw.end(), draw.end("none"),
        draw.way("start", "send", "any"), draw.flow("any", "none", "sent == 0"), draw.flow("any", "after"),
        draw.way("after", "end"), name="营销闭环", name_en="Loop",
    )  # fmt: skip
    return draw.file(body)


class World:
    """The product, its clock, its wire and its people's browsers; whatever is asked has its own context."""

    def __init__(self, app: Flask) -> None:
        self.app, self.wire, self.clock = app, Wire(), Clock()
        self.operation = op(
            "dispatch.send", self.wire, "campaign_id", "channel", "urgent", "days", kind="job", kinds=KINDS
        )
        self.engine = Engine(
            db.session, self.clock, {"dispatch.send": self.operation}, lambda *asked: {}, live_processes=0
        )
        app.extensions.update(engine=self.engine, clock=self.clock)
        with app.app_context():
            self.engine.publish(Bundle(diagrams={"p.bpmn": diagram()}, key="p"), Actor("system"))

    def begin(self, serial: int) -> int:
        """A process about a campaign, its job tried once; its number."""
        with self.app.app_context():
            number = Campaign.number.endswith(f"{serial:03d}")
            campaign = db.session.scalars(select(Campaign.id).where(number)).one()
            given = {"campaign_id": campaign, "channel": "sms"}
            process = self.engine.start("p", "campaign", campaign, given, Actor("zhoulan")).id
        self.work()
        return process

    def stuck(self, serial: int = 1) -> int:
        """A campaign whose job gave up; the number of its incident."""
        process = self.begin(serial)
        return self.ask(select(Incident.id).where(Incident.process_id == process))[0]

    def retry(self, incident: int, login: str, reason: str) -> None:
        """Somebody lets it be tried again."""
        with self.app.app_context():
            self.engine.retry(incident, Actor(login), reason)

    def work(self) -> None:
        """Run the jobs that are due."""
        with self.app.app_context():
            for job_id in self.engine.due_jobs(self.clock(), 9):
                self.engine.run_job(job_id)

    def later(self, **how: float) -> None:
        """Time passes."""
        self.clock.now = self.clock.now + timedelta(**how)

    def ask(self, query: Select[Any]) -> list[Any]:
        """What is in the database."""
        with self.app.app_context():
            return list(db.session.scalars(query))

    def browser(self, login: str, language: str = "en") -> FlaskClient:
        """A browser of this person."""
        with self.app.app_context():
            person = db.session.scalars(select(Staff).where(Staff.login == login)).one()
            person.locale, number = language, str(person.id)
            db.session.commit()
        client = self.app.test_client()
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = number, True
        return client

    def job(self) -> Job:
        """The latest job as it is now."""
        found: Job = self.ask(select(Job).order_by(Job.id.desc()).limit(1))[0]
        return found

    def process(self) -> Process:
        """The latest process as it is now."""
        found: Process = self.ask(select(Process).order_by(Process.id.desc()).limit(1))[0]
        return found

    def verbs(self, process_id: int) -> list[tuple[str, str]]:
        """Who did what in a process."""
        asked = select(HistoryEvent).where(HistoryEvent.chain == f"process:{process_id}")
        return [(event.actor, event.verb) for event in self.ask(asked.order_by(HistoryEvent.seq))]
