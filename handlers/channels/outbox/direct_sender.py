"""Puts single messages on the wire beside the batches: nobody on the telephone waits for a long list."""

import asyncio
import logging
from contextlib import suppress

from sqlalchemy.exc import DBAPIError

from handlers.channels.outbox.direct import Direct, DirectOutbox, Said
from handlers.channels.outbox.wires import Wire
from handlers.channels.wire import LinkClosed, NotSent, WireFault

log = logging.getLogger(__name__)
#: seconds between two looks
IDLE = 0.5
#: seconds until a database that failed is asked again
RETRY = 1.0


class DirectSender:
    """Sends what is asked for, until it is told to stop."""

    def __init__(self, outbox: DirectOutbox, wire: Wire) -> None:
        #: nothing is to be sent
        self.is_dry = asyncio.Event()
        self._outbox, self._wire = outbox, wire

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again; what was begun is brought to its end."""
        with suppress(LinkClosed):
            await self._go_on(stop)

    async def _go_on(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._wire.room()
            taken = await self._taken()
            if taken:
                self.is_dry.clear()
                said = await asyncio.gather(*(self._send(each) for each in taken))
                await self._write(said, stop)
            else:
                self.is_dry.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(IDLE):
                        await stop.wait()

    async def _taken(self) -> list[Direct]:
        try:
            return await asyncio.to_thread(self._outbox.take)
        except DBAPIError:
            log.exception("single messages could not be taken")
            await asyncio.sleep(RETRY)
            return []

    async def _send(self, message: Direct) -> Said:
        """Accepted when every part was; the id of the last one stands for it."""
        centre_id = ""
        for number, part in enumerate(message.parts):
            try:
                await self._wire.room()
                answer = await self._wire.submit(part)
            except (NotSent, LinkClosed):
                return Said(id=message.id, state="unknown" if number else "ready")
            except WireFault:
                return Said(id=message.id, state="unknown")
            if answer.status:
                return Said(id=message.id, state="failed", cause=f"refused_{answer.status}")
            centre_id = answer.centre_id
        return Said(id=message.id, state="accepted", centre_id=centre_id)

    async def _write(self, said: list[Said], stop: asyncio.Event) -> None:
        while True:
            try:
                await asyncio.to_thread(self._outbox.write, said)
                return
            except DBAPIError:
                log.exception("answers to single messages could not be written")
                if stop.is_set():
                    raise
                await asyncio.sleep(RETRY)
