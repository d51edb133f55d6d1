"""Puts on the wire what was committed, and hears what is answered; knows no tables."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from handlers.channels.outbox.journal import Told
from handlers.channels.outbox.messages import Message
from handlers.channels.outbox.runs import Run
from handlers.channels.outbox.wires import Wire
from handlers.channels.wire import Answer, NotSent, OutcomeUnknown

#: room in the table for what a centre may say
MOST_STATUS, LONGEST_ID = 2**31 - 1, 64


class Part(NamedTuple):
    """A part that did not get through and is tried again."""

    run: Run
    message: Message
    number: int


class Feeder:
    """The side of the sender that faces the wire."""

    def __init__(
        self, wire: Wire, window: int, now: Callable[[], datetime], heard: Callable[[], None]
    ) -> None:
        #: parts intended and neither answered nor parked, of all runs
        self.pending = 0
        self._wire, self._window, self._now, self._heard = wire, window, now, heard
        self._chunks: deque[tuple[Run, Sequence[Message]]] = deque()
        self._again: deque[Part] = deque()
        self._something = asyncio.Event()
        self._told: list[Told] = []
        self._waiting: list[int] = []

    def give(self, run: Run, messages: Sequence[Message]) -> None:
        """Messages whose intent is committed."""
        parts = sum(len(message.parts) for message in messages)
        run.pending += parts
        self.pending += parts
        self._chunks.append((run, messages))
        self._something.set()

    @property
    def has_something(self) -> bool:
        """Something was heard, or will not be, since it was asked last."""
        return bool(self._told or self._waiting)

    def take_told(self) -> list[Told]:
        """What was answered since it was asked last."""
        told, self._told = self._told, []
        return told

    def take_waiting(self) -> list[int]:
        """Contacts that were committed to and certainly not sent to, since it was asked last."""
        waiting, self._waiting = self._waiting, []
        return waiting

    async def feed(self) -> None:
        """Put on the wire what is there, in order, as long as it takes."""
        while True:
            await self._something.wait()
            while self._again:
                await self._put_again()
            if self._chunks:
                await self._put(*self._chunks[0])
                self._chunks.popleft()
            elif not self._again:
                self._something.clear()

    def give_up(self) -> None:
        """Nothing more goes on the wire; who was not begun waits for another batch."""
        for run, messages in self._chunks:
            self._drop(run, messages)
        for part in self._again:
            self._drop_part(part)
        self._chunks.clear()
        self._again.clear()

    async def _put(self, run: Run, messages: Sequence[Message]) -> None:
        """The last moment before the wire: while there was no room, the hour may have passed."""
        places = sum(len(message.parts) for message in messages)
        await self._wire.room(min(places, self._window))
        if not run.may_begin(self._now()):
            self._drop(run, messages)
        elif places <= self._window:
            for message in messages:
                message.is_begun = True
                for number in range(len(message.parts)):
                    self._submit(run, message, number)
        else:
            await self._put_longest(run, *messages)

    async def _put_longest(self, run: Run, message: Message) -> None:
        """More parts than the window has room for, one after the other."""
        message.is_begun = True
        for number in range(len(message.parts)):
            await self._wire.room()
            self._submit(run, message, number)

    async def _put_again(self) -> None:
        """What has begun is brought to its end."""
        await self._wire.room()
        part = self._again.popleft()
        run, message, number = part
        if message.is_begun or run.may_begin(self._now()):
            message.is_begun = True
            self._submit(run, message, number)
        else:
            self._drop_part(part)

    def _submit(self, run: Run, message: Message, number: int) -> None:
        answer = self._wire.submit(message.parts[number])
        answer.add_done_callback(partial(self._hear, run, message, number))

    def _hear(self, run: Run, message: Message, number: int, answer: asyncio.Future[Answer]) -> None:
        fault = OutcomeUnknown() if answer.cancelled() else answer.exception()
        if fault is None:
            said, count = answer.result(), len(message.parts)
            status, centre_id = min(said.status, MOST_STATUS), said.centre_id[:LONGEST_ID]
            self._told.append(
                Told(run.load.taken.id, message.contact_id, number + 1, count, status, centre_id)
            )
        elif self._is_tried_again(run, message, fault):
            self._again.append(Part(run, message, number))
            self._something.set()
            return
        self._count_off(run, 1)

    def _is_tried_again(self, run: Run, message: Message, fault: BaseException) -> bool:
        """What was not sent is, and what may have been where the campaign wants it rather twice than not."""
        if isinstance(fault, NotSent):
            message.is_begun = len(message.parts) > 1
            return True
        return run.load.is_repeated

    def _drop(self, run: Run, messages: Sequence[Message]) -> None:
        self._waiting += [message.contact_id for message in messages]
        self._count_off(run, sum(len(message.parts) for message in messages))

    def _drop_part(self, part: Part) -> None:
        """A message that was begun stays of unknown fate."""
        if not part.message.is_begun:
            self._waiting.append(part.message.contact_id)
        self._count_off(part.run, 1)

    def _count_off(self, run: Run, parts: int) -> None:
        run.pending -= parts
        self.pending -= parts
        self._heard()
