"""What a killed worker left: taken up by the next one at once, but never from under a living one."""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import select

from app.clock import system_clock
from app.engine.tries import LEASE
from app.worker import serve
from demo.visitor import wait_until
from models.base import db
from models.process import Job
from tests.journey.office import Office

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
