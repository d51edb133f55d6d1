"""A campaign leaves while its processes are killed; what the SMS centre has is held against the tables.

The centre is the independent one, which lives on and counts what came to it twice. Meanwhile customers'
refusals are handed in over HTTP, as often as it takes to be told that they arrived.
"""

import random
import shutil
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.config import secret_file
from demo.visitor import wait_until
from models.campaign import Campaign
from models.clock import DemoClock
from models.execution import Contact, DoNotDisturb, WorkOrder
from models.feedback import Feedback
from models.process import Incident, Job, Process
from models.sending import SendAnswer, SendBatch
from tests.factories import rows
from tests.peers.centre import Centre, running
from tests.postgresql.cluster import Cluster, name_of
from tests.postgresql.installation import DAY, Installation, opened, set_up
from tests.postgresql.nodes import Nodes, People, at_work

THURSDAY = date(2026, 3, 5)
PROCESSES = ("web0", "work0", "sender0")
VICTIMS = (*PROCESSES, "link")
#: messages that may be under way at one time
WINDOW = 100
#: seconds all messages take if nobody is killed
LASTS = 10.0
#: seconds between two kills, at the least and at the most
PAUSES = (0.3, 3.5)
#: times each is killed; a process takes seconds to start, and who is killed for ever never does anything
ROUNDS = 2
#: seconds until everything must have been done, kills or not
PATIENCE = 300.0
#: refusals handed in meanwhile
REFUSALS = 60
EVERYBODY = {"version": 1, "all": [{"tag": "tenure_m", "op": ">=", "value": 0}]}
DRAFT: dict[str, Any] = {**rows.DRAFT, "definition": EVERYBODY, "budget_yuan": "9000"}


@dataclass(frozen=True, kw_only=True)
class Ready:
    """An installation in which a campaign waits for its day; copied for each run."""

    folder: Path
    database: str
    number: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one run left behind."""

    kills: Sequence[str]
    #: customers on the list of the work order
    listed: int
    #: messages the centre accepted, and how many of them it had accepted before
    accepted: int
    doubles: int
    #: customers by state
    states: Mapping[str, int]
    #: messages whose acceptance is written down
    known: int
    #: refusals acknowledged, and kept
    refused: int
    kept: int
    #: what did not come to its end: jobs, incidents, batches, processes
    left_over: Mapping[str, int]
    #: breaks in the chain of history
    broken: int

    @property
    def breaks(self) -> int:
        """How often messages may have been under way when the link or its end was gone."""
        return sum(name in ("sender0", "link") for name in self.kills)

    @property
    def unknown(self) -> int:
        """Messages of unknown fate."""
        return self.states.get("unknown", 0)

    @property
    def lost(self) -> int:
        """Customers neither sent to, nor parked, nor left out for a cause; and what only one side knows."""
        told = {"accepted", "delivered", "failed", "unknown", "suppressed"}
        forgotten = sum(count for state, count in self.states.items() if state not in told)
        unheard_of = max(0, self.accepted - self.known - self.unknown)
        return forgotten + unheard_of + max(0, self.known - self.accepted) + abs(self.refused - self.kept)


def made_ready(cluster: Cluster, folder: Path, demo: Path | None = None, people: int | None = None) -> Ready:
    """Set the product up and take a campaign for everybody, or so many, as far as its confirmation."""
    database = cluster.new_database()
    set_up(folder, database, demo)
    (folder / "keys" / "sms_centre_password").write_text("secret")
    with opened(folder, database) as office:
        number = office.begin("zhoulan", "彩铃潜在用户推荐").number
        office.work()
        cap = None if people is None else people * 10 // 9  # a tenth is held out
        office.decide("zhoulan", "draft_campaign", "submit", {**DRAFT, "people_cap": cap})
        office.decide("chenliqun", "province_review", "pass", opinion="同意")
        _confirm(office)
    return Ready(folder=folder, database=database, number=number)


def _confirm(office: Installation) -> None:
    audience = office.session.scalars(select(Campaign)).one().audience
    assert audience is not None
    people = audience.frozen - audience.control
    wanted = {"people": people, "from_day": THURSDAY.isoformat(), "to_day": THURSDAY.isoformat()}
    office.decide("huangzhiyong", "confirm_channel", "confirm", wanted)


def crash_run(cluster: Cluster, ready: Ready, folder: Path, seed: int) -> Found:
    """One run from the first message to the conclusion; what is killed is killed while the messages leave."""
    shutil.copytree(ready.folder, folder, dirs_exist_ok=True)
    database = cluster.new_database(name_of(ready.database))
    try:
        with running(track=1, receipts="after") as centre:
            return _run(Ready(folder=folder, database=database, number=ready.number), centre, seed)
    finally:
        cluster.drop(database)


def _run(ready: Ready, centre: Centre, seed: int) -> Found:
    with opened(ready.folder, ready.database) as office:
        listed = office.session.scalars(select(WorkOrder.people)).one()
        refusing = Refusals(office, seed)
        office.session.rollback()
        settings = {
            "SMS_CENTRE": f"127.0.0.1:{centre.port}",
            "SMS_SYSTEM_ID": "bihuan",
            "SMS_WINDOW": str(WINDOW),
            "SMS_RATE": str(listed / LASTS),
        }
        with at_work(ready.folder, ready.database, PROCESSES, settings) as nodes:
            killer = Killer(nodes, centre, random.Random(seed))
            _set_clock(office.session, THURSDAY)
            with killer.at_large(), refusing.handed_in(nodes):
                wait_until("all messages left", lambda: _is_sent(office.session), PATIENCE)
            _conclude(office.session, nodes, ready.number)
        counts = centre.counts()
        return Found(
            kills=killer.kills,
            listed=listed,
            accepted=counts["different"],
            doubles=counts["twice"],
            states=_states(office.session),
            known=_known(office.session),
            refused=refusing.acknowledged,
            kept=_kept(office.session),
            left_over=_left_over(office.session),
            broken=len(office.engine.verify(None).broken),
        )


@dataclass
class Killer:
    """Kills at random moments and starts again, each as often as the others, in any order; keeps count."""

    nodes: Nodes
    centre: Centre
    dice: random.Random
    kills: list[str] = field(default_factory=list)

    @contextmanager
    def at_large(self) -> Iterator[None]:
        """Go about it while this lasts; afterwards everything runs."""
        thread = threading.Thread(target=self._go)
        thread.start()
        try:
            yield
        finally:
            thread.join()
            self.nodes.wait_for_pages()

    def _go(self) -> None:
        for name in [name for _ in range(ROUNDS) for name in self.dice.sample(VICTIMS, len(VICTIMS))]:
            time.sleep(self.dice.uniform(*PAUSES))
            self.kills.append(name)
            if name == "link":
                self.centre.say("drop")
            else:
                self.nodes.kill(name)
                self.nodes.start(name)


class Refusals:
    """Customers of the list who refuse while it leaves, told to the product until it says that it heard."""

    def __init__(self, office: Installation, seed: int) -> None:
        sids = np.array(office.session.scalars(select(Contact.sid).order_by(Contact.sid)).all(), np.int64)
        chosen = np.random.default_rng(seed).choice(sids, min(REFUSALS, len(sids)), replace=False)
        self._numbers = office.app.extensions["warehouse"].numbers(chosen)
        self._token = secret_file(office.folder / "keys" / "intake_token")
        self.acknowledged = 0

    @contextmanager
    def handed_in(self, nodes: Nodes) -> Iterator[None]:
        """Hand them in one after the other; at the end all have been acknowledged."""
        thread = threading.Thread(target=self._go, args=(nodes.urls[0],))
        thread.start()
        try:
            yield
        finally:
            thread.join()

    def _go(self, url: str) -> None:
        for place, number in enumerate(self._numbers):
            at = f"2026-03-05T09:00:{place:02d}+08:00"
            row = {"key": f"OUT-{place}", "number": number, "channel": "sms", "text": "TD", "at": at}
            wait_until("a refusal is heard", lambda row=row: self._is_heard(url, row), PATIENCE)
            self.acknowledged += 1

    def _is_heard(self, url: str, row: Mapping[str, str]) -> bool:
        request = urllib.request.Request(f"{url}/intake/opt-outs", data=orjson.dumps([row]))
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return bool(answer.status == 200)
        except (OSError, HTTPException):
            return False


def _set_clock(session: Session, day: date) -> None:
    """It is ten in the morning of this day."""
    clock = session.scalars(select(DemoClock)).one()
    clock.now = clock.now.replace(year=day.year, month=day.month, day=day.day, hour=2, minute=0)
    session.commit()


def _is_sent(session: Session) -> bool:
    session.rollback()
    states = set(session.scalars(select(SendBatch.state)))
    return states == {"settled"}


def _conclude(session: Session, nodes: Nodes, number: str) -> None:
    """The window passes, and the evaluator concludes."""
    _set_clock(session, DAY + timedelta(days=20))
    people = People(nodes.urls[0])
    answer = {"conclusion": "没有提升", "verdict": "not_proven"}
    people.decide("jiangtao", number, "summarise", "done", answer)
    people.ended("jiangtao", number)


def _states(session: Session) -> dict[str, int]:
    session.rollback()
    counted = select(Contact.state, func.count()).group_by(Contact.state)
    return {state: count for state, count in session.execute(counted)}


def _known(session: Session) -> int:
    """Customers whose acceptance by the centre is known: by its answer, or by a receipt that came later."""
    answered = select(SendAnswer.contact_id).where(SendAnswer.status == 0)
    known = (Contact.id.in_(answered)) | (Contact.state == "delivered")
    return session.scalar(select(func.count(Contact.id)).where(known)) or 0


def _kept(session: Session) -> int:
    """Refusals that are kept once, each with its effect."""
    feedback = session.scalar(select(func.count(Feedback.id)).where(Feedback.feed == "opt_out"))
    refusing = session.scalar(select(func.count(DoNotDisturb.sid.distinct())))
    return min(feedback or 0, refusing or 0)


def _left_over(session: Session) -> dict[str, int]:
    """What did not come to its end."""
    asked = {
        "jobs": select(func.count(Job.id)).where(Job.state != "done"),
        "incidents": select(func.count(Incident.id)).where(Incident.state == "open"),
        "batches": select(func.count(SendBatch.id)).where(SendBatch.state != "settled"),
        "campaigns": select(func.count(Process.id)).where(
            Process.state != "done", Process.subject_type == "campaign"
        ),
    }
    counted = {name: session.scalar(question) or 0 for name, question in asked.items()}
    return {name: count for name, count in counted.items() if count}
