"""Web and worker are killed again and again on the way round; the campaign ends as if nothing had been."""

import json
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

HERE = Path(__file__).parents[2]
CUSTOMERS = 6_000
SEED = 4
#: seconds between two kills, at the least and at the most
PAUSES = (0.5, 4.0)
#: seconds until everything must have been done, kills or not
PATIENCE = 300.0
T = TypeVar("T")


@dataclass
class Killer:
    """Kills web or worker at random moments and starts it again; keeps count."""

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

    def _go(self, stop: threading.Event) -> None:
        while not stop.wait(self.dice.uniform(*PAUSES)):
            name = self.dice.choice(("web", "worker"))
            self.kills.append(name)
            self.servers.kill(name)
            self.servers.start_again(name)
            self.servers.wait_for_page()
            if self.servers.ended() == "market":
                self.servers.start_again("market")


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


def go_round(person: Person) -> dict[str, Any]:
    """From the draft to the conclusion; the figures at the end."""
    staff, number = person.staff, person.number
    clock = DemoClock(staff, "zhoulan")
    person.act("zhoulan", "draft_campaign", lambda: staff.submit("zhoulan", number, DAY, 10))
    verdict = {"verdict": "not_proven", "conclusion": "名单偏小。"}
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
    servers = Servers(folder / "instance", folder / "demo", folder / "logs", free_port())
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
    """Who is in the list was handed over once, and nobody else; every answer was taken once."""
    engine = create_engine(f"sqlite:///{servers.instance / 'bihuan.sqlite'}")
    met = "FROM contact WHERE contacted_at IS NOT NULL"
    listed = found["audience"] - found["control"]
    assert count(engine, f"count(*) {met}") == listed
    assert count(engine, f"count(DISTINCT sid) {met}") == listed
    (manifest,) = (servers.instance / "out" / "sms").glob("*.manifest.json")
    assert json.loads(manifest.read_text(encoding="utf-8"))["rows"] == listed
    assert count(engine, "count(*) FROM job WHERE state != 'done'") == 0
    assert count(engine, "count(*) FROM incident") == 0
    assert (
        count(
            engine, "max(n) FROM (SELECT count(*) AS n FROM evaluation WHERE is_final GROUP BY campaign_id)"
        )
        == 1
    )
    engine.dispose()


def told(found: dict[str, Any]) -> dict[str, Any]:
    """What must not depend on kills."""
    return {name: found[name] for name in ("audience", "control", "figures")}


@pytest.mark.long
def test_killed_again_and_again_the_campaign_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    with province(tmp_path / "calm") as servers:
        calm = go_round(begun(servers))
    with province(tmp_path / "wild") as servers:
        person = begun(servers)
        killer = Killer(servers, random.Random(int(os.environ.get("KILL_SEED", "1"))))
        with killer.at_large():
            wild = go_round(person)
        assert min(killer.kills.count(name) for name in ("web", "worker")) >= 2, killer.kills
        nothing_twice(servers, wild)
        assert verified(servers) == 0
    assert told(wild) == told(calm)
    engine = create_engine(f"sqlite:///{servers.instance / 'bihuan.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE history_event SET actor = 'nobody' WHERE verb = 'completed'"))
    engine.dispose()
    assert verified(servers) == 1
