"""The outbox as its sender sees it: each method is one piece of work on the tables."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import update
from sqlalchemy.orm import Session

from handlers.channels.outbox.aside import leave_out, set_aside
from handlers.channels.outbox.claiming import LEASE, Taken, give_back, is_ours, renew, take
from handlers.channels.outbox.journal import Allowed, Chunk, Journal, Told, write_answers
from handlers.channels.outbox.loading import People
from handlers.channels.outbox.looking import Cleared, close, look
from handlers.channels.outbox.messages import Message
from handlers.channels.outbox.placing import hold_today
from handlers.channels.outbox.rows import Sessions, change
from handlers.channels.outbox.settling import fold
from handlers.channels.outbox.tools import Load, Tools
from models.base import read_only
from models.execution import Contact, WorkOrder
from models.sending import SendBatch


@dataclass(frozen=True, kw_only=True)
class Note:
    """What the sender has to write down at one moment."""

    #: answers since the last note
    told: Sequence[Told] = ()
    #: whom it wants to send to next
    chunk: Chunk | None = None
    #: contacts that were begun and certainly not sent to
    waiting: Sequence[int] = ()
    #: batches to be kept for another lease
    kept: Sequence[Taken] = ()
    #: batches that have all the answers they will get
    done: Sequence[Taken] = ()
    #: batches to be given back as they are
    back: Sequence[Taken] = ()
    #: batches that were lost, and of which nothing more will be heard here
    left: Sequence[Taken] = ()

    @property
    def is_more(self) -> bool:
        """There is more than a chunk and the answers that go with it."""
        rest = (self.waiting, self.kept, self.done, self.back, self.left)
        return any(rest) or self.chunk is None


@dataclass(frozen=True, kw_only=True)
class Written:
    """What became of a note."""

    #: None where the batch of the chunk is no longer ours, or there was no chunk
    allowed: Allowed | None
    #: ids of batches that are no longer ours
    lost: frozenset[int]
    #: the moment it was
    now: datetime


class Outbox:
    """Batches out, answers in; the tables are the only memory."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Callable[[], datetime],
        machine_clock: Callable[[], datetime],
        tools: Tools,
    ) -> None:
        self._sessions, self._tools = sessions, tools
        self._clock, self._machine_clock = clock, machine_clock
        self._journal = Journal(sessions)

    def next_loads(self, but: Collection[int] = ()) -> list[Load]:
        """The next batches to be sent, looked at a last time; none where nothing is due; for a thread."""
        while True:
            now, machine_now = self._clock(), self._machine_clock()
            with self._sessions() as session:
                taken = take(session, now, machine_now, but)
                session.commit()
            if not taken:
                return []
            loads = self._looked_at(taken)
            if loads:
                return loads

    async def write(self, note: Note) -> Written:
        """Write a note down; mostly that is one commit of an intent with the answers until now.

        May be repeated after a failure nobody knows the end of: the same note twice does no harm.
        """
        now = self._clock()
        lost = await asyncio.to_thread(self._write_rest, note, now) if note.is_more else set[int]()
        allowed = None
        if note.chunk is not None:
            told, until = () if note.is_more else note.told, self._machine_clock() + LEASE
            allowed = await self._journal.write(note.chunk, told, now, until)
            refused = [m for m in note.chunk.messages if m.sid in allowed.refusing] if allowed else []
            if refused:
                await asyncio.to_thread(self._leave_out, note.chunk.taken, refused, now)
        return Written(allowed=allowed, lost=frozenset(lost), now=now)

    async def close(self) -> None:
        """Nothing more will be asked."""
        await self._journal.close()

    def _looked_at(self, batches: Sequence[Taken]) -> list[Load]:
        """Looked at while only reading; what follows is written under the fence."""
        now, machine_now = self._clock(), self._machine_clock()
        with read_only(), self._sessions() as session:
            looked = look(session, batches, self._tools, now)
        loads = []
        with self._sessions() as session:
            held = hold_today(session, batches, looked, self._tools, now)
            for taken, found in zip(batches, held, strict=True):
                if not isinstance(found, Cleared):
                    close(session, taken, found, now)
                elif set_aside(session, taken, found.people, now, machine_now):
                    loads.append(found.load)
            session.commit()
        return loads

    def _write_rest(self, note: Note, now: datetime) -> set[int]:
        """Answers first: a batch is done with all of them or not at all."""
        with self._sessions() as session:
            write_answers(session, note.told, now)
            self._let_wait(session, note.waiting)
            lost = renew(session, note.kept, self._machine_clock()) | self._part_with(session, note, now)
            for each in note.left:
                _leave(session, each, now)
            session.commit()
        return lost

    def _leave_out(self, taken: Taken, refused: Sequence[Message], now: datetime) -> None:
        """Who has refused since the last look is not sent to."""
        ids, sids = np.array([(m.contact_id, m.sid) for m in refused], dtype=np.int64).T
        with self._sessions() as session:
            order = session.get_one(WorkOrder, taken.work_order_id)
            leave_out(session, order, People(ids=ids, sids=sids), now, cause="do_not_disturb")
            session.commit()

    def _let_wait(self, session: Session, contact_ids: Sequence[int]) -> None:
        if contact_ids:
            planned = update(Contact).where(Contact.id.in_(contact_ids), Contact.state == "planned")
            change(session, planned.values(state="waiting"))

    def _part_with(self, session: Session, note: Note, now: datetime) -> set[int]:
        """Batches that are done or given back; the ids of those that were not ours any more."""
        lost = set[int]()
        for each in note.done:
            ended = update(SendBatch).where(*is_ours(each)).values(state="sent", leased_until=None)
            if not change(session, ended):
                lost.add(each.id)
        for each in note.back:
            if not give_back(session, each, now):
                lost.add(each.id)
        for each in (*note.done, *note.back):
            if each.id in lost:
                _leave(session, each, now)
        return lost


def _leave(session: Session, taken: Taken, now: datetime) -> None:
    """All was heard that can be heard of a lost batch: nobody need wait for our lease or miss an answer."""
    free = update(SendBatch).where(SendBatch.id == taken.id, SendBatch.state != "taken")
    change(session, free.values(leased_until=None))
    batch = session.get_one(SendBatch, taken.id, populate_existing=True)
    if batch.state == "settled":
        fold(session, batch, session.get_one(WorkOrder, batch.work_order_id), now)
