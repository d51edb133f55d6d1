"""One round of a worker: read the files that came, wake the timers, announce and do regular work, do jobs."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog
from flask import Flask

from app import runs
from app.engine import Engine, JobNotDue, outage_of
from app.intake.files import read_waiting_files
from app.regular import by_name
from app.worker.clock import Clock
from app.worker.held import Held, HeldJob, HeldRun
from app.worker.pool import Pool
from app.worker.weather import Weather
from handlers.channels.outbox import has_unsettled, park_direct, settle_next
from models.base import abandon, db, read_only

log = structlog.get_logger()
#: at most so much is taken in one look
AT_ONCE = 100
Act = Callable[[Flask], int]
T = TypeVar("T")


def work_off(app: Flask) -> int:
    """Do once whatever is due, one thing after the other in this thread; the number of things done."""
    acts: dict[str, Act] = {
        "files": read_files,
        "settling": settle_messages,
        "timers": wake_timers,
        "announce": announce,
        "runs": _do_runs,
        "jobs": _do_jobs,
    }
    return _all(app, acts, Weather())


def look(app: Flask, pool: Pool, clock: Clock, weather: Weather) -> int:
    """Do what is quick, let the pool do the rest; the number of things done or begun.

    A file is no row that one worker could claim: of several workers the one that leads reads them.
    """
    acts: dict[str, Act] = {"settling": settle_messages, "timers": wake_timers, "take": partial(_start, pool)}
    if clock.leads:
        acts = {"files": read_files, "announce": lambda app: clock.announce(), **acts}
    return _all(app, acts, weather)


def _all(app: Flask, acts: dict[str, Act], weather: Weather) -> int:
    """Each in its turn: one that fails must not keep the others from theirs."""
    outages: list[Exception] = []
    done = sum(_guarded(app, what, act, weather, outages) for what, act in acts.items())
    if not outages:
        weather.cleared()
    return done


def _guarded(app: Flask, what: str, act: Act, weather: Weather, outages: list[Exception]) -> int:
    with app.app_context():
        try:
            return act(app)
        except Exception as problem:
            abandon(db.session)
            if weather.met(problem):
                outages.append(problem)
            else:
                log.exception("worker", what=what)
            return 0


def read_files(app: Flask) -> int:
    """Read the answers that came as files."""
    return read_waiting_files(app.extensions["settings"].instance / "in")


def wake_timers(app: Flask) -> int:
    """Wake every process one of whose timers is due."""
    engine: Engine = app.extensions["engine"]
    due = _asked(app, engine.due_timers)
    return _each(due, engine.wake)


def announce(app: Flask) -> int:
    """Write down the regular work that has become due."""
    return runs.announce(db.session(), app.extensions["schedule"], _now(app))


def settle_messages(app: Flask) -> int:
    """Give contacts the answers of batches that were sent; park single messages whose sender is gone."""
    now, machine_now = _now(app), app.extensions["machine_clock"]()
    session, count = db.session(), 0
    with read_only():
        is_idle = not has_unsettled(session, machine_now)
        session.rollback()
    if is_idle:
        return 0
    while settle_next(session, now, machine_now):
        session.commit()
        count += 1
    count += park_direct(session, now, machine_now)
    session.commit()
    return count


def _do_jobs(app: Flask) -> int:
    engine: Engine = app.extensions["engine"]
    return _each(_asked(app, engine.due_jobs), engine.run_job)


def _do_runs(app: Flask) -> int:
    return _each(_taken_runs(app, AT_ONCE), lambda held: held.do()())


def _start(pool: Pool, app: Flask) -> int:
    """Take as much as the pool has room for: regular work first, as it is short of numbers."""
    engine: Engine = app.extensions["engine"]
    taken: list[Held] = list(_taken_runs(app, pool.free))
    taken += [HeldJob(engine=engine, taken=job) for job in engine.take_jobs(pool.free - len(taken))]
    for held in taken:
        pool.start(held)
    return len(taken)


def _taken_runs(app: Flask, limit: int) -> list[HeldRun]:
    clock, machine_clock = app.extensions["clock"], app.extensions["machine_clock"]
    regular = app.extensions["schedule"]
    work = by_name(regular)
    return [
        HeldRun(work=work[run.name], taken=run, clock=clock, machine_clock=machine_clock)
        for run in runs.take(db.session(), regular, machine_clock(), limit)
    ]


def _asked(app: Flask, question: Callable[[datetime, int], list[int]]) -> list[int]:
    found = question(_now(app), AT_ONCE)
    db.session.rollback()
    return found


def _now(app: Flask) -> datetime:
    """The moment it is, asked without a lock: a demo's clock is a row."""
    with read_only():
        now: datetime = app.extensions["clock"]()
        db.session.rollback()
    return now


def _each(found: Iterable[T], act: Callable[[T], object]) -> int:
    """Do something to each; what fails is logged, what another worker has is left to it."""
    count = 0
    for each in found:
        try:
            act(each)
        except JobNotDue:
            continue
        except Exception as problem:
            abandon(db.session)
            if outage_of(problem) is not None:
                raise
            log.exception("worker", what=getattr(act, "__name__", "work"))
        count += 1
    return count
