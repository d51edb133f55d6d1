"""What every channel can do, so that dispatch need not know which one it uses (requirement G1)."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import pyarrow as pa

from handlers.contacts import AnySession
from models.base import Problem
from models.execution import WorkOrder

#: One line of a target list: the id of the contact, the number, what is said.
Row = tuple[str, str, str]


class NothingToHandOver(Problem):
    """A list without customers is no work order."""

    message = "Work order %(work_order)s has no customers left; nothing was handed over."


class AlreadyHandedOver(Problem):
    """The channel already has another list under this number."""

    message = "Work order %(work_order)s was handed over before with another list or other facts."


@dataclass(frozen=True, kw_only=True)
class Content:
    """What is said: the text of a message or the script of a call."""

    text: str
    #: Promotions must offer a refusal; notices need not.
    is_promotion: bool = True


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What one customer sees or hears, and what it costs."""

    text: str
    #: Length as the channel counts it.
    characters: int
    #: Units charged for one customer: messages, or one call.
    parts: int
    #: Price for one customer in 分 (fen).
    price: int
    #: Placeholders without a value.
    left: tuple[str, ...]
    #: Worth knowing, but no reason to refuse.
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True)
class Slip:
    """What the channel must know of a work order; it goes with the list."""

    work_order: str
    campaign: str
    products: tuple[str, ...]
    start: date
    end: date
    sender: str
    content: str


@dataclass(frozen=True, kw_only=True)
class HandOver:
    """The proof that a list was handed over."""

    work_order: str
    rows: int
    #: Units the whole list is charged for.
    units: int
    #: SHA-256 of the file handed over, as in its manifest.
    digest: str
    path: Path
    #: When it was handed over first.
    at: datetime
    #: It had been handed over before, and nothing was written again.
    is_repeated: bool


class Channel(ABC):
    """A way to a customer."""

    #: As in tables and folders, e.g. "sms".
    code: str
    name: str
    name_en: str
    #: What the unit cost is paid for.
    cost_unit: Literal["part", "customer"]
    #: Names of the three columns of a list.
    columns: tuple[str, str, str]

    @abstractmethod
    def validate(self, content: Content, values: Mapping[str, str]) -> list[Problem]:
        """Everything that forbids this content, tried with sample values for its placeholders."""

    @abstractmethod
    def preview(self, content: Content, values: Mapping[str, str], unit_cost: int) -> Preview:
        """What one customer with these values gets, and its price at this unit cost (fen); never refuses."""

    @abstractmethod
    def units(self, row: Row) -> int:
        """The units charged for this row."""

    @abstractmethod
    def prepare(self, recipients: pa.Table, content: Content, fields: Mapping[str, str]) -> Iterator[Row]:
        """The rows of the list, in the order of the recipients.

        `recipients` has the text columns `id` and `number`, and one named like each placeholder that differs
        by customer; `fields` holds the values all customers share. Unfit content, ids, numbers are refused.
        """

    @abstractmethod
    def hand_over(
        self, slip: Slip, rows: Iterable[Row], folder: Path, keys: Sequence[str], now: datetime
    ) -> HandOver:
        """Give the list to the channel, once per work order: the same again does nothing, another is refused.

        `folder` is the channel's own; `keys` are the public age keys of those who may read.
        """

    @abstractmethod
    def open(self, session: AnySession, order: WorkOrder, now: datetime) -> int:
        """Let the work begin inside the product: every contact still planned, once; how many pieces of it."""
