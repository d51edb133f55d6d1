"""A worker at work: what a killed one left, regular work, and what it costs to have nothing to do."""

import fcntl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from time import monotonic

import pytest
from flask import has_app_context
from flask_babel import lazy_gettext as _l
from sqlalchemy import event, select

from app.clock import system_clock
from app.engine.tries import LEASE
from app.schedule import Regular
from app.worker import serve
from demo.visitor import wait_until
from models.base import db
from models.process import Job
from models.schedule import Leadership, ScheduledRun
from tests.journey.office import MONDAY, Office

THURSDAY = date(2026, 3, 5)


@contextmanager
def working(office: Office) -> Iterator[None]:
    """A worker at work."""
    stop = threading.Event()
    thread = threading.Thread(target=serve, args=(office.app, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def submitted(office: Office) -> str:
    """A campaign handed in; its first job is ready."""
    number = office.staff.begin("zhoulan", "H01", "彩铃潜在用户推荐")
    office.staff.submit("zhoulan", number, THURSDAY, 10)
    return number


def leave_half_done(office: Office) -> None:
    """The ready job as a worker leaves it that is killed in the middle."""
    with office.app.app_context():
        job = db.session.scalars(select(Job).where(Job.state == "ready")).one()
        job.state, job.attempts, job.fence = "running", 1, 1
        job.leased_until = system_clock() + LEASE
        db.session.commit()


def states(office: Office) -> list[str]:
    """Where each job stands, oldest first."""
    with office.app.app_context():
        return list(db.session.scalars(select(Job.state).order_by(Job.id)))


def all_done(office: Office) -> bool:
    """Every job but the first is done, and there are some."""
    return set(states(office)[1:]) == {"done"}


def test_a_job_of_a_killed_worker_is_taken_up_when_the_next_one_comes(office: Office) -> None:
    submitted(office)
    leave_half_done(office)
    office.settle()
    assert states(office) == ["running"], "its lease has not ended"
    with working(office):
        wait_until("every job done", lambda: set(states(office)) == {"done"}, 30)


def test_a_job_of_a_living_worker_is_left_alone(office: Office) -> None:
    submitted(office)
    leave_half_done(office)
    with (office.instance / "worker.lock").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        submitted(office)
        with working(office):
            wait_until("the other jobs done", lambda: all_done(office), 30)
    assert states(office)[0] == "running"


# -- regular work


@dataclass
class Noted:
    """Regular work that notes for which moments it was done."""

    moments: list[datetime] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def __call__(self, moment: datetime, now: datetime) -> None:
        assert has_app_context()
        assert not db.session().in_transaction()
        self.moments.append(moment)
        self.done.set()


def nightly(catch_up: bool = False) -> tuple[Noted, Regular]:
    """Something at half past two at night."""
    noted = Noted()
    return noted, Regular(name="nightly", title=_l("x"), do=noted, at=time(2, 30), catch_up=catch_up)


def night(day: int) -> datetime:
    """Half past two in the night to this day of March 2026."""
    return datetime(2026, 3, day, 2, 30, tzinfo=MONDAY.tzinfo)


@pytest.mark.parametrize(("catch_up", "nights"), [(False, [2, 5]), (True, [2, 3, 4, 5])])
def test_a_moment_the_demos_clock_jumped_over_is_still_worked_once(
    office: Office, catch_up: bool, nights: list[int]
) -> None:
    noted, work = nightly(catch_up)
    office.app.extensions["schedule"] = [work]
    office.settle()
    office.settle()
    office.go_to(days=3)
    office.settle()
    assert noted.moments == [night(day) for day in nights]


def test_the_demos_clock_stands_until_regular_work_is_done(office: Office) -> None:
    _, work = nightly()
    office.app.extensions["schedule"] = [work]
    clock = office.staff.person("zhoulan").json("/demo/clock")
    assert (clock["idle"], clock["due_runs"]) == (False, 1)
    office.settle()
    clock = office.staff.person("zhoulan").json("/demo/clock")
    assert (clock["idle"], clock["due_runs"]) == (True, 0)


def test_a_worker_does_regular_work(office: Office) -> None:
    noted, work = nightly()
    office.app.extensions["schedule"] = [work]
    with working(office):
        assert noted.done.wait(30)
        wait_until("the run closed", lambda: runs_of(office) == [("done", 1)], 30)


def runs_of(office: Office) -> list[tuple[str, int]]:
    """How each run stands, and how often it was begun."""
    with office.app.app_context():
        asked = select(ScheduledRun.state, ScheduledRun.attempts).order_by(ScheduledRun.id)
        return [(state, attempts) for state, attempts in db.session.execute(asked)]


def leads(office: Office) -> bool:
    """Some worker's clock counts."""
    with office.app.app_context():
        return db.session.get(Leadership, "clock") is not None


def test_a_worker_with_nothing_to_do_hardly_asks_the_database(office: Office) -> None:
    office.settle()
    asked: list[str] = []
    with working(office):
        wait_until("the worker leads", lambda: leads(office), 30)
        with office.app.app_context():
            event.listen(db.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
        began = monotonic()
        threading.Event().wait(3.0)
        seconds = monotonic() - began
        idle = list(asked)  # what it writes when it is told to stop is no matter here
    writes = Counter(statement for statement in idle if not statement.startswith(("SELECT", "BEGIN")))
    assert len(idle) < 40 * seconds, "ten looks a second with all their questions would be many more"
    assert len(writes) <= 2, "the signs of life of clock and sender"
    assert max(writes.values(), default=0) <= 1 + seconds / 5, "each now and then"
