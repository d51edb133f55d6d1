"""Web, worker, sender and market are killed again and again; the campaign ends, and its numbers agree."""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine, create_engine, text

from demo.loop import DAY, WAIT_DAYS, prepare
from demo.people import DemoClock, Staff
from demo.servers import Servers, free_port
from demo.visitor import Refused, wait_until
from tests.journey.agreement import agree

HERE = Path(__file__).parents[2]
CUSTOMERS = 6_000
SEED = 4
VICTIMS = ("web", "worker", "sender", "market", "link")
#: messages that may be under way at one time
WINDOW = 100
#: messages a second: few, so that sending goes on while processes are killed
SMS_RATE = 12
#: seconds between two kills, at the least and at the most
PAUSES = (0.5, 5.0)
#: times each of them is killed at most, before the first message and after
ROUNDS = 4
#: seconds until everything must have been done, kills or not
PATIENCE = 600.0
T = TypeVar("T")


@dataclass
class Killer:
    """Kills a process at random moments and starts it again, or cuts the link; keeps count."""

    servers: Servers
    dice: random.Random
    kills: list[str] = field(default_factory=list)

    @contextmanager
    def at_large(self) -> Iterator[None]:
        """Go about it for as long as this lasts; afterwards everything runs."""
        stop = threading.Event()
        thread = threading.Thread(target=self._go, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    @property
    def breaks(self) -> int:
        """How often a message may have been under way when the line or one of its ends was gone."""
        return sum(name in ("sender", "market", "link") for name in self.kills)

    def _go(self, stop: threading.Event) -> None:
        for name in [name for _ in range(ROUNDS) for name in self.dice.sample(VICTIMS, len(VICTIMS))]:
            if stop.wait(self.dice.uniform(*PAUSES)):
                return
            self.kills.append(name)
            if name == "link":
                self.servers.cut_link()
            else:
                self.servers.kill(name)
                self.servers.start_again(name)
            self.servers.wait_for_page()
            while ended := self.servers.ended():
                self.servers.start_again(ended)


def patient(ask: Callable[[], T]) -> T:
    """Ask again while nobody answers, as a person reloads a page."""

    def once() -> list[T]:
        try:
            return [ask()]
        except (OSError, HTTPException):
            return []

    answer: list[T] = wait_until("an answer", once, PATIENCE)
    return answer[0]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Acts until the to-do has gone, whether or not the answer to the click was lost."""

    staff: Staff
    number: str

    def act(self, login: str, element: str, click: Callable[[], object]) -> None:
        """Click until this to-do no longer waits for this person."""
        patient(lambda: self.staff.waiting(login, self.number, element))
        while self._waits(login, element):
            try:
                click()
            except (OSError, HTTPException, Refused, LookupError, RuntimeError, TimeoutError):
                continue

    def _waits(self, login: str, element: str) -> bool:
        feed = patient(lambda: self.staff.person(login).json(f"/api/v1/to-dos?campaign={self.number}"))
        return any(row["element"] == element for row in feed)


def decide(person: Person) -> None:
    """From the draft to the confirmation."""
    staff, number = person.staff, person.number
    person.act("zhoulan", "draft_campaign", lambda: staff.submit("zhoulan", number, DAY, 10))
    clicks: list[tuple[str, str, Callable[[], object]]] = [
        (
            "chenliqun",
            "province_review",
            lambda: staff.decide("chenliqun", number, "province_review", "pass"),
        ),
        ("huangzhiyong", "confirm_channel", lambda: staff.confirm("huangzhiyong", number, DAY, DAY)),
    ]
    for login, element, click in clicks:
        person.act(login, element, click)


def carry_out(person: Person) -> dict[str, Any]:
    """From the first message to the conclusion; the figures at the end."""
    staff, number = person.staff, person.number
    clock = DemoClock(staff, "zhoulan")
    verdict = {"verdict": "not_proven", "conclusion": "名单偏小。"}
    patient(lambda: clock.wish(WAIT_DAYS))
    patient(lambda: clock.wait(PATIENCE))
    person.act(
        "jiangtao", "summarise", lambda: staff.decide("jiangtao", number, "summarise", "done", verdict)
    )
    patient(lambda: clock.wait(PATIENCE))
    return patient(lambda: staff.evaluation("jiangtao", number))


@contextmanager
def province(folder: Path) -> Iterator[Servers]:
    """The demo at work in a folder of its own."""
    servers = Servers(folder / "instance", folder / "demo", folder / "logs", free_port(), SMS_RATE)
    try:
        prepare(servers, CUSTOMERS, SEED, DAY)
        servers.start_all()
        yield servers
    finally:
        servers.stop()


def begun(servers: Servers) -> Person:
    """A campaign whose draft waits."""
    staff = Staff(servers.url)
    return Person(staff=staff, number=staff.begin("zhoulan", "H01", "彩铃潜在用户推荐"))


def count(engine: Engine, what: str) -> Any:
    """One number of the database."""
    with engine.connect() as connection:
        return connection.execute(text(f"SELECT {what}")).scalar_one()


def verified(servers: Servers) -> int:
    """The exit code of the check of history."""
    command = [sys.executable, "-m", "flask", "verify-history"]
    done = subprocess.run(command, cwd=HERE, env=servers.environment, capture_output=True, check=False)
    return done.returncode


def nothing_twice(servers: Servers, found: dict[str, Any]) -> None:
    """Nobody of the list is forgotten, nobody else was met; every job was done, every answer taken once."""
    engine = create_engine(f"sqlite:///{servers.instance / 'bihuan.sqlite'}")
    listed = found["audience"] - found["control"]
    assert (
        count(engine, "count(DISTINCT sid) FROM contact") == count(engine, "count(*) FROM contact") == listed
    )
    assert count(engine, "count(*) FROM job WHERE state != 'done'") == 0
    assert count(engine, "count(*) FROM incident") == 0
    finals = "SELECT count(*) AS n FROM evaluation WHERE is_final GROUP BY campaign_id"
    assert count(engine, f"max(n) FROM ({finals})") == 1
    engine.dispose()


@pytest.mark.long
def test_left_in_peace_the_numbers_agree_to_the_last_customer(tmp_path: Path) -> None:
    with province(tmp_path) as servers:
        person = begun(servers)
        decide(person)
        found = carry_out(person)
        nothing_twice(servers, found)
        agree(servers, found, "CRBT", most_unknown=0)
        assert verified(servers) == 0


@pytest.mark.long
def test_killed_again_and_again_the_campaign_ends_and_its_numbers_agree(tmp_path: Path) -> None:
    with province(tmp_path) as servers:
        person = begun(servers)
        killer = Killer(servers, random.Random(int(os.environ.get("KILL_SEED", "1"))))
        with killer.at_large():
            decide(person)
        with killer.at_large():
            found = carry_out(person)
        assert min(killer.kills.count(name) for name in VICTIMS) >= 2, killer.kills
        nothing_twice(servers, found)
        agree(servers, found, "CRBT", most_unknown=WINDOW * killer.breaks)
        assert verified(servers) == 0
    engine = create_engine(f"sqlite:///{servers.instance / 'bihuan.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE history_event SET actor = 'nobody' WHERE verb = 'completed'"))
    engine.dispose()
    assert verified(servers) == 1
