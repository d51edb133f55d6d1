"""The province's SMS centre: SMPP 3.4 on a loopback port, in a thread of its own, the ledger its memory."""

import asyncio
import hmac
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from demo.market.book import Accepted, Book, Delivery, Submitted
from demo.market.keys import Account
from demo.market.ledger import Ledger
from demo.market.line import Line
from demo.market.world import LOCAL
from handlers.channels.wire import RECEIPT, Option, ShortMessage, Status, write_receipt

#: Messages a second by contract; more are put off with ESME_RTHROTTLED.
RATE = 6_000.0
#: Seconds of the contract that may be used at once.
_BURST = 0.25
#: Seconds after which what was not taken is brought again, and lines are looked after.
_PAUSE = 0.5
_STATES = {"DELIVRD": 2, "EXPIRED": 3, "UNDELIV": 5, "UNKNOWN": 7, "REJECTD": 8}
#: Statuses of the receipts that go before the answer; nothing for those that come in their time.
Haste = Callable[[Sequence[Submitted], datetime], list[str]]
Say = Callable[[str], None]


@dataclass
class Contract:
    """A bucket of as many messages as the contract allows in a moment; it fills while nobody sends."""

    rate: float = RATE

    def __post_init__(self) -> None:
        self._left, self._since = self.rate * _BURST, time.monotonic()

    def admits(self) -> bool:
        """Take room for one message, if there is any."""
        now = time.monotonic()
        self._left = min(self.rate * _BURST, self._left + (now - self._since) * self.rate)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Centre:
    """Accepts, and brings receipts and customers' words; what it accepted stays accepted whatever happens."""

    def __init__(
        self, demo_dir: Path, account: Account, haste: Haste, contract: Contract | None = None
    ) -> None:
        self._demo_dir, self._account, self._haste = demo_dir, account, haste
        self._contract = contract or Contract()
        #: it is this late for deliveries, and for what is accepted
        self._now: datetime | None = None
        self._accepts_at: datetime | None = None
        self._thread: threading.Thread | None = None
        self._began = threading.Event()
        self._fault: BaseException | None = None
        self.port = 0

    def open(self, port: int, now: datetime) -> None:
        """Listen on a loopback port (0: any free one); it is `now` in the demo. OSError where it is taken."""
        self._now = self._accepts_at = now
        self.port = port
        self._thread = threading.Thread(target=self._run, name="centre", daemon=True)
        self._thread.start()
        self._began.wait()
        if self._fault is not None:
            raise self._fault

    def expect(self, moment: datetime) -> None:
        """The clock is about to move: what is accepted from here on is accepted at this moment."""
        self._accepts_at = moment

    def tell(self, now: datetime) -> None:
        """It is later in the demo: what is due by now is brought."""
        self._now = self._accepts_at = now
        self._call(self._hand_out)

    @property
    def has_takers(self) -> bool:
        """Whether anybody is bound who takes deliveries."""
        return any(line.takes for line in list(self._lines))

    def hang_up(self) -> None:
        """Cut every connection, as a broken cable would."""
        self._call(self._abort_all)

    def close(self) -> None:
        """Listen no more and end every connection."""
        if self._thread is not None and self._thread.is_alive():
            self._call(self._stop.set)
            self._thread.join()

    def greet(self, line: Line, system_id: str, password: str) -> Status:
        """Only the product, by its name and password."""
        if system_id != self._account.system_id:
            return Status.ESME_RINVSYSID
        if not hmac.compare_digest(password.encode(), self._account.password.encode()):
            return Status.ESME_RINVPASWD
        self._loop.call_soon(self._hand_out)
        return Status.ESME_ROK

    def admits(self) -> bool:
        """Whether the contract has room for one more message just now."""
        return self._contract.admits()

    def accept(self, parts: Sequence[Submitted]) -> list[Accepted]:
        """Write messages down in one transaction, some with a receipt that goes before the answer."""
        now = _told(self._accepts_at)
        kept = self._book.accept(parts, now, self._haste(parts, now))
        self._under_way.update(key for _, early in kept if early for key in early[:1])
        return kept

    def body_of(self, delivery: Delivery) -> bytes:
        """A receipt, or a customer's words, as the body of a deliver_sm."""
        return body_of(delivery)

    def delivered(self, keys: Sequence[int]) -> None:
        """The product answered for these; there may be room for more."""
        self._book.note_delivered(keys)
        self._under_way.difference_update(keys)
        self._hand_out()

    def put_back(self, keys: Sequence[int]) -> None:
        """These are brought again, a little later."""
        self._under_way.difference_update(keys)

    def ended(self, line: Line) -> None:
        """A connection is gone."""
        self._lines.discard(line)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as fault:
            self._fault = fault
        finally:
            self._began.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._lines: set[Line] = set()
        self._under_way: set[int] = set()
        ledger = Ledger(self._demo_dir)
        self._book = Book(ledger)
        server = await self._loop.create_server(self._connect, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._began.set()
        looking = asyncio.create_task(self._look_after())
        await self._stop.wait()
        looking.cancel()
        server.close()
        self._abort_all()
        await asyncio.sleep(0)
        ledger.close()

    def _abort_all(self) -> None:
        for line in list(self._lines):
            line.abort()

    def _connect(self) -> Line:
        line = Line(self)
        self._lines.add(line)
        return line

    async def _look_after(self) -> None:
        """Now and then: end lines that do not answer, and bring what was put back."""
        while True:
            await asyncio.sleep(_PAUSE)
            for line in [line for line in self._lines if line.is_silent]:
                line.abort()
            self._hand_out()

    def _hand_out(self) -> None:
        """Bring what is due, to whoever has most room."""
        lines = sorted(self._lines, key=lambda line: line.room, reverse=True)
        room = sum(line.room for line in lines)
        if not room:
            return
        due = self._book.due(_told(self._now), room + len(self._under_way))
        fresh = [each for each in due if each[0] not in self._under_way][:room]
        for line in lines:
            mine, fresh = fresh[: line.room], fresh[line.room :]
            self._under_way.update(key for key, _ in mine)
            line.bring(mine)

    def _call(self, act: Callable[[], object]) -> None:
        """Have the centre's thread do something; nothing where it has ended."""
        if self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(act)


def _told(moment: datetime | None) -> datetime:
    """The moment; whoever opened the centre told it."""
    if moment is None:
        raise RuntimeError("the centre was not opened")
    return moment


def body_of(delivery: Delivery) -> bytes:
    """The body of the deliver_sm that brings this."""
    if not delivery.status:
        plain = delivery.text.isascii()
        octets = delivery.text.encode("ascii" if plain else "utf-16-be")
        coding = 0 if plain else 8
        said = ShortMessage(
            source=delivery.number, destination=delivery.destination, octets=octets, data_coding=coding
        )
        return said.write()
    at = datetime.fromtimestamp(delivery.due, LOCAL)
    options: dict[int, bytes] = {
        Option.RECEIPTED_MESSAGE_ID: delivery.centre_id.encode("ascii") + b"\0",
        Option.MESSAGE_STATE: bytes((_STATES[delivery.status],)),
    }
    receipt = ShortMessage(
        source=delivery.number,
        destination=delivery.destination,
        octets=write_receipt(delivery.centre_id, delivery.status, at, LOCAL).encode("ascii"),
        esm_class=RECEIPT,
        options=options,
    )
    return receipt.write()
