"""An SMS centre that does what a test tells it, over a real socket; and a loop for each test."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any

from handlers.channels.wire import (
    Bind,
    Command,
    Frames,
    Incoming,
    Link,
    LinkSettings,
    LinkState,
    Pdu,
    Receipt,
    ShortMessage,
    Submission,
    answer,
    encode,
    pack,
    read_bind,
    write_bind_answer,
    write_id,
)

#: seconds after which a test is stuck
PATIENCE = 30.0


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an asynchronous test, but not for ever."""

    @wraps(test)
    def run(*given: Any, **named: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*given, **named), PATIENCE))

    return run


class Line:
    """One connection, seen from the centre."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._frames = Frames()
        self._heard: list[Pdu] = []

    async def next(self) -> Pdu:
        """The next PDU that comes."""
        while not self._heard:
            piece = await self._reader.read(65_536)
            if not piece:
                raise ConnectionError("the other side left")
            self._heard += self._frames.feed(piece)
        return self._heard.pop(0)

    async def expect(self, command: Command, count: int = 1) -> list[Pdu]:
        """The next PDUs, which must be of this command."""
        found = [await self.next() for _ in range(count)]
        assert [pdu.command for pdu in found] == [command] * count
        return found

    async def welcome(self) -> Bind:
        """Take the bind."""
        (pdu,) = await self.expect(Command.BIND_TRANSCEIVER)
        self.say(answer(pdu, write_bind_answer("centre")))
        return read_bind(pdu.body)

    async def refuse(self, status: int) -> None:
        """Do not take the bind."""
        (pdu,) = await self.expect(Command.BIND_TRANSCEIVER)
        self.say(answer(pdu, status=status))

    def say(self, *pieces: bytes) -> None:
        """Write."""
        self._writer.write(b"".join(pieces))

    def drop(self) -> None:
        """Break the connection."""
        self._writer.transport.abort()

    async def gone(self) -> None:
        """Wait until the other side has left."""
        try:
            while await self._reader.read(65_536):
                pass
        except ConnectionError:
            pass


class Scripted:
    """Listens; each connection is a line to be had with `line`."""

    def __init__(self) -> None:
        self.port = 0
        self._lines: asyncio.Queue[Line] = asyncio.Queue()
        self._all: list[Line] = []

    async def line(self) -> Line:
        """The next connection."""
        return await self._lines.get()

    async def bound(self) -> Line:
        """The next connection, welcomed."""
        line = await self.line()
        await line.welcome()
        return line

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Somebody connects."""
        line = Line(reader, writer)
        self._all.append(line)
        self._lines.put_nowait(line)

    def end(self) -> None:
        """Break every connection."""
        for line in self._all:
            line.drop()


@asynccontextmanager
async def scripted(port: int = 0) -> AsyncIterator[Scripted]:
    """A centre on a free port, or on this one."""
    centre = Scripted()
    server = await asyncio.start_server(centre.connected, "127.0.0.1", port)
    centre.port = server.sockets[0].getsockname()[1]
    try:
        yield centre
    finally:
        centre.end()
        server.close()
        await server.wait_closed()


def settings_for(port: int, **chosen: Any) -> LinkSettings:
    """Quick enough for tests, whatever else was chosen."""
    quick = {"rate": 100_000.0, "answer_within": 10.0, "window": 10}
    return LinkSettings(
        **{"host": "127.0.0.1", "port": port, "system_id": "bihuan", "password": "secret", **quick, **chosen}
    )


class Taker:
    """Takes deliveries, and remembers lot by lot."""

    def __init__(self) -> None:
        self.lots: list[list[Receipt | Incoming]] = []
        self.came = asyncio.Event()

    async def __call__(self, lot: Sequence[Receipt | Incoming]) -> None:
        self.lots.append(list(lot))
        self.came.set()

    @property
    def all(self) -> list[Receipt | Incoming]:
        """Everything taken, in order."""
        return [each for lot in self.lots for each in lot]


class Told:
    """Is told how the link stands, and lets a test wait for it."""

    def __init__(self) -> None:
        self.states: list[LinkState] = []
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, state: LinkState) -> None:
        self.states.append(state)
        task = asyncio.get_running_loop().create_task(self._wake())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def until(self, is_so: Callable[[LinkState], bool]) -> LinkState:
        """The first state of this kind, already told or still to come."""
        async with self._changed:
            await self._changed.wait_for(lambda: any(map(is_so, self.states)))
        return next(filter(is_so, self.states))

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()


@asynccontextmanager
async def linked(
    centre: Scripted,
    taker: Callable[..., Awaitable[None]] | None = None,
    told: Told | None = None,
    **chosen: Any,
) -> AsyncIterator[tuple[Link, Line]]:
    """A link that stands, and the centre's end of it; reconnects at once."""
    link = Link(
        settings_for(centre.port, **chosen),
        taker or Taker(),
        told or (lambda state: None),
        pause=lambda seconds: asyncio.sleep(0),
    )
    link.start()
    line = await centre.bound()
    await link.room()
    try:
        yield link, line
    finally:
        await link.close(0)


def some_part(number: int = 0, text: str = "您好") -> bytes:
    """A part to submit."""
    return encode(Submission(f"138{number:08d}", text), settings_for(1))[0]


def accepted(pdu: Pdu, centre_id: str = "m1") -> bytes:
    """The answer that takes a message."""
    return answer(pdu, write_id(centre_id))


def delivery(sequence: int, octets: bytes = b"TD", esm_class: int = 0, source: str = "13800000000") -> bytes:
    """Something the centre delivers."""
    message = ShortMessage(source=source, destination="10086", octets=octets, esm_class=esm_class)
    return pack(Command.DELIVER_SM, sequence, message.write())


def receipt(sequence: int, centre_id: str, status: str = "DELIVRD") -> bytes:
    """A receipt the centre delivers."""
    return delivery(sequence, f"id:{centre_id} stat:{status}".encode(), esm_class=4)
