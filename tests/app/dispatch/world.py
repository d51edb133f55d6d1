"""A small office with work orders under way: real tables and customers, a stand-in for the engine."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import access, assets, campaigns, dispatch, figures, locale, menu, security, sign_in
from app.engine import Actor
from models.base import db
from models.call import Call
from models.campaign import Campaign
from models.execution import Contact, WorkOrder
from models.feedback import Balance, Feedback
from models.organisation import Office, Staff, StaffRole
from models.process import Process, ProcessVersion
from models.sending import Blackout, Link, SendAnswer, SendBatch
from tests.factories import rows
from tests.factories.stage import Stage, on_stage

#: Monday 2 March 2026, 10:42 in Shanghai
NOW = datetime(2026, 3, 2, 2, 42, tzinfo=UTC)
NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MONDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 1)


@dataclass
class Remembered:
    """An engine that does what it is told and remembers who told it; knows no diagram."""

    acts: list[tuple[str, str, str, Mapping[str, Any]]] = field(default_factory=list)
    refused: list[tuple[str, str, str]] = field(default_factory=list)

    def act(
        self,
        chain: str,
        what: str,
        actor: Actor,
        details: Mapping[str, Any],
        change: Callable[[Session], Any],
    ) -> Any:
        """The change and its history in one transaction."""
        try:
            found = change(db.session())
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
        self.acts.append((chain, what, actor.login, details))
        return found

    def refuse(self, chain: str, refused: str, actor: Actor, details: Mapping[str, Any]) -> None:
        """A refused attempt is history too."""
        self.refused.append((chain, refused, actor.login))


class Browser(FlaskClient):
    """One of several in the same context: who has signed in is asked anew with each request."""

    def open(self, *given: Any, **more: Any) -> Any:
        """Visit a page."""
        g.pop("_login_user", None)
        return super().open(*given, **more)


@dataclass(frozen=True, kw_only=True)
class World:
    """The pages, the rows behind them and the engine they speak to."""

    stage: Stage
    engine: Remembered

    @property
    def app(self) -> Flask:
        """The pages."""
        return self.stage.app

    def browser(self, login: str, language: str = "en") -> FlaskClient:
        """A browser of this person."""
        client = self.app.test_client()
        person = db.session.query(Staff).filter_by(login=login).one()
        person.locale = language
        db.session.commit()
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = str(person.id), True
        db.session.rollback()
        return client

    def look(self, login: str, path: str, language: str = "en") -> str:
        """What this person reads there."""
        answer = self.browser(login, language).get(path)
        assert answer.status_code == 200, answer.status_code
        return " ".join(answer.text.split())

    def number(self, sid: int) -> str:
        """A customer's number."""
        return self.stage.province.warehouse.numbers(np.array([sid]))[0]


@contextmanager
def opened(folder: Path) -> Iterator[World]:
    """The pages of dispatch on a furnished stage, on Monday morning."""
    with on_stage(folder) as stage:
        if not any(locale.CATALOGUES.glob("**/*.mo")):
            locale.compile_catalogues()
        app, engine = stage.app, Remembered()
        app.import_name = "app"
        app.root_path = str(Path(access.__file__).parent)
        app.template_folder = "templates"
        app.test_client_class = Browser
        app.config.update(SECRET_KEY="k", TESTING=True, WTF_CSRF_ENABLED=False)
        locale.init_app(app, lambda: NOW)
        assets.init_app(app)
        figures.init_app(app)
        access.init_app(app)
        security.init_app(app)
        menu.init_app(app)
        for blueprint in (sign_in.bp, campaigns.bp, dispatch.bp):
            app.register_blueprint(blueprint)
        app.extensions |= {"engine": engine, "warehouse": stage.province.warehouse}
        _people()
        yield World(stage=stage, engine=engine)


def _people() -> None:
    province = db.session.query(Office).filter_by(code="00").one()
    other = Office(code="02", level="prefecture", name="02公司", name_en="Office 02", parent=province)
    db.session.add(other)
    for login, office, role in (("linwanqing", province, "service_manager"), ("caimin", other, "planner")):
        db.session.add(
            Staff(
                login=login,
                name=login,
                name_en=login.title(),
                password_hash="-",
                office=office,
                roles=[StaffRole(role=role)],
            )
        )
    db.session.commit()


def campaign(planner: str = "zhoulan", name: str = "手机报客户规模拓展") -> Campaign:
    """A campaign with a process of its own."""
    found = rows.new_campaign(planner, name=name)
    version = db.session.query(ProcessVersion).first() or ProcessVersion(
        key="loop", number=1, digest="-", name="营销闭环", name_en="Loop", sources=b"", specification=b"",
        decisions={}, published_at=NOW, published_by="system",
    )  # fmt: skip
    found.process = Process(
        version=version, subject_type="campaign", subject_id=found.id, started_at=NOW, started_by=planner
    )
    db.session.commit()
    return found


def order(
    of: Campaign, channel: str = "sms", day: date = MONDAY, state: str = "dispatched", **states: int
) -> WorkOrder:
    """A work order with so many people in each state; its messages left at nine."""
    serial = db.session.query(WorkOrder).count() + 1
    found = WorkOrder(
        number=f"RW-00-2026-{serial:04d}", campaign_id=of.id, submission=serial, channel=channel,
        planned_on=day, planned_at=NINE, people=sum(states.values()), state=state, content=rows.SMS,
        handed_over_at=None if state == "to_dispatch" else NINE,
    )  # fmt: skip
    db.session.add(found)
    db.session.flush()
    every = [one for one, people in states.items() for _ in range(people)]
    for place, one in enumerate(every):
        left = one in ("accepted", "delivered", "reached", "not_reached")
        db.session.add(
            Contact(
                campaign_id=of.id,
                work_order_id=found.id,
                sid=place + 1,
                channel=channel,
                state=one,
                message_id=f"{found.number}-{place + 1}",
                contacted_at=NINE if left else None,
            )
        )
    db.session.commit()
    return found


def contacts(of: WorkOrder) -> list[Contact]:
    """The send list in its order."""
    return list(db.session.query(Contact).filter_by(work_order_id=of.id).order_by(Contact.id))


def batch(of: WorkOrder, state: str, sent_to: int = 0, due_at: datetime = NINE) -> SendBatch:
    """One batch of everybody, sent to so many so far."""
    people = contacts(of)
    found = SendBatch(
        work_order_id=of.id, number=1, first_id=people[0].id, last_id=people[-1].id, people=len(people),
        state=state, due_at=due_at, intended_to=people[sent_to - 1].id if sent_to else 0,
        ended_at=NINE if state == "settled" else None,
    )  # fmt: skip
    db.session.add(found)
    db.session.commit()
    return found


def answers(of: SendBatch, *statuses: int) -> None:
    """What the SMS centre said to the first messages of a batch; each has two parts."""
    for place, status in enumerate(statuses):
        for part in (1, 2):
            db.session.add(
                SendAnswer(
                    batch_id=of.id,
                    contact_id=of.first_id + place,
                    part=part,
                    parts=2,
                    status=status,
                    centre_id=f"c-{of.first_id + place}-{part}" if not status else "",
                    at=NINE,
                )
            )
    db.session.commit()


def calls(of: WorkOrder) -> None:
    """Everybody still on the list is to be called."""
    for contact in contacts(of):
        is_open = contact.state == "handed_over"
        db.session.add(
            Call(
                contact_id=contact.id,
                work_order_id=of.id,
                campaign_id=of.campaign_id,
                sid=contact.sid,
                state="waiting" if is_open else "done",
                due_at=NINE,
            )
        )
    db.session.commit()


def link(state: str, message: str = "", **fields: str) -> None:
    """How the way to the SMS centre stands, since eight."""
    since = NINE - timedelta(hours=1)
    db.session.add(
        Link(code="sms", state=state, message=message, fields=fields, rate=200, since=since, seen_at=NOW)
    )
    db.session.commit()


def blackout(channel: str = "", office: str = "00", hours: int = 3, reason: str = "台风") -> Blackout:
    """On since nine for so many hours."""
    found = Blackout(
        channel=channel, office_code=office, starts_at=NINE, ends_at=NINE + timedelta(hours=hours),
        reason=reason, made_by="linwanqing", made_at=NINE,
    )  # fmt: skip
    db.session.add(found)
    db.session.commit()
    return found


def receipt(of: Contact, status: str = "DELIVRD") -> None:
    """What was heard of a message."""
    db.session.add(
        Feedback(
            feed="receipt",
            key=f"{of.message_id}:{status}",
            message_id=of.message_id,
            centre_id="c",
            state="matched",
            body={"status": status},
            occurred_at=NINE + timedelta(minutes=5),
            received_at=NOW,
        )
    )
    db.session.commit()


def line(kind: str, subject_id: int, day: date = SUNDAY, **differences: int) -> Balance:
    """A line of the reconciliation of forty."""
    found = Balance(
        kind=kind, subject_id=subject_id, day=day, sent=40, accepted=30, rejected=4, pending=6,
        differences=differences, state="open" if differences else "balanced", computed_at=NOW,
    )  # fmt: skip
    db.session.add(found)
    db.session.commit()
    return found
