"""What the centre delivers is handed over in lots, and acknowledged only when it was taken."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from handlers.channels.wire.faults import Garbage
from handlers.channels.wire.message import read_message
from handlers.channels.wire.pdu import Pdu, Status
from handlers.channels.wire.receipt import Incoming, Receipt, read_delivery
from handlers.channels.wire.session import Session
from handlers.channels.wire.settings import LinkSettings

log = logging.getLogger(__name__)

OnDelivered = Callable[[Sequence[Receipt | Incoming]], Awaitable[None]]
#: Handed over in one lot at most.
AT_ONCE = 1_000
#: Waiting to be handed over; the centre keeps what is more.
MOST = 10_000


class _Waiting(NamedTuple):
    session: Session
    pdu: Pdu
    what: Receipt | Incoming


class Deliveries:
    """One lot after another: what comes while a lot is being taken makes the next one."""

    def __init__(self, settings: LinkSettings, take: OnDelivered) -> None:
        self._settings, self._take = settings, take
        self._waiting: list[_Waiting] = []
        self._work: asyncio.Task[None] | None = None

    def add(self, session: Session, pdu: Pdu) -> None:
        """Hand this over soon; what cannot be read is refused, what is too much is put off."""
        try:
            what = read_delivery(read_message(pdu.body), self._settings)
        except Garbage:
            session.acknowledge(pdu, Status.ESME_RINVMSGLEN)
            return
        if len(self._waiting) >= MOST:
            session.acknowledge(pdu, Status.ESME_RX_T_APPN)
            return
        self._waiting.append(_Waiting(session, pdu, what))
        if self._work is None:
            self._work = asyncio.create_task(self._hand_over())

    async def done(self, within: float) -> None:
        """Wait until everything was handed over, so many seconds at most."""
        if self._work:
            await asyncio.wait([self._work], timeout=within)

    async def _hand_over(self) -> None:
        try:
            while self._waiting:
                lot, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
                status = await self._offer([each.what for each in lot])
                for session, pdu, _ in lot:
                    session.acknowledge(pdu, status)
                for session in {each.session for each in lot}:
                    session.flush()
        finally:
            self._work = None

    async def _offer(self, lot: list[Receipt | Incoming]) -> Status:
        """Whoever takes it may fail, for want of a database say: then the centre sends it again."""
        try:
            await self._take(lot)
        except Exception:
            log.exception("a delivery of the SMS centre was not taken")
            return Status.ESME_RX_T_APPN
        return Status.ESME_ROK
