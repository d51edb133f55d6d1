"""One connection to the SMS centre: who is bound takes part, everybody else is told why not."""

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from demo.market.book import Accepted, Delivery, Submitted
from handlers.channels.wire import (
    BINDS,
    Command,
    Frames,
    Garbage,
    Pdu,
    ShortMessage,
    Status,
    answer,
    pack,
    read_bind,
    read_message,
    write_bind_answer,
    write_id,
)

#: Deliveries that may wait for their answers on one connection, and how long (seconds).
WINDOW = 50
ANSWER_WITHIN = 15.0
NAME = "DYMC"
_NUMBER = re.compile(r"1[0-9]{10}", re.ASCII)
_LAST_SEQUENCE = 0x7FFF_FFFF


class Desk(Protocol):
    """What stands behind a connection: the centre."""

    def greet(self, line: "Line", system_id: str, password: str) -> Status:
        """Whether these may connect."""

    def admits(self) -> bool:
        """Whether the contract has room for one more message just now."""

    def accept(self, parts: Sequence[Submitted]) -> list[Accepted]:
        """Write messages down; the id of each, and the receipt that goes before its answer, if one does."""

    def body_of(self, delivery: Delivery) -> bytes:
        """What is brought, as the body of a deliver_sm."""

    def delivered(self, keys: Sequence[int]) -> None:
        """The product answered for these."""

    def put_back(self, keys: Sequence[int]) -> None:
        """The product did not answer for these, or not now."""

    def ended(self, line: "Line") -> None:
        """The connection is gone."""


@dataclass(frozen=True, kw_only=True)
class _Request:
    """A message that was asked to be sent."""

    pdu: Pdu
    part: Submitted


class Line(asyncio.Protocol):
    """Reads and answers; what came in one piece is accepted in one transaction."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._frames = Frames()
        self._role: int | None = None
        self._sequence = 0
        self._is_garbled = False
        self._out: list[bytes] = []
        self._asked: list[_Request] = []
        self._answered: list[int] = []
        self._under_way: dict[int, tuple[int, float]] = {}
        self._transport: asyncio.Transport | None = None
        self._acts: dict[int, Callable[[Pdu], None]] = {
            Command.SUBMIT_SM: self._submit,
            Command.DELIVER_SM_RESP: self._answer_came,
            Command.ENQUIRE_LINK: lambda pdu: self._out.append(answer(pdu)),
            Command.ENQUIRE_LINK_RESP: lambda pdu: None,
            Command.GENERIC_NACK: lambda pdu: None,
            Command.UNBIND: self._unbind,
            **dict.fromkeys(BINDS, self._bind),
        }

    @property
    def room(self) -> int:
        """How many deliveries may be put on this line now."""
        return max(WINDOW - len(self._under_way), 0) if self.takes else 0

    @property
    def takes(self) -> bool:
        """Whether who is bound here takes deliveries."""
        return self._role in (Command.BIND_RECEIVER, Command.BIND_TRANSCEIVER)

    @property
    def is_silent(self) -> bool:
        """A delivery has waited too long for its answer."""
        limit = time.monotonic() - ANSWER_WITHIN
        return any(since < limit for _, since in self._under_way.values())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """What was under way is brought again, by another line."""
        self._desk.put_back([key for key, _ in self._under_way.values()])
        self._under_way.clear()
        self._role = None
        self._desk.ended(self)

    def data_received(self, data: bytes) -> None:
        """Handle every PDU of this piece; what is not SMPP ends the connection."""
        try:
            for pdu in self._frames.feed(data):
                self._acts.get(pdu.command, self._refuse)(pdu)
        except Garbage:
            self._is_garbled = True
        self._accept_asked()
        self._note_answered()
        self._write()
        if self._is_garbled:
            self.close()

    def bring(self, deliveries: Sequence[tuple[int, Delivery]]) -> None:
        """Put deliveries on the wire."""
        for key, delivery in deliveries:
            self._deliver(key, delivery)
        self._write()

    def close(self) -> None:
        """End the connection once everything is written."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def _bind(self, pdu: Pdu) -> None:
        asked = read_bind(pdu.body)
        status = (
            Status.ESME_RALYBND if self._role else self._desk.greet(self, asked.system_id, asked.password)
        )
        if status == Status.ESME_ROK:
            self._role = pdu.command
        self._out.append(answer(pdu, write_bind_answer(NAME) if status == Status.ESME_ROK else b"", status))

    def _unbind(self, pdu: Pdu) -> None:
        self._role = None
        self._out.append(answer(pdu))
        self._write()
        self.close()

    def _submit(self, pdu: Pdu) -> None:
        part = read_submitted(pdu.body)
        status = self._fault_of(part)
        if status == Status.ESME_ROK:
            self._asked.append(_Request(pdu=pdu, part=part))
        else:
            self._out.append(answer(pdu, status=status))

    def _fault_of(self, part: Submitted) -> Status:
        """Why a message is not accepted, the contract asked last: what is wrong takes no room in it."""
        if self._role not in (Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER):
            return Status.ESME_RINVBNDSTS
        if not _NUMBER.fullmatch(part.number):
            return Status.ESME_RINVDSTADR
        return Status.ESME_ROK if self._desk.admits() else Status.ESME_RTHROTTLED

    def _accept_asked(self) -> None:
        """Answers go out only when what they answer is written down."""
        asked, self._asked = self._asked, []
        if not asked:
            return
        given = self._desk.accept([request.part for request in asked])
        for request, (centre_id, early) in zip(asked, given, strict=True):
            if early is not None:
                self._deliver(*early)
            self._out.append(answer(request.pdu, write_id(centre_id)))

    def _deliver(self, key: int, delivery: Delivery) -> None:
        self._sequence = self._sequence % _LAST_SEQUENCE + 1
        self._under_way[self._sequence] = key, time.monotonic()
        self._out.append(pack(Command.DELIVER_SM, self._sequence, self._desk.body_of(delivery)))

    def _answer_came(self, pdu: Pdu) -> None:
        key, _ = self._under_way.pop(pdu.sequence, (None, 0.0))
        if key is None:
            return
        if pdu.status == Status.ESME_ROK:
            self._answered.append(key)
        else:
            self._desk.put_back([key])

    def _note_answered(self) -> None:
        answered, self._answered = self._answered, []
        if answered:
            self._desk.delivered(answered)

    def _refuse(self, pdu: Pdu) -> None:
        self._out.append(pack(Command.GENERIC_NACK, pdu.sequence, status=Status.ESME_RINVCMDID))

    def _write(self) -> None:
        if self._out and self._transport is not None:
            self._transport.write(b"".join(self._out))
        self._out.clear()


def read_submitted(body: bytes) -> Submitted:
    """A submit_sm as the book writes it down."""
    message: ShortMessage = read_message(body)
    reference, total, place = message.part or (0, 1, 1)
    return Submitted(
        service=message.service_type,
        number=message.destination,
        sender=message.source,
        text=message.text,
        wants_receipt=bool(message.registered_delivery & 1),
        reference=reference,
        total=total,
        place=place,
    )
