"""The part of the worker that sends: joins the outbox, the link to the SMS centre and what comes back."""

import asyncio
import fcntl
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from threading import Event
from typing import Any

import structlog
from flask import Flask
from sqlalchemy.orm import sessionmaker

from app.config import SmsCentre
from app.intake.link import take_deliveries
from handlers.channels import CHANNELS
from handlers.channels.outbox import (
    DirectOutbox,
    DirectSender,
    Outbox,
    Sender,
    Tools,
    free_batches,
    park_direct,
    settle_next,
)
from handlers.channels.wire import Incoming, Link, LinkSettings, LinkState, Receipt
from handlers.desk.binding import require_approval_where_due
from handlers.desk.workshop import Workshop
from models.base import db, read_only
from models.campaign import Campaign
from models.sending import Link as LinkRow

log = structlog.get_logger()
CODE = "sms"
#: seconds between two looks whether we are to stop
GLANCE = 0.1
#: seconds between two looks for batches that can be settled
SETTLE = 0.25
#: seconds between two words to the page that the sender is alive
ALIVE = 5.0
#: seconds between two looks for what is not set yet
PATIENCE = 1.0
NOTHING_TO_BIND_WITH = "There is no password for the SMS centre; put it into %(path)s."
#: seconds a part has to end by itself
FAREWELL = 10.0


def send(app: Flask, stop: Event) -> None:
    """Send, listen and settle until told to stop; without an SMS centre only say so."""
    desk = Desk(app)
    with _at_work(app, desk):
        settings = _link_settings(app.extensions["settings"].sms_centre, desk, stop)
        if settings is not None:
            asyncio.run(_send(desk, settings, stop))


def _link_settings(centre: SmsCentre | None, desk: "Desk", stop: Event) -> LinkSettings | None:
    """What a link needs, as soon as the password is there; None where we are to stop before."""
    while not stop.is_set():
        if centre is None:
            desk.tell("unset", "", {}, 0.0)
        else:
            try:
                return centre.link()
            except FileNotFoundError:
                desk.tell("refused", NOTHING_TO_BIND_WITH, {"path": str(centre.password_file)}, 0.0)
        stop.wait(PATIENCE)
    return None


class Desk:
    """What is done on the tables, each piece in a thread with a session of its own."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        with app.app_context():
            self.sessions = sessionmaker(db.engine)
        self.workshop: Workshop = app.extensions["workshop"]

    def now(self) -> datetime:
        """The moment it is, asked without a lock: a demo's clock is a row."""
        with self._app.app_context(), read_only():
            moment: datetime = self._app.extensions["clock"]()
            return moment

    def tools(self, settings: LinkSettings) -> Tools:
        """What the outbox asks before it sends."""
        return Tools(
            channel=CHANNELS[CODE],
            warehouse=self.workshop.warehouse,
            decide=self._decide,
            require_approval=self._require_approval,
            settings=settings,
        )

    def tell(self, state: str, message: str, fields: Mapping[str, object], rate: float) -> None:
        """Show how the link stands."""
        now = self.now()
        with self.sessions() as session:
            row = session.get(LinkRow, CODE) or LinkRow(code=CODE, state="", since=now)
            if row.state != state:
                row.state, row.since = state, now
            row.message, row.fields = message, {name: str(value) for name, value in fields.items()}
            row.rate, row.seen_at = int(rate), now
            session.add(row)
            session.commit()

    def settle(self) -> bool:
        """Settle one batch, and park what a lost sender began; False where there is nothing more."""
        now = self.now()
        with self.sessions() as session:
            found: bool = settle_next(session, now)
            park_direct(session, now)
            session.commit()
            return found

    def free(self) -> None:
        """Nobody else sends on this machine: what was taken is free."""
        with self.sessions() as session:
            free_batches(session)
            session.commit()

    def take(self, deliveries: Sequence[Receipt | Incoming]) -> None:
        """Keep what the centre delivered."""
        with self._app.app_context():
            take_deliveries(deliveries, self.workshop.warehouse, self._app.extensions["clock"]())

    def _decide(self, decision: str, inputs: Any) -> Any:
        with self._app.app_context(), read_only():
            return self.workshop.decide(decision, inputs)

    def _require_approval(self, campaign: Campaign) -> None:
        with self._app.app_context(), read_only():
            require_approval_where_due(campaign, self.workshop.decide)


async def _send(desk: Desk, settings: LinkSettings, stop: Event) -> None:
    """The link stands in the middle: the senders end first, then it, so that what is owed still comes."""
    ending = asyncio.Event()
    told = _Teller(desk)
    link = Link(settings, partial(_in_thread, desk.take), told.hear)
    told.link = link
    tools = desk.tools(settings)
    outbox = Outbox(desk.sessions, desk.now, tools)
    parts = (
        _at_last(ending, Sender(outbox, link, settings.window).run(ending)),
        _at_last(ending, DirectSender(DirectOutbox(desk.sessions, desk.now, tools), link).run(ending)),
        _settle(desk, ending),
        told.go_on(ending),
        _until(stop, ending),
    )
    try:
        async with link, asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part)
    finally:
        outbox.close()


class _Teller:
    """Keeps the page told how the link stands: at every change, and now and then."""

    link: Link

    def __init__(self, desk: Desk) -> None:
        self._desk, self._news = desk, asyncio.Event()

    def hear(self, state: LinkState) -> None:
        self._news.set()

    async def go_on(self, ending: asyncio.Event) -> None:
        while not ending.is_set():
            try:
                at = self.link.state
                await asyncio.to_thread(self._desk.tell, at.state, at.reason, at.fields, at.rate)
            except Exception:
                log.exception("the state of the link could not be shown")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), ALIVE)
            self._news.clear()


async def _in_thread(act: Callable[..., object], *given: object) -> None:
    await asyncio.to_thread(act, *given)


async def _at_last(ending: asyncio.Event, part: Coroutine[Any, Any, None]) -> None:
    """Let a part end by itself when we end; one that waits for a link that is down is not waited for."""
    running = asyncio.create_task(part)
    ended = asyncio.create_task(ending.wait())
    await asyncio.wait([running, ended], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait([running], timeout=FAREWELL)
    ended.cancel()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def _settle(desk: Desk, ending: asyncio.Event) -> None:
    while not ending.is_set():
        try:
            more = await asyncio.to_thread(desk.settle)
        except Exception:
            log.exception("a batch could not be settled")
            more = False
        if not more:
            with suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), SETTLE)


async def _until(stop: Event, ending: asyncio.Event) -> None:
    while not stop.is_set():
        await asyncio.sleep(GLANCE)
    ending.set()


@contextmanager
def _at_work(app: Flask, desk: Desk) -> Iterator[None]:
    """Senders of one machine share a lock while they live; who comes when none does frees what was left.

    Only with SQLite, where all are on one machine; elsewhere a lost batch waits for its lease to end.
    """
    with (app.extensions["settings"].instance / "sender.lock").open("a") as lock:
        if app.extensions["settings"].database.startswith("sqlite"):
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                desk.free()
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield
