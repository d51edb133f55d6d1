"""How the way to the SMS centre stands, written where the page reads it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import structlog
from flask import Flask

from app.clock import system_clock
from handlers.channels.wire import LinkState
from models import sending
from models.base import abandon, db, take_turns

log = structlog.get_logger()
CODE = "sms"
#: seconds between two signs of life
SIGN = 5.0


class Teller:
    """Writes down what the link says of itself, when it changes and as a sign of life."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._state: LinkState | None = None
        self._news = asyncio.Event()

    def hear(self, state: LinkState) -> None:
        """What the link says now."""
        self._state = state
        self._news.set()

    @property
    def is_refused(self) -> bool:
        """The centre will not have us until somebody changes something."""
        return self._state is not None and self._state.state == "refused"

    async def run(self, ended: asyncio.Event) -> None:
        """Tell until the end."""
        while not ended.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(SIGN):
                    await self._news.wait()
            self._news.clear()
            await self.tell()

    async def tell(self) -> None:
        """Write it down now."""
        if self._state is not None:
            told = self._state
            await asyncio.to_thread(say, self._app, told.state, told.reason, told.fields, told.rate)


def say(app: Flask, state: str, message: str, fields: Mapping[str, object], rate: float = 0) -> None:
    """The row for the page; without a database nobody could read it either."""
    with app.app_context():
        try:
            take_turns(db.session, f"link {CODE}")  # two first senders would both make the row
            row = db.session.get(sending.Link, CODE) or sending.Link(code=CODE, state="")
            if row.state != state:
                row.since = app.extensions["clock"]()
            row.state, row.message, row.rate = state, message, int(rate)
            row.fields = {
                name: value if isinstance(value, int) else str(value) for name, value in fields.items()
            }
            row.seen_at = system_clock()
            db.session.add(row)
            db.session.commit()
        except Exception:
            abandon(db.session)
            log.exception("link")
