"""The part of the worker that sends: joins clock, warehouse, outbox and the link to the SMS centre."""

import asyncio
import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Event
from typing import Any, get_args

import structlog
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.clock import system_clock
from app.config import Settings
from app.intake.link import take_deliveries
from app.link_row import Teller, say
from handlers.channels import CHANNELS
from handlers.channels.outbox import (
    DirectOutbox,
    DirectSender,
    Outbox,
    Sender,
    Tools,
    free_what_was_left,
)
from handlers.channels.wire import Incoming, Link, LinkSettings, Receipt
from handlers.channels.wire.settings import ReceiptIds
from handlers.desk.binding import require_approval_where_needed
from models.base import Problem, db, read_only

log = structlog.get_logger()
#: seconds between two looks whether we are to stop
TICK = 0.1
#: seconds before a sender that broke down, or has no centre, begins again
PAUSE = 5.0
#: seconds answers and receipts are waited for at the end
FAREWELL = 5.0


class NoCentre(Problem):
    """Messages wait, and there is nobody to send them through."""

    message = "No SMS centre is configured: set SMS_CENTRE to its host and port."


class BadCentre(Problem):
    """The address cannot be read."""

    message = "“%(centre)s” is not the address of an SMS centre; write it as host:port."


class NoPassword(Problem):
    """Nobody put the password where it belongs."""

    message = "The password of the SMS centre is missing; put it into the file %(file)s."


class BadSettings(Problem):
    """A number or a word that cannot be."""

    message = (
        "The settings of the SMS centre cannot be used: look at SMS_WINDOW, SMS_RATE and SMS_RECEIPT_IDS."
    )


def send(app: Flask, stop: Event) -> None:
    """Send until told to stop; what breaks down begins again, and the page says what is missing."""
    _make_durable(app)
    with _at_work(app):
        while not stop.is_set():
            try:
                settings = link_settings(app.extensions["settings"])
            except Problem as problem:
                say(app, "unset", problem.message, problem.fields)
                stop.wait(PAUSE)
                continue
            try:
                asyncio.run(_serve(app, settings, stop))
            except Exception:
                log.exception("sending")
                stop.wait(PAUSE)


def link_settings(settings: Settings) -> LinkSettings:
    """What the environment says of the SMS centre; a Problem says what is missing."""
    host, _, port = settings.sms_centre.rpartition(":")
    if not settings.sms_centre:
        raise NoCentre()
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise BadCentre(centre=settings.sms_centre)
    if settings.sms_receipt_ids not in get_args(ReceiptIds):
        raise BadSettings()
    try:
        return LinkSettings(
            host=host.strip("[]"),
            port=int(port),
            system_id=settings.sms_system_id,
            password=_password(settings),
            window=settings.sms_window,
            rate=settings.sms_rate,
            receipt_ids=settings.sms_receipt_ids,  # type: ignore[arg-type]
            source=settings.sender,
        )
    except ValueError as refused:
        raise BadSettings() from refused


def _password(settings: Settings) -> str:
    path = settings.sms_password_file or settings.instance / "keys" / "sms_centre_password"
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as refused:
        raise NoPassword(file=path.name) from refused


async def _serve(app: Flask, settings: LinkSettings, stop: Event) -> None:
    """One link with its sender, until told to stop."""
    ended, teller = asyncio.Event(), Teller(app)
    link = Link(settings, _intake(app), teller.hear)
    link.start()
    tools = Tools(
        channel=CHANNELS["sms"],
        warehouse=app.extensions["warehouse"],
        decide=app.extensions["workshop"].decide,
        require_approval=lambda campaign: require_approval_where_needed(
            campaign, app.extensions["workshop"].decide
        ),
        settings=settings,
    )
    given = (sessions(app), clock(app), system_clock, tools)
    sender = Sender(Outbox(*given), link, settings.window)
    direct = DirectSender(DirectOutbox(*given), link)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_pass_on(stop, ended))
            group.create_task(_begin_anew(app, settings, teller, ended))
            group.create_task(teller.run(ended))
            group.create_task(direct.run(ended))
            group.create_task(_send(sender, link, ended))
    finally:
        await link.close(FAREWELL)
        await teller.tell()


async def _send(sender: Sender, link: Link, ended: asyncio.Event) -> None:
    """The sender first: it wants its last answers."""
    await sender.run(ended)
    await link.close(FAREWELL)


async def _pass_on(stop: Event, ended: asyncio.Event) -> None:
    while not stop.is_set() and not ended.is_set():
        await asyncio.sleep(TICK)
    ended.set()


async def _begin_anew(app: Flask, settings: LinkSettings, teller: Teller, ended: asyncio.Event) -> None:
    """Where the centre refuses us and its password has been changed, nobody need start the sender again."""
    while not ended.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(PAUSE):
                await ended.wait()
        if teller.is_refused and _as_they_are(app) not in (None, settings):
            ended.set()


def _as_they_are(app: Flask) -> LinkSettings | None:
    with suppress(Problem):
        return link_settings(app.extensions["settings"])
    return None


def _intake(app: Flask) -> Callable[[Sequence[Receipt | Incoming]], Any]:
    """What the centre delivers is kept before it is acknowledged."""
    now = clock(app)

    def take(delivered: Sequence[Receipt | Incoming]) -> None:
        moment = now()
        with app.app_context():
            take_deliveries(delivered, app.extensions["warehouse"], moment)

    async def taken(delivered: Sequence[Receipt | Incoming]) -> None:
        await asyncio.to_thread(take, delivered)

    return taken


def sessions(app: Flask) -> Callable[[], Any]:
    """A session of its own for each piece of work, in whatever thread."""

    @contextmanager
    def opened() -> Iterator[Session]:
        with app.app_context():
            yield db.session()

    return opened


def clock(app: Flask) -> Callable[[], datetime]:
    """The product's clock for threads without a context; the demo's is a row, asked without a lock."""
    asked: Callable[[], datetime] = app.extensions["clock"]
    if not app.extensions["settings"].is_demo:
        return asked

    def now() -> datetime:
        with app.app_context(), read_only():
            return asked()

    return now


def _make_durable(app: Flask) -> None:
    """An intent must outlast a power cut: where SQLite keeps it, every commit waits for the disk."""
    with app.app_context():
        engine = db.engine
        if engine.dialect.name == "sqlite" and not event.contains(engine, "connect", _wait_for_the_disk):
            event.listen(engine, "connect", _wait_for_the_disk)
            engine.dispose()


def _wait_for_the_disk(connection: Any, record: object) -> None:
    connection.execute("PRAGMA synchronous=FULL")


@contextmanager
def _at_work(app: Flask) -> Iterator[None]:
    """Senders of one machine share a lock while they live; who comes when none does frees what was left.

    Only with SQLite, where all are on one machine; elsewhere a batch waits for its lease to end.
    """
    with (app.extensions["settings"].instance / "sender.lock").open("a") as lock:
        if _is_alone(lock.fileno()):
            with app.app_context():
                if db.engine.dialect.name == "sqlite":
                    free_what_was_left(db.session())
                    db.session.commit()
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def _is_alone(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
