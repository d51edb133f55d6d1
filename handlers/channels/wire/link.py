"""A way to an SMS centre that mends itself: connects, sends at the right pace, and says how it stands.

A place is taken by `submit` and given back with the answer. On the wire no more than a window of parts
waits for answers; who asks for room before each part has no more than a window that is neither answered
nor known to be unsent. A part the centre has no time for is sent again from here, and keeps its place.
"""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from handlers.channels.wire.deliveries import Deliveries, OnDelivered
from handlers.channels.wire.faults import (
    BindRefused,
    LinkClosed,
    LinkFault,
    NotSent,
    NotYet,
    OutcomeUnknown,
    WindowFull,
    WireFault,
)
from handlers.channels.wire.pdu import Pdu, Status
from handlers.channels.wire.rate import Pace
from handlers.channels.wire.receipt import plain_id
from handlers.channels.wire.room import Rooms
from handlers.channels.wire.session import Answer, Session, Submitted, connect
from handlers.channels.wire.settings import LinkSettings

log = logging.getLogger(__name__)

#: the centre has no time for a part just now
TOO_FAST = frozenset({Status.ESME_RTHROTTLED, Status.ESME_RMSGQFUL})
#: Seconds between two attempts to connect: at random up to a bound that doubles from one to the other.
FIRST_BACK_OFF, LAST_BACK_OFF = 1.0, 60.0
#: Seconds after which a session counts as one that stood, even if nothing was sent.
STEADY = 30.0
#: Seconds at least between two reports of nothing but a slower rate.
BETWEEN_REPORTS = 1.0


@dataclass(frozen=True)
class LinkState:
    """How a link stands, for whoever looks after it."""

    #: down heals by itself, as far as we know; refused needs somebody to change something
    state: Literal["up", "down", "refused"]
    #: English msgid with %(field)s; empty while up
    reason: str
    fields: Mapping[str, object]
    #: messages a second it allows itself just now
    rate: float


class Link:
    """One link to one centre; what it is given leaves in order, but for what must be sent again."""

    def __init__(
        self,
        settings: LinkSettings,
        on_delivered: OnDelivered,
        report: Callable[[LinkState], None] = lambda state: None,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self._report, self._pause, self._draw = report, pause, draw
        self._deliveries = Deliveries(settings, on_delivered)
        self._pace = Pace(settings.rate, time.monotonic())
        self._rooms = Rooms(self._free)
        self._fault: LinkFault | None = NotYet()
        self._told_at = time.monotonic()
        self._session: Session | None = None
        self._queue: deque[Submitted] = deque()
        self._taken = 0
        self._is_closing = False
        self._pumping: asyncio.Handle | None = None
        self._answered_any = False
        self._keeper: asyncio.Task[None] | None = None

    @property
    def state(self) -> LinkState:
        """How it stands now."""
        self._pace.fill(time.monotonic())
        fault = self._fault
        if fault is None:
            return LinkState("up", "", {}, self._pace.rate)
        state: Literal["down", "refused"] = "refused" if isinstance(fault, BindRefused) else "down"
        return LinkState(state, fault.message, fault.fields, self._pace.rate)

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def start(self) -> None:
        """Connect, and stay connected until closed."""
        self._keeper = asyncio.create_task(self._keep())
        self._keeper.add_done_callback(self._mourn)

    async def room(self, places: int = 1) -> None:
        """Wait until the link is up and so many parts may be submitted; `LinkClosed` once it is closed."""
        if places > self.settings.window:
            raise WindowFull(window=self.settings.window)
        if self._is_closing:
            raise LinkClosed()
        await self._rooms.wait(places)

    def submit(self, part: bytes) -> asyncio.Future[Answer]:
        """Send a part of `encode`, for which there was room; its answer is final.

        `NotSent` and `OutcomeUnknown` come where the connection broke. Several may use one link, and what
        they submit beyond the window waits here; beyond two windows `WindowFull` says that somebody does
        not ask for room.
        """
        submitted = Submitted(part, asyncio.get_running_loop().create_future())
        if self._session is None or self._is_closing:
            _fail(submitted, NotSent())
            return submitted.answer
        if self._taken >= 2 * self.settings.window:
            raise WindowFull(window=self.settings.window)
        self._taken += 1
        self._queue.append(submitted)
        self._pump_soon()
        return submitted.answer

    async def close(self, within: float | None = None) -> None:
        """Take nothing more, wait so many seconds for the answers still owed, then take leave."""
        until = time.monotonic() + (self.settings.answer_within if within is None else within)
        self._is_closing = True
        self._rooms.refuse(LinkClosed)
        if self._session:
            await self._settle_up(self._session, until)
        if self._keeper:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self._session:
            self._drop(self._session)
        self._tell(LinkClosed())

    def answered(self, submitted: Submitted, status: int, centre_id: str) -> None:
        """Give the answer to who waits for it, or the part its turn again."""
        if status in TOO_FAST:
            self._send_again(submitted)
            return
        if not status:
            self._pace.go_on()
            centre_id = plain_id(centre_id, self.settings.receipt_ids)
        self._answered_any = True
        if not submitted.answer.done():
            submitted.answer.set_result(Answer(status, centre_id))
        self._taken -= 1

    def unanswered(self, submitted: Submitted) -> None:
        """Nobody knows what became of it."""
        _fail(submitted, OutcomeUnknown())
        self._taken -= 1
        self.heard()

    def delivered(self, session: Session, pdu: Pdu) -> None:
        """Hand it over."""
        self._deliveries.add(session, pdu)

    def heard(self) -> None:
        """Give the places that came back to who waits for them."""
        self._rooms.look()
        if self._queue:
            self._pump_soon()

    def _free(self) -> int:
        return self.settings.window - self._taken if self._session and self._session.is_open else 0

    def _send_again(self, submitted: Submitted) -> None:
        """It stands first in the queue; the centre certainly does not have it."""
        is_slower = self._pace.slow_down(submitted.sent_at, time.monotonic())
        self._queue.appendleft(submitted)
        if is_slower and time.monotonic() - self._told_at >= BETWEEN_REPORTS:
            self._tell(self._fault)

    def _pump_soon(self) -> None:
        if self._pumping is None:
            self._pumping = asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        """Put on the wire what window and pace allow; the pace brings us here again, or an answer does."""
        self._pumping = None
        session = self._session
        if session is None or not session.is_open:
            return
        now = time.monotonic()
        allowed, room = self._pace.allowed(now), self.settings.window - session.owed
        count = min(len(self._queue), allowed, room)
        self._pace.take(count)
        for submitted in [self._queue.popleft() for _ in range(count)]:
            if submitted.answer.cancelled():
                self._taken -= 1
                self._rooms.look()
            else:
                session.submit(submitted, now)
        session.flush()
        if self._queue and allowed <= room:
            wait = self._pace.wait(now)
            self._pumping = asyncio.get_running_loop().call_later(wait, self._pump)

    async def _keep(self) -> None:
        bound = FIRST_BACK_OFF
        while not self._is_closing:
            began = time.monotonic()
            try:
                session = await connect(self.settings, self)
            except LinkFault as fault:
                self._tell(fault)
            else:
                await self._stand(session)
                if self._answered_any or time.monotonic() - began >= STEADY:
                    bound = FIRST_BACK_OFF
            await self._pause(self._draw() * bound)
            bound = min(LAST_BACK_OFF, 2 * bound)

    async def _stand(self, session: Session) -> None:
        """Have a session as long as it lasts."""
        self._session, self._answered_any = session, False
        self._tell(None)
        self._rooms.look()
        fault = await asyncio.shield(session.ended)
        self._drop(session)
        self._tell(fault)

    def _drop(self, session: Session) -> None:
        """What was written has an unknown outcome, what was not is not sent; every place is free again."""
        session.end(LinkClosed())
        self._session = None
        for submitted in session.give_up():
            _fail(submitted, OutcomeUnknown())
        while self._queue:
            _fail(self._queue.popleft(), NotSent())
        if self._pumping:
            self._pumping.cancel()
            self._pumping = None
        self._taken = 0

    def _tell(self, fault: LinkFault | None) -> None:
        """Whoever is told may fail; the link stands all the same."""
        self._fault, self._told_at = fault, time.monotonic()
        try:
            self._report(self.state)
        except Exception:
            log.exception("the state of the link was not taken")

    async def _settle_up(self, session: Session, until: float) -> None:
        """Wait for answers and for what is being handed over, then unbind; all of it until that moment."""
        answers = asyncio.create_task(self._rooms.wait(self.settings.window))
        either: list[asyncio.Future[Any]] = [answers, session.ended]
        await asyncio.wait(either, timeout=_left(until), return_when=asyncio.FIRST_COMPLETED)
        answers.cancel()
        await self._deliveries.done(_left(until))
        await session.leave(_left(until))
        await self._deliveries.done(_left(until))

    def _mourn(self, keeper: asyncio.Task[None]) -> None:
        """Nobody waits for a link that will never stand again."""
        if not keeper.cancelled() and keeper.exception():
            log.error("the link to the SMS centre ended", exc_info=keeper.exception())
            self._is_closing = True
            self._rooms.refuse(LinkClosed)


def _fail(submitted: Submitted, fault: WireFault) -> None:
    """Whoever waits is told; nobody need wait any more."""
    if not submitted.answer.done():
        submitted.answer.set_exception(fault)
        submitted.answer.exception()


def _left(until: float) -> float:
    return max(0.0, until - time.monotonic())
