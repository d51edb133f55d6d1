"""SQLite lets one writer in at a time, PostgreSQL settles it row by row: of two at once one wins.

Each race is made to happen: a third connection holds a row until PostgreSQL itself says that all wait for it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Executable, event, func, insert, select, text
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from app.clock import system_clock
from app.engine import Actor, JobNotDue, ToDoGone
from app.link_row import say
from app.worker.bell import Bell
from handlers.numbers import next_number
from models.base import Base, db
from models.campaign import Campaign, Serial
from models.feedback import Feedback
from models.history import HistoryEvent
from models.process import Job, Process
from models.sending import Link
from tests.postgresql.installation import Installation
from tests.postgresql.journey import DRAFT

pytestmark = pytest.mark.postgresql

#: seconds until those who should wait for a row do
PATIENCE = 20.0
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
MOMENT = "2026-03-02T00:30:00+00:00"


@contextmanager
def held(statement: Executable) -> Iterator[Callable[[], None]]:
    """A connection that did this and has not ended yet; what is given back ends it without a trace."""
    with db.engine.connect() as connection:
        connection.execute(statement)
        yield connection.rollback


def at_once(office: Installation, acts: Sequence[Callable[[], object]], row: Executable) -> list[Any]:
    """What each of these acts gave, or raised, when all had come to wait for the same row."""

    def in_context(act: Callable[[], object]) -> Any:
        with office.app.app_context():
            try:
                return act()
            except Exception as problem:
                return problem

    with ThreadPoolExecutor(len(acts)) as threads, held(row) as release:
        running = [threads.submit(in_context, act) for act in acts]
        _all_wait(running)
        release()
        return [one.result() for one in running]


def _all_wait(running: Sequence[Future[Any]]) -> None:
    until = time.monotonic() + PATIENCE
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watcher:
        while watcher.scalar(WAITING) < len(running):
            assert time.monotonic() < until, [one.result() for one in running if one.done()]
            time.sleep(0.02)


def locked(table: type[Base], *which: ColumnElement[bool]) -> Executable:
    """A statement that takes the lock of a row and changes nothing in it."""
    return select(table).where(*which).with_for_update()


def test_of_two_who_complete_one_to_do_one_wins_and_the_other_is_told_who(office: Installation) -> None:
    office.begin("yefang", "彩铃")
    to_do = office.waiting("yefang", "draft_campaign").id
    process = office.session.scalar(select(Process.id))
    office.session.rollback()

    def complete() -> str:
        return office.engine.complete(to_do, Actor(login="yefang"), "submit", DRAFT).state

    said = at_once(office, [complete, complete], locked(Process, Process.id == process))
    assert "done" in said
    [late] = [one for one in said if one != "done"]
    assert isinstance(late, ToDoGone)
    assert late.fields["by"] == "yefang"
    assert office.session.scalar(select(func.count()).where(HistoryEvent.verb == "completed")) == 1
    assert office.engine.verify(None).broken == []


def test_of_two_workers_who_take_one_job_one_does_it(office: Installation) -> None:
    office.begin("yefang", "彩铃")
    to_do = office.waiting("yefang", "draft_campaign").id
    office.engine.complete(to_do, Actor(login="yefang"), "submit", DRAFT)
    job = office.session.scalars(select(Job.id).where(Job.state == "ready")).one()
    office.session.rollback()

    def run() -> str:
        return office.engine.run_job(job).state

    said = at_once(office, [run, run], locked(Job, Job.id == job))
    assert "done" in said
    assert [type(one) for one in said if one != "done"] == [JobNotDue]
    assert office.session.get_one(Job, job).attempts == 1


def test_two_senders_that_report_for_the_first_time_make_one_row(office: Installation) -> None:
    row = {"code": "sms", "state": "up", "message": "", "fields": {}, "rate": 0}
    third = insert(Link).values({**row, "since": system_clock(), "seen_at": system_clock()})

    def report() -> None:
        say(office.app, "unset", "Nobody is there.", {})

    with capture_logs() as told:
        at_once(office, [report, report], third)
    assert told == []
    assert office.session.scalars(select(Link.state)).all() == ["unset"]


def ready_jobs(office: Installation, campaigns: int) -> list[int]:
    """A job of each of so many campaigns, ready to be taken."""
    for number in range(campaigns):
        office.begin("yefang", f"彩铃{number}")
        to_do = office.waiting("yefang", "draft_campaign").id
        office.engine.complete(to_do, Actor(login="yefang"), "submit", DRAFT)
    ready = list(office.session.scalars(select(Job.id).where(Job.state == "ready").order_by(Job.id)))
    office.session.rollback()
    assert len(ready) == campaigns
    return ready


def test_who_takes_several_jobs_passes_over_those_another_is_just_taking(office: Installation) -> None:
    first, *others = ready_jobs(office, 3)
    with held(locked(Job, Job.id == first)):
        assert [taken.job_id for taken in office.engine.take_jobs(9)] == others
    assert [taken.job_id for taken in office.engine.take_jobs(9)] == [first]
    assert office.engine.take_jobs(9) == []


def test_workers_that_take_at_once_never_take_the_same(office: Installation) -> None:
    ready = ready_jobs(office, 6)
    taken: list[int] = []

    def take() -> None:
        with office.app.app_context():
            while found := office.engine.take_jobs(1):
                taken.extend(one.job_id for one in found)

    with ThreadPoolExecutor(4) as threads:
        for one in [threads.submit(take) for _ in range(4)]:
            one.result()
    assert sorted(taken) == ready
    assert set(office.session.scalars(select(Job.attempts))) == {1}


def test_a_step_that_begins_a_job_wakes_the_workers_when_it_commits(office: Installation) -> None:
    office.begin("yefang", "彩铃")
    to_do = office.waiting("yefang", "draft_campaign").id
    bell = Bell(db.engine, office.folder / "in")
    bell.wait(0.3, Event())
    sleeper = Thread(target=bell.wait, args=(PATIENCE * 3, Event()))
    sleeper.start()
    office.engine.complete(to_do, Actor(login="yefang"), "submit", DRAFT)
    sleeper.join(PATIENCE)
    assert not sleeper.is_alive()
    bell.close()


def test_two_planners_who_begin_at_once_get_two_numbers(office: Installation) -> None:
    office.begin("yefang", "第一个")
    office.session.rollback()

    def begin() -> str:
        return office.begin("yefang", "彩铃").number

    said = at_once(office, [begin] * 3, locked(Serial))
    assert sorted(said) == [f"HD-0101-2026-00{place}" for place in (2, 3, 4)]
    assert office.session.scalar(select(func.count(Campaign.id))) == 4


@pytest.mark.parametrize(("ends", "number"), [("commit", "002"), ("rollback", "001")])
def test_the_first_number_of_a_year_waits_for_who_was_first(
    office: Installation, ends: str, number: str
) -> None:
    with ThreadPoolExecutor(1) as threads:
        assert next_number(office.session, "HD", "0101", 2026) == "HD-0101-2026-001"
        second = threads.submit(_begun, office)
        _all_wait([second])
        getattr(office.session, ends)()
        assert second.result() == f"HD-0101-2026-{number}"


def test_who_counts_while_the_first_number_is_being_given_gets_the_next(office: Installation) -> None:
    with Session(db.engine) as first:
        assert next_number(first, "HD", "0101", 2026) == "HD-0101-2026-001"

        def commit(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if statement.startswith("UPDATE serial"):
                first.commit()

        event.listen(db.engine, "after_cursor_execute", commit)
        try:
            assert next_number(office.session, "HD", "0101", 2026) == "HD-0101-2026-002"
        finally:
            event.remove(db.engine, "after_cursor_execute", commit)


def _begun(office: Installation) -> str:
    with office.app.app_context():
        return office.begin("yefang", "彩铃").number


def test_a_delivery_sent_twice_at_once_is_kept_once(office: Installation) -> None:
    receipts = [
        {"key": f"R-{place}", "message_id": "M", "status": "DELIVRD", "at": MOMENT} for place in range(3)
    ]
    now = office.app.extensions["clock"]()
    first = {"feed": "receipt", "key": "R-1", "body": {}, "occurred_at": now, "received_at": now}
    office.session.rollback()

    def hand_in() -> tuple[int, int]:
        taken = office.hand_in("receipts", receipts)
        return taken["received"], taken["repeated"]

    said = at_once(office, [hand_in, hand_in], insert(Feedback).values(first))
    assert sorted(said) == [(0, 3), (3, 0)]
    assert office.session.execute(select(Feedback.key, Feedback.repeats).order_by(Feedback.key)).all() == [
        ("R-0", 1), ("R-1", 1), ("R-2", 1),
    ]  # fmt: skip


def test_two_refused_attempts_on_one_object_are_both_written(office: Installation) -> None:
    def refuse() -> None:
        office.engine.refuse("staff:4", "complete", Actor(login="yefang"), {"reason": "not hers"})

    refuse()
    said = at_once(office, [refuse, refuse], insert(HistoryEvent).values(_second_of("staff:4", office)))
    assert said == [None, None]
    seqs = select(HistoryEvent.seq).where(HistoryEvent.chain == "staff:4").order_by(HistoryEvent.seq)
    assert office.session.scalars(seqs).all() == [1, 2, 3]
    assert office.engine.verify(None).broken == []


def _second_of(chain: str, office: Installation) -> dict[str, object]:
    """What somebody else is just writing to a chain."""
    now = office.app.extensions["clock"]()
    office.session.rollback()
    texts = dict.fromkeys(("actor", "verb", "details", "previous", "digest", "subject_type"), "-")
    return {**texts, "chain": chain, "seq": 2, "at": now, "subject_id": 0}
