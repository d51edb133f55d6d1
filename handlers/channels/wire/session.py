"""One bound connection to an SMS centre: numbers what leaves, finds whose answer came, knows a dead line."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, cast

from handlers.channels.wire.faults import (
    AlreadyBound,
    BindPutOff,
    BindRefused,
    BindUnanswered,
    Garbage,
    LineBroken,
    LineGarbled,
    LineSilent,
    LinkFault,
    SessionEnded,
    UnknownSystem,
    Unreachable,
    WrongPassword,
)
from handlers.channels.wire.pdu import (
    LAST_SEQUENCE,
    RESPONSE,
    Bind,
    Command,
    Frames,
    Pdu,
    Status,
    answer,
    pack,
    read_id,
)
from handlers.channels.wire.settings import LinkSettings

QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
_REFUSALS: dict[int, type[BindRefused]] = {
    Status.ESME_RALYBND: AlreadyBound,
    Status.ESME_RINVPASWD: WrongPassword,
    Status.ESME_RINVSYSID: UnknownSystem,
}
#: the centre is not well, and may be in a minute
_TEMPORARY = frozenset(
    {Status.ESME_RSYSERR, Status.ESME_RMSGQFUL, Status.ESME_RTHROTTLED, Status.ESME_RX_T_APPN}
)


class Answer(NamedTuple):
    """What the centre said to a part: status 0 is accepted, under its own id; any other is refused."""

    status: int
    centre_id: str


class Submitted:
    """A part on its way: what is said, who waits for the answer, and when it was written."""

    __slots__ = ("answer", "body", "sent_at")

    def __init__(self, body: bytes, answer: asyncio.Future[Answer]) -> None:
        self.body = body
        self.answer = answer
        self.sent_at = 0.0


class Listener(Protocol):
    """Who has the session, and is told what comes."""

    def answered(self, submitted: Submitted, status: int, centre_id: str) -> None:
        """The centre answered a part."""

    def unanswered(self, submitted: Submitted) -> None:
        """The centre owes the answer to a part for too long; a late one is not heard any more."""

    def delivered(self, session: "Session", pdu: Pdu) -> None:
        """The centre delivers something, and waits for `Session.acknowledge`."""

    def heard(self) -> None:
        """That was all for this moment."""


async def connect(settings: LinkSettings, listener: Listener) -> "Session":
    """A session the centre has welcomed; any other end is a `LinkFault`."""
    where = {"host": settings.host, "port": settings.port}
    try:
        async with asyncio.timeout(settings.answer_within):
            _, session = await asyncio.get_running_loop().create_connection(
                lambda: Session(settings, listener), settings.host, settings.port
            )
            await _welcome(session)
            return session
    except TimeoutError:
        raise BindUnanswered(**where, seconds=settings.answer_within) from None
    except (OSError, OverflowError, UnicodeError):
        raise Unreachable(**where) from None


async def _welcome(session: "Session") -> None:
    try:
        await session.bound
    except BaseException:
        session.end(LineBroken())
        raise


class Session(asyncio.Protocol):
    """Written to in batches: what is said within one turn of the loop leaves in one piece."""

    def __init__(self, settings: LinkSettings, listener: Listener) -> None:
        loop = asyncio.get_running_loop()
        #: done when the centre has welcomed us, or failed with the reason why not
        self.bound: asyncio.Future[None] = loop.create_future()
        #: done when the connection is gone, with the reason
        self.ended: asyncio.Future[LinkFault] = loop.create_future()
        #: the number the next PDU of ours bears
        self.sequence = 1
        self._settings, self._listener = settings, listener
        self._frames = Frames()
        self._unanswered: dict[int, Submitted] = {}
        self._out: list[bytes] = []
        self._heard_at = self._asked_at = time.monotonic()
        self._look_again: asyncio.TimerHandle | None = None
        self._takers: dict[int, Callable[[Pdu], None]] = {
            Command.SUBMIT_SM_RESP: self._take_answer,
            Command.DELIVER_SM: self._take_delivery,
            Command.ENQUIRE_LINK: self._take_enquiry,
            Command.ENQUIRE_LINK_RESP: self._take_presence,
            Command.GENERIC_NACK: self._take_nack,
            Command.UNBIND: self._take_unbind,
            Command.UNBIND_RESP: self._take_farewell,
            Command.BIND_TRANSCEIVER_RESP: self._take_welcome,
        }

    @property
    def is_open(self) -> bool:
        """What is submitted now is written."""
        return not self.ended.done()

    @property
    def owed(self) -> int:
        """Parts written whose answers have not come."""
        return len(self._unanswered)

    def submit(self, submitted: Submitted, now: float) -> None:
        """Say this with the next `flush`; the listener hears of the answer."""
        submitted.sent_at = now
        number = self._next_number()
        self._unanswered[number] = submitted
        self._out.append(pack(Command.SUBMIT_SM, number, submitted.body))

    def acknowledge(self, pdu: Pdu, status: int) -> None:
        """Answer a delivery with the next `flush`."""
        self._out.append(answer(pdu, b"\0", status))

    def flush(self) -> None:
        """Write what was said."""
        if self._out and self.is_open:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def give_up(self) -> Iterator[Submitted]:
        """Everything that was written and not answered, once."""
        unanswered, self._unanswered = self._unanswered, {}
        yield from unanswered.values()

    async def leave(self, within: float) -> None:
        """Take leave, and wait so many seconds for the centre to do so too."""
        if self.is_open:
            self._out.append(pack(Command.UNBIND, self._next_number()))
            self.flush()
            await asyncio.wait([self.ended], timeout=within)
        self.end(SessionEnded())

    def end(self, fault: LinkFault) -> None:
        """Break the connection and say why; the first reason counts."""
        if not self.is_open:
            return
        self.flush()
        self.ended.set_result(fault)
        if not self.bound.done():
            self.bound.set_exception(fault)
            self.bound.exception()
        if self._look_again:
            self._look_again.cancel()
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Introduce ourselves."""
        self._transport = cast(asyncio.Transport, transport)
        self._socket = transport.get_extra_info("socket")
        me = Bind(system_id=self._settings.system_id, password=self._settings.password)
        self._out.append(pack(Command.BIND_TRANSCEIVER, self._next_number(), me.write()))
        self.flush()

    def data_received(self, data: bytes) -> None:
        """Take every PDU there is, then write what is to be said to them."""
        now = time.monotonic()
        try:
            for pdu in self._frames.feed(data):
                self._heard_at = now
                self._takers.get(pdu.command, self._take_unknown)(pdu)
        except Garbage:
            self._out.append(pack(Command.GENERIC_NACK, 0, status=Status.ESME_RINVCMDLEN))
            self.end(LineGarbled())
        self._listener.heard()
        self.flush()
        self._confirm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone without a word, unless we know better."""
        self.end(LineBroken())

    def _confirm(self) -> None:
        """Have the system confirm at once what was read.

        It would wait for 40 ms if we say nothing, and a centre whose socket collects small pieces
        (Nagle's algorithm) holds back its next answers for as long. Linux forgets it after a while.
        """
        if QUICKACK is not None and self.is_open:
            self._socket.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)

    def _next_number(self) -> int:
        number = self.sequence
        while number in self._unanswered:
            number = number % LAST_SEQUENCE + 1
        self.sequence = number % LAST_SEQUENCE + 1
        return number

    def _take_answer(self, pdu: Pdu) -> None:
        submitted = self._unanswered.pop(pdu.sequence, None)
        if submitted:
            self._listener.answered(submitted, pdu.status, read_id(pdu.body))

    def _take_delivery(self, pdu: Pdu) -> None:
        self._listener.delivered(self, pdu)

    def _take_enquiry(self, pdu: Pdu) -> None:
        self._out.append(answer(pdu))

    def _take_nack(self, pdu: Pdu) -> None:
        """The centre could not read something of ours, which so is refused."""
        status = pdu.status or Status.ESME_RSYSERR
        submitted = self._unanswered.pop(pdu.sequence, None)
        if submitted:
            self._listener.answered(submitted, status, "")
        elif not self.bound.done():
            self.end(self._refusal(status))

    def _take_unbind(self, pdu: Pdu) -> None:
        self._out.append(answer(pdu))
        self.end(SessionEnded())

    def _take_farewell(self, pdu: Pdu) -> None:
        self.end(SessionEnded())

    def _take_welcome(self, pdu: Pdu) -> None:
        if self.bound.done():
            return
        if pdu.status:
            self.end(self._refusal(pdu.status))
        else:
            self.bound.set_result(None)
            self._look()

    def _take_unknown(self, pdu: Pdu) -> None:
        """A request we do not know is refused; an answer nobody waits for is dropped."""
        if not pdu.command & RESPONSE:
            nack = pack(Command.GENERIC_NACK, pdu.sequence, status=Status.ESME_RINVCMDID)
            self._out.append(nack)

    def _refusal(self, status: int) -> LinkFault:
        told = f"0x{status:02X}"
        if status in _TEMPORARY:
            return BindPutOff(status=told)
        return _REFUSALS.get(status, BindRefused)(system_id=self._settings.system_id, status=told)

    def _take_presence(self, pdu: Pdu) -> None:
        if self._look_again:
            self._look_again.cancel()
            self._look()

    def _look(self) -> None:
        """Ask a centre that is silent, or owes an answer, whether it is there; break if it does not say so.

        An answer is given up only when the centre has shown after its time that it is there: on a line
        that is dead no place in the window comes free, so no more than a window is ever lost with it.
        """
        now = time.monotonic()
        within = self._settings.answer_within
        self._give_up_answers(self._heard_at - within)
        is_asked = self._asked_at > self._heard_at
        if is_asked and now - self._asked_at >= within:
            self.end(LineSilent(seconds=now - self._heard_at))
            return
        if not is_asked and now >= self._doubtful_at():
            self._asked_at, is_asked = now, True
            self._out.append(pack(Command.ENQUIRE_LINK, self._next_number()))
            self.flush()
        due = self._asked_at + within if is_asked else min(self._doubtful_at(), now + within)
        self._look_again = asyncio.get_running_loop().call_later(max(0.001, due - now), self._look)

    def _doubtful_at(self) -> float:
        """The moment at which we want to know whether the centre is there."""
        silent_at = self._heard_at + self._settings.enquire_every
        oldest = next(iter(self._unanswered.values()), None)
        return min(silent_at, oldest.sent_at + self._settings.answer_within) if oldest else silent_at

    def _give_up_answers(self, before: float) -> None:
        for number, submitted in list(self._unanswered.items()):
            if submitted.sent_at > before:
                break
            del self._unanswered[number]
            self._listener.unanswered(submitted)
