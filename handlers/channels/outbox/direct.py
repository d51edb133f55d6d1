"""Single messages outside every list, e.g. the question that confirms an order; each at most once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import ColumnElement, select, update

from handlers.channels.outbox.claiming import LEASE, lease_is_over
from handlers.channels.outbox.rows import Sessions, change
from handlers.channels.outbox.tools import Tools
from handlers.channels.wire import Submission, Unsendable, encode
from handlers.contacts import AnySession
from models.sending import DirectMessage

#: messages taken in one go
AT_ONCE = 20
BAD_NUMBER = "bad_number"


@dataclass(frozen=True, kw_only=True)
class Direct:
    """One message committed to, and its parts as they go on the wire."""

    id: int
    parts: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True)
class Said:
    """What became of a message."""

    id: int
    #: accepted | failed | unknown, or ready where it certainly was not sent
    state: str
    cause: str = ""
    centre_id: str = ""


class DirectOutbox:
    """Single messages out, answers in."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Callable[[], datetime],
        machine_clock: Callable[[], datetime],
        tools: Tools,
    ) -> None:
        self._sessions, self._tools = sessions, tools
        self._clock, self._machine_clock = clock, machine_clock

    def take(self) -> list[Direct]:
        """Commit to the oldest messages; who cannot be sent to is told so at once."""
        now, leased_until = self._clock(), self._machine_clock() + LEASE
        with self._sessions() as session:
            asked = select(DirectMessage).where(DirectMessage.state == "ready").order_by(DirectMessage.id)
            rows = session.scalars(asked.limit(AT_ONCE).with_for_update(skip_locked=True)).all()
            numbers = self._tools.warehouse.numbers(np.array([row.sid for row in rows], dtype=np.int64))
            encoded = [self._encode(row, number) for row, number in zip(rows, numbers, strict=True)]
            for row, parts in zip(rows, encoded, strict=True):
                _commit_to(row, parts, now, leased_until)
            taken = [
                Direct(id=row.id, parts=parts) for row, parts in zip(rows, encoded, strict=True) if parts
            ]
            session.commit()
        return taken

    def write(self, said: Sequence[Said]) -> None:
        """Keep what became of messages; a receipt may have been faster."""
        now = self._clock()
        with self._sessions() as session:
            for each in said:
                ended = None if each.state == "ready" else now
                values = {"state": each.state, "cause": each.cause, "centre_id": each.centre_id}
                mine = (DirectMessage.id == each.id, DirectMessage.state == "intended")
                change(session, update(DirectMessage).where(*mine).values(**values, ended_at=ended))
            session.commit()

    def _encode(self, row: DirectMessage, number: str) -> tuple[bytes, ...]:
        try:
            return encode(Submission(number, row.text), self._tools.settings)
        except Unsendable:
            return ()


def park_direct(session: AnySession, now: datetime, machine_now: datetime) -> int:
    """Messages committed to by a sender that was lost are of unknown fate; how many."""
    lost = update(DirectMessage).where(*is_lost(machine_now))
    return change(session, lost.values(state="unknown", ended_at=now))


def is_lost(machine_now: datetime) -> tuple[ColumnElement[bool], ...]:
    """A message somebody committed to who gives no sign of life any more."""
    return DirectMessage.state == "intended", lease_is_over(DirectMessage.leased_until, machine_now)


def _commit_to(row: DirectMessage, parts: tuple[bytes, ...], now: datetime, leased_until: datetime) -> None:
    if parts:
        row.state, row.leased_until, row.fence = "intended", leased_until, row.fence + 1
    else:
        row.state, row.cause, row.ended_at = "failed", BAD_NUMBER, now
