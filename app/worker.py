"""The background process: reads answer files, wakes due timers and runs job rows, in order."""

import fcntl
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from threading import Event

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from app import logs
from app.engine import Engine
from app.intake.files import read_waiting_files
from models.base import db

log = structlog.get_logger()
#: how often the clock looks for something due
TICK = timedelta(milliseconds=100)
#: at most so much is taken in one look
AT_ONCE = 100


def serve(app: Flask, stop: Event | None = None) -> None:
    """Work until told to stop; APScheduler is only the clock that says when to look."""
    logs.configure()
    stop = stop or _stop_on_signals()
    wake = Event()
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        wake.set, "interval", seconds=TICK.total_seconds(), max_instances=1, coalesce=True, id="look"
    )
    scheduler.start()
    try:
        with _at_work(app):
            while not stop.is_set():
                if not work_off(app):
                    wake.clear()
                    wake.wait(timeout=TICK.total_seconds() * 5)
    finally:
        scheduler.shutdown(wait=False)


@contextmanager
def _at_work(app: Flask) -> Iterator[None]:
    """Workers of one machine share a lock while they live; who comes when none does frees what was left.

    Only with SQLite, where all workers are on one machine; elsewhere a lost job waits for its lease to end.
    """
    with (app.extensions["settings"].instance / "worker.lock").open("a") as lock:
        if _is_alone(lock.fileno()):
            _guarded(app, "left", _free_what_was_left)
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def _is_alone(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _free_what_was_left(app: Flask) -> int:
    if db.engine.dialect.name != "sqlite":
        return 0
    engine: Engine = app.extensions["engine"]
    return engine.release_jobs()


def work_off(app: Flask) -> int:
    """Do once whatever is due; the number of things done."""
    done = _guarded(app, "files", _read_files)
    done += _guarded(app, "timers", _wake_timers)
    return done + _guarded(app, "jobs", _run_jobs)


def _read_files(app: Flask) -> int:
    return read_waiting_files(app.extensions["settings"].instance / "in")


def _wake_timers(app: Flask) -> int:
    engine: Engine = app.extensions["engine"]
    due = engine.due_timers(app.extensions["clock"](), AT_ONCE)
    db.session.rollback()
    for process_id in due:
        _guarded(app, "timer", partial(_one, engine.wake, process_id))
    return len(due)


def _run_jobs(app: Flask) -> int:
    engine: Engine = app.extensions["engine"]
    due = engine.due_jobs(app.extensions["clock"](), AT_ONCE)
    db.session.rollback()
    for job_id in due:
        _guarded(app, "job", partial(_one, engine.run_job, job_id))
    return len(due)


def _one(act: Callable[[int], object], number: int, app: Flask) -> int:
    act(number)
    return 1


def _guarded(app: Flask, what: str, act: Callable[[Flask], int]) -> int:
    """One failing thing must not keep the others from their turn; it is logged and tried again."""
    with app.app_context():
        try:
            return act(app)
        except Exception:
            db.session.rollback()
            log.exception("worker", what=what)
            return 0


def _stop_on_signals() -> Event:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
