"""A channel for tests of stages: prepares like the real one, but remembers instead of handing over."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

from handlers.channels.base import (
    AlreadyHandedOver,
    Channel,
    Content,
    HandOver,
    NothingToHandOver,
    Preview,
    Row,
    Slip,
)
from handlers.channels.files import NoReaderKey
from handlers.contacts import AnySession
from models.base import Problem
from models.execution import WorkOrder

Answer = dict[str, object]


class ChannelDouble(Channel):
    """Stands in for one channel; nothing leaves memory."""

    def __init__(self, channel: Channel) -> None:
        self.code = channel.code
        self.name = channel.name
        self.name_en = channel.name_en
        self.cost_unit = channel.cost_unit
        self.columns = channel.columns
        #: What would have been sent, by work order, in order of handing over.
        self.slips: dict[str, Slip] = {}
        self.rows: dict[str, list[Row]] = {}
        self._channel = channel
        self._proofs: dict[str, HandOver] = {}
        self._told: dict[str, list[Answer]] = {}
        self._answered = 0

    def validate(self, content: Content, values: Mapping[str, str]) -> list[Problem]:
        """As the real one."""
        return self._channel.validate(content, values)

    def preview(self, content: Content, values: Mapping[str, str], unit_cost: int) -> Preview:
        """As the real one."""
        return self._channel.preview(content, values, unit_cost)

    def units(self, row: Row) -> int:
        """As the real one."""
        return self._channel.units(row)

    def prepare(self, recipients: pa.Table, content: Content, fields: Mapping[str, str]) -> Iterator[Row]:
        """As the real one."""
        return self._channel.prepare(recipients, content, fields)

    def hand_over(
        self, slip: Slip, rows: Iterable[Row], folder: Path, keys: Sequence[str], now: datetime
    ) -> HandOver:
        """Remember slip and rows; the same again is the same, another is refused, as with the real one."""
        if not keys:
            raise NoReaderKey(channel=self.code)
        listed = list(rows)
        if not listed:
            raise NothingToHandOver(work_order=slip.work_order)
        if slip.work_order not in self._proofs:
            return self._remember(slip, listed, folder, now)
        if (self.slips[slip.work_order], self.rows[slip.work_order]) != (slip, listed):
            raise AlreadyHandedOver(work_order=slip.work_order)
        return self._proof(slip, listed, folder, self._proofs[slip.work_order].at, is_repeated=True)

    def open(self, session: AnySession, order: WorkOrder, now: datetime) -> int:
        """As the real one."""
        return self._channel.open(session, order, now)

    def tell(self, contact: str, **words: object) -> None:
        """Have this contact answer: `status=` for a message; `outcome=`, `reason=`, `attempt=` for a call."""
        self._told.setdefault(contact, []).append(words)

    def answers(self, now: datetime) -> list[Answer]:
        """What was told to be answered by contacts handed over, each once, in the form the intake takes."""
        known = {row[0] for rows in self.rows.values() for row in rows}
        ready = [(contact, self._told.pop(contact)) for contact in list(self._told) if contact in known]
        return [self._answer(contact, words, now) for contact, each in ready for words in each]

    def _answer(self, contact: str, words: Answer, now: datetime) -> Answer:
        self._answered += 1
        key = f"{self.code}-{self._answered}"
        return {"key": key, self.columns[0]: contact, **words, "at": now.isoformat()}

    def _remember(self, slip: Slip, rows: list[Row], folder: Path, now: datetime) -> HandOver:
        self.slips[slip.work_order] = slip
        self.rows[slip.work_order] = rows
        proof = self._proof(slip, rows, folder, now, is_repeated=False)
        self._proofs[slip.work_order] = proof
        return proof

    def _proof(
        self, slip: Slip, rows: list[Row], folder: Path, at: datetime, *, is_repeated: bool
    ) -> HandOver:
        return HandOver(
            work_order=slip.work_order,
            rows=len(rows),
            units=sum(self.units(row) for row in rows),
            digest=sha256(repr((slip, rows)).encode()).hexdigest(),
            path=folder / f"{slip.work_order}.csv.age",
            at=at,
            is_repeated=is_repeated,
        )
