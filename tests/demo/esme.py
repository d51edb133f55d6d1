"""A sender that is not ours: binds to the centre, submits, and answers what it is brought."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from handlers.channels.wire import (
    Bind,
    Command,
    Frames,
    Incoming,
    LinkSettings,
    Pdu,
    Receipt,
    Status,
    Submission,
    answer,
    encode,
    pack,
    read_delivery,
    read_id,
    read_message,
)

SETTINGS = LinkSettings(host="127.0.0.1", port=1, system_id="x", password="x")
#: no test waits longer for a word
PATIENCE = 20.0


@dataclass
class Esme:
    """One connection; `heard` keeps answers and deliveries in the order they came."""

    line: socket.socket
    heard: list[Pdu] = field(default_factory=list)
    #: what a delivery is answered with; None: not at all
    says: Callable[[Receipt | Incoming], Status | None] = lambda delivery: Status.ESME_ROK
    _frames: Frames = field(default_factory=Frames)
    _sequence: int = 0

    def ask(self, command: int, body: bytes = b"") -> Pdu:
        """Send one request and wait for its answer."""
        (found,) = self.ask_all([(command, body)])
        return found

    def ask_all(self, requests: Sequence[tuple[int, bytes]]) -> list[Pdu]:
        """Send them all at once; their answers in the order of the requests."""
        first = self._sequence + 1
        self._sequence += len(requests)
        self.line.sendall(
            b"".join(pack(command, first + place, body) for place, (command, body) in enumerate(requests))
        )
        wanted = range(first, self._sequence + 1)
        self._hear(lambda: len(self._answers(wanted)) == len(requests))
        answers = self._answers(wanted)
        return [answers[number] for number in wanted]

    def bind(self, account: tuple[str, str], command: int = Command.BIND_TRANSCEIVER) -> Pdu:
        """Say who we are."""
        return self.ask(command, Bind(system_id=account[0], password=account[1]).write())

    def submit(self, numbers: Sequence[str], text: str = "您好，听歌吗", service: str = "1") -> list[Pdu]:
        """Send everybody a message; the answers to all parts."""
        bodies = [
            body
            for number in numbers
            for body in encode(Submission(number=number, text=text, service_type=service), SETTINGS)
        ]
        return self.ask_all([(Command.SUBMIT_SM, body) for body in bodies])

    def wait_for(self, deliveries: int) -> list[Receipt | Incoming]:
        """Wait until so many deliveries came, all in all."""
        self._hear(lambda: len(self.deliveries) >= deliveries)
        return self.deliveries

    def listen(self) -> list[Receipt | Incoming]:
        """Take everything until the other side hangs up; all that was brought."""
        with suppress(ConnectionError):
            self._hear(lambda: False)
        return self.deliveries

    @property
    def deliveries(self) -> list[Receipt | Incoming]:
        """What was brought so far."""
        found = [pdu for pdu in self.heard if pdu.command == Command.DELIVER_SM]
        return [read_delivery(read_message(pdu.body), SETTINGS) for pdu in found]

    @property
    def is_cut(self) -> bool:
        """Wait for the other side's next word; true if it has none any more."""
        try:
            return self.line.recv(65_536) == b""
        except ConnectionResetError:
            return True

    def _answers(self, wanted: range) -> dict[int, Pdu]:
        return {
            pdu.sequence: pdu for pdu in self.heard if pdu.sequence in wanted and pdu.command & 0x8000_0000
        }

    def _hear(self, enough: Callable[[], bool]) -> None:
        while not enough():
            piece = self.line.recv(65_536)
            if not piece:
                raise ConnectionError("the centre hung up")
            for pdu in self._frames.feed(piece):
                self.heard.append(pdu)
                if pdu.command == Command.DELIVER_SM:
                    self._answer(pdu)

    def _answer(self, pdu: Pdu) -> None:
        status = self.says(read_delivery(read_message(pdu.body), SETTINGS))
        if status is not None:
            self.line.sendall(answer(pdu, b"\0", status))


@contextmanager
def connected(port: int) -> Iterator[Esme]:
    """A connection to a centre, nobody bound yet."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        yield Esme(line)


def ids(answers: Sequence[Pdu]) -> list[str]:
    """The centre's ids in answers to messages."""
    return [read_id(pdu.body) for pdu in answers]
