"""The sender: keeps the wire busy and writes down what is heard, half a window at a time.

Two things go on beside each other: here the intent of the next half window is committed with the answers so
far, while the feeder puts on the wire what is committed. So there are never more intents without an answer
written down than the window has places, and while one half is on its way the other is being committed.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

import psycopg
from sqlalchemy.exc import DBAPIError

from handlers.channels.outbox.claiming import LEASE
from handlers.channels.outbox.feeding import Feeder
from handlers.channels.outbox.journal import Chunk
from handlers.channels.outbox.runs import Run
from handlers.channels.outbox.store import Note, Outbox, Written
from handlers.channels.outbox.tools import Load
from handlers.channels.outbox.wires import Wire

log = logging.getLogger(__name__)
T = TypeVar("T")

#: batches at hand: the one under way, and the next
AHEAD = 2
#: seconds after which answers are written down though nobody else is sent to
PATIENCE = 0.5
#: seconds between two looks for a batch where there is none
IDLE = 0.5
#: seconds until a database that failed is asked again
RETRY = 1.0
#: seconds the answers still owed are waited for when the sender ends
LAST_ANSWERS = 5.0
#: seconds between two renewals of leases
RENEWAL = LEASE.total_seconds() / 3


class Sender:
    """Sends what the outbox gives, until it is told to stop."""

    def __init__(self, outbox: Outbox, wire: Wire, window: int) -> None:
        #: nothing is due and nothing under way
        self.is_dry = asyncio.Event()
        self._outbox, self._wire, self._window = outbox, wire, window
        self._half = max(1, window // 2)
        self._news = asyncio.Event()
        self._hungry = asyncio.Event()
        self._hungry.set()
        self._emptied = asyncio.Event()
        self._feeder = Feeder(wire, window, self._now, self._heard)
        #: batches that are ours, or were and still owe answers
        self._runs: list[Run] = []
        self._taking: asyncio.Future[list[Load]] | None = None
        #: what is being done to the tables
        self._apart: set[asyncio.Future[Any]] = set()
        self._written_at = time.monotonic()
        self._renew_at = self._written_at + RENEWAL
        self._moment: tuple[datetime, float] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop; then wait for the answers still owed, and give back what is left."""
        try:
            await self._go_on(stop)
            await self._wind_up(stop)
        finally:
            if self._apart:
                await asyncio.wait(self._apart)
            await self._outbox.close()

    async def _go_on(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            helpers = [
                group.create_task(self._fetch()),
                group.create_task(self._feeder.feed()),
                group.create_task(self._tell_of(stop)),
            ]
            while not stop.is_set():
                await self._wait()
                await self._write_next(stop)
            for helper in helpers:
                helper.cancel()

    def _to_the_end(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Work on the tables goes on to its end, whatever becomes of who waits for it."""
        done = asyncio.create_task(work)
        self._apart.add(done)
        done.add_done_callback(self._apart.discard)
        return done

    # -- what is taken

    async def _fetch(self) -> None:
        """Keep the next batch at hand; nothing is taken while the way to the centre is closed."""
        while True:
            await self._hungry.wait()
            await self._wire.room()
            try:
                found = await self._take()
            except Exception:
                log.exception("no batch could be taken")
                found = False
            if not found:
                await self._rest()

    async def _rest(self) -> None:
        """Look again soon, or when what was under way has been brought to its end."""
        if not self._runs:
            self.is_dry.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(IDLE):
                await self._emptied.wait()
        self._emptied.clear()

    async def _take(self) -> bool:
        """Take batches, in a thread: whatever happens here meanwhile, nobody else will have them."""
        but = [run.load.taken.id for run in self._runs if not run.is_lost]
        self._taking = self._to_the_end(asyncio.to_thread(self._outbox.next_loads, but))
        try:
            loads = await asyncio.shield(self._taking)
        except Exception:
            self._taking = None
            raise
        self._taking = None
        for load in loads:
            self._moment = (load.looked_at, time.monotonic())
            self._runs.append(Run(load))
        if loads:
            self.is_dry.clear()
            self._look_ahead()
            self._news.set()
        return bool(loads)

    def _look_ahead(self) -> None:
        if sum(not run.is_over for run in self._runs) < AHEAD:
            self._hungry.set()
        else:
            self._hungry.clear()

    # -- what is written down

    async def _wait(self) -> None:
        """Until there is something to write, or what was said has waited long enough."""
        ringing = asyncio.get_running_loop().call_later(PATIENCE, self._news.set)
        await self._news.wait()
        ringing.cancel()
        self._news.clear()

    async def _write_next(self, stop: asyncio.Event) -> None:
        """One note: the next chunk, what was heard, and batches that are done with."""
        run, chunk = self._next_chunk()
        note = self._note(chunk)
        if note is None:
            return
        written = await self._written(note, stop)
        self._written_at = time.monotonic()
        self._moment = (written.now, self._written_at)
        self._part_with(note, written)
        if run is not None and chunk is not None:
            self._begin(run, chunk, written)
        self._look_ahead()

    def _next_chunk(self) -> tuple[Run | None, Chunk | None]:
        """Whom to send to next; nobody while half a window is still to be answered."""
        for run in self._runs:
            if not run.is_over and not run.may_begin(self._now()):
                run.is_stale = True
            if run.is_over:
                continue
            messages = run.next_chunk(self._half)
            parts = sum(len(message.parts) for message in messages)
            if self._feeder.pending and self._feeder.pending + parts > self._window:
                break
            load = run.load
            chunk = Chunk(
                taken=load.taken, campaign_id=load.campaign_id, channel=load.channel, messages=messages
            )
            return run, chunk
        return None, None

    def _note(self, chunk: Chunk | None) -> Note | None:
        """Everything that is to be written down now; None where it can wait."""
        now = time.monotonic()
        is_renewed = now >= self._renew_at and bool(self._runs)
        is_late = now >= self._written_at + PATIENCE and self._feeder.has_something
        quiet = [run for run in self._runs if not run.pending and run.is_over]
        if chunk is None and not (quiet or is_renewed or is_late):
            return None
        if is_renewed:
            self._renew_at = now + RENEWAL
        ours = [run for run in quiet if not run.is_lost]
        return Note(
            told=self._feeder.take_told(),
            chunk=chunk,
            waiting=self._feeder.take_waiting(),
            kept=[
                run.load.taken for run in self._runs if is_renewed and not run.is_lost and run not in quiet
            ],
            done=[run.load.taken for run in ours if run.is_at_end],
            back=[run.load.taken for run in ours if not run.is_at_end],
            left=[run.load.taken for run in quiet if run.is_lost],
        )

    async def _written(self, note: Note, stop: asyncio.Event) -> Written:
        """A database that is gone or full is asked until it is back; till then nothing more is begun."""
        while True:
            try:
                return await asyncio.shield(self._to_the_end(self._outbox.write(note)))
            except (DBAPIError, psycopg.Error):
                log.exception("the outbox could not be written")
                if stop.is_set():
                    raise
                await asyncio.sleep(RETRY)

    def _part_with(self, note: Note, written: Written) -> None:
        gone = {*note.done, *note.back, *note.left}
        self._runs = [run for run in self._runs if run.load.taken not in gone]
        for run in self._runs:
            run.is_lost = run.is_lost or run.load.taken.id in written.lost
        if gone and not self._runs:
            self._emptied.set()

    def _begin(self, run: Run, chunk: Chunk, written: Written) -> None:
        """What is committed goes on the wire, but for who refused meanwhile."""
        allowed = written.allowed
        if allowed is None:
            run.is_lost = True
            return
        run.begin(chunk.messages)
        run.is_stale = allowed.standing != run.load.standing
        wanted = [message for message in chunk.messages if message.sid not in allowed.refusing]
        if wanted:
            self._feeder.give(run, wanted)

    # -- what is heard

    def _heard(self) -> None:
        if self._feeder.pending <= self._window - self._half:
            self._news.set()

    def _now(self) -> datetime:
        """The product's moment, as of the last word with the tables and the time since."""
        assert self._moment is not None  # noqa: S101  nothing is begun before a load came
        moment, at = self._moment
        return moment + timedelta(seconds=time.monotonic() - at)

    async def _tell_of(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._news.set()

    # -- the end

    async def _wind_up(self, stop: asyncio.Event) -> None:
        """Wait a moment for answers still owed, write them down, and leave every batch to others."""
        self._feeder.give_up()
        if self._taking is not None:
            try:
                self._runs += [Run(load) for load in await self._taking]
            except Exception:
                log.exception("no batch could be taken")
        until = time.monotonic() + LAST_ANSWERS
        while self._feeder.pending and time.monotonic() < until:
            await self._wait()
        ours = [run for run in self._runs if not run.is_lost]
        note = Note(
            told=self._feeder.take_told(),
            waiting=self._feeder.take_waiting(),
            done=[run.load.taken for run in ours if run.is_at_end],
            back=[run.load.taken for run in ours if not run.is_at_end],
            left=[run.load.taken for run in self._runs if run.is_lost],
        )
        await self._written(note, stop)
