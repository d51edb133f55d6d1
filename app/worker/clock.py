"""The clock of one node: APScheduler says when to look, a row in the database whose clock counts."""

import logging
import os
import secrets
import socket
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy import or_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import runs
from app.engine.tries import TOO_FAR
from app.worker.weather import Weather
from models.base import abandon, db, read_only
from models.schedule import Leadership

log = structlog.get_logger()
#: what is led
CLOCK = "clock"
#: a leader that gave no sign of life for so long is one no more
LEASE = timedelta(seconds=15)
#: seconds between two signs of life, and between two tries to lead
SIGN = LEASE.total_seconds() / 3
#: seconds between two looks at the clock
TICK = 1.0


def lead(session: Session, holder: str, machine_now: datetime) -> bool:
    """Become or stay the one whose clock counts; of two who try one does."""
    free = or_(
        Leadership.holder == holder,
        Leadership.leased_until <= machine_now,
        Leadership.leased_until > machine_now + TOO_FAR,
    )
    taken = update(Leadership).where(Leadership.name == CLOCK, free)
    values = {"holder": holder, "leased_until": machine_now + LEASE, "fence": Leadership.fence + 1}
    options = {"synchronize_session": False}
    if getattr(session.execute(taken.values(values), execution_options=options), "rowcount", 0):
        session.commit()
        return True
    if session.get(Leadership, CLOCK) is not None:
        session.rollback()
        return False
    return _first(session, holder, machine_now)


def _first(session: Session, holder: str, machine_now: datetime) -> bool:
    try:
        session.add(Leadership(name=CLOCK, holder=holder, leased_until=machine_now + LEASE, fence=1))
        session.commit()
    except IntegrityError:
        session.rollback()
        return False
    return True


def resign(session: Session, holder: str, machine_now: datetime) -> None:
    """Let another node lead at once."""
    mine = update(Leadership).where(Leadership.name == CLOCK, Leadership.holder == holder)
    session.execute(mine.values(leased_until=machine_now))
    session.commit()


class Clock:
    """Announces regular work while this node leads; two that tick at once announce it once."""

    def __init__(self, app: Flask, weather: Weather, ring: Callable[[], None]) -> None:
        self._app, self._weather, self._ring = app, weather, ring
        self._holder = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._leads, self._signed = False, -SIGN
        self._next: datetime | None = None
        self._scheduler = BackgroundScheduler(timezone="UTC")
        every = {"seconds": TICK, "max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        self._scheduler.add_job(self._tick, "interval", id="look at the clock", **every)
        # a tick that comes late, or while the last one waits for the database, is nothing to speak of
        logging.getLogger("apscheduler").setLevel(logging.ERROR)

    def start(self) -> None:
        """Begin to tick; the first look comes at once."""
        self._tick()
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more, and let another node lead."""
        if self._scheduler.running:
            self._scheduler.shutdown()
        with self._app.app_context():
            try:
                if self._leads:
                    resign(db.session(), self._holder, self._machine_now())
            except Exception as problem:
                if not self._weather.met(problem):
                    log.exception("worker", what=CLOCK)

    @property
    def leads(self) -> bool:
        """This node's clock is the one that counts."""
        return self._leads

    def announce(self) -> int:
        """Write down what has become due; only the leader does."""
        if not self._leads:
            return 0
        with read_only():
            now: datetime = self._app.extensions["clock"]()
            db.session.rollback()
        if self._next is not None and now < self._next:
            return 0
        regular = self._app.extensions["schedule"]
        announced = runs.announce(db.session(), regular, now)
        self._next = min((each.following(now) for each in regular), default=None)
        return announced

    def _tick(self) -> None:
        with self._app.app_context():
            try:
                self._elect()
                if self.announce():
                    self._ring()
            except Exception as problem:
                self._leads = False
                abandon(db.session)
                if not self._weather.met(problem):
                    log.exception("worker", what=CLOCK)

    def _elect(self) -> None:
        if time.monotonic() - self._signed < SIGN:
            return
        had = self._leads
        self._leads = lead(db.session(), self._holder, self._machine_now())
        self._signed = time.monotonic()
        if self._leads and not had:
            self._next = None

    def _machine_now(self) -> datetime:
        now: datetime = self._app.extensions["machine_clock"]()
        return now
