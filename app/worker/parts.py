"""The parts of a worker: each works in a thread of its own until it is told to stop."""

import fcntl
import gc
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import TypeVar

import structlog
from flask import Flask

from app import logs, runs
from app.engine import Engine
from app.engine.tries import LEASE
from app.sending import send
from app.worker.bell import Bell
from app.worker.clock import Clock
from app.worker.pool import Pool
from app.worker.rounds import look
from app.worker.weather import PATIENCE, Weather
from models.base import abandon, db

log = structlog.get_logger()
#: seconds until a worker looks although nothing woke it
NET = 1.0
#: seconds between two looks for work whose worker is gone
SEARCH = LEASE.total_seconds() / 3
Part = Callable[[Flask, Event], None]
T = TypeVar("T")


def serve(app: Flask, stop: Event | None = None, only: str | None = None) -> None:
    """Do all parts, or only one, until told to stop; a part that breaks down takes the others along."""
    logs.configure()
    gc.freeze()  # what stands by now stays: the collector need not walk through it for every list of people
    stop = stop or _stop_on_signals()
    broken: list[BaseException] = []

    def run(part: Part) -> None:
        try:
            part(app, stop)
        except BaseException as problem:
            broken.append(problem)
        finally:
            stop.set()

    chosen = PARTS if only is None else {only: PARTS[only]}
    threads = [Thread(target=run, args=(part,), name=name) for name, part in chosen.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(1.0)
    gc.unfreeze()
    if broken:
        raise broken[0]


def work(app: Flask, stop: Event) -> None:
    """Files, timers, regular work and jobs."""
    settings = app.extensions["settings"]
    weather = Weather()
    with app.app_context():
        bell = Bell(db.engine, settings.instance / "in")
    pool = Pool(app, settings.worker_threads, weather, bell.ring)
    clock = Clock(app, weather, bell.ring)
    try:
        with _at_work(app, weather):
            clock.start()
            _go_on(app, stop, bell, pool, clock, weather)
    finally:
        clock.stop()
        pool.close()
        bell.close()


#: what a worker does, each part in a thread, or in a process of its own
PARTS: Mapping[str, Part] = {"work": work, "sending": send}


def _go_on(app: Flask, stop: Event, bell: Bell, pool: Pool, clock: Clock, weather: Weather) -> None:
    searched = -SEARCH
    while not stop.is_set():
        if time.monotonic() - searched >= SEARCH:
            searched = time.monotonic()
            _apart(app, weather, _recover)
        if look(app, pool, clock, weather):
            continue
        if weather.is_fair:
            bell.wait(_until_due(app, weather), stop)
        else:
            stop.wait(PATIENCE)


def _until_due(app: Flask, weather: Weather) -> float:
    """Seconds until the next timer or job is due, but not long: the clock of a demo jumps."""
    due = _apart(app, weather, lambda app: app.extensions["engine"].next_due())
    if due is None:
        return NET
    now: datetime = app.extensions["machine_clock"]()
    return min(max((due - now).total_seconds(), 0.0), NET) or NET


def _apart(app: Flask, weather: Weather, act: Callable[[Flask], T]) -> T | None:
    """Beside the rounds: what fails is said, and the rounds go on."""
    with app.app_context():
        try:
            return act(app)
        except Exception as problem:
            abandon(db.session)
            if not weather.met(problem):
                log.exception("worker", what=getattr(act, "__name__", "work"))
            return None


def _recover(app: Flask) -> int:
    engine: Engine = app.extensions["engine"]
    return engine.recover()


@contextmanager
def _at_work(app: Flask, weather: Weather) -> Iterator[None]:
    """Workers of one machine share a lock while they live; who comes when none does frees what was left.

    Only with SQLite, where all workers are on one machine; elsewhere a lost job waits for its lease to end.
    """
    with (app.extensions["settings"].instance / "worker.lock").open("a") as lock:
        if _is_alone(lock.fileno()):
            _apart(app, weather, _free_what_was_left)
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
    left = engine.release_jobs() + runs.release(db.session(), app.extensions["machine_clock"]())
    db.session.commit()
    return left


def _stop_on_signals() -> Event:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
