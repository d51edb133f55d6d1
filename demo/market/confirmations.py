"""Orders made in a talk: the customer is asked by message whether he wants it, and answers 是, or nothing."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np

from demo.market.announcements import Announcement, Announcements
from demo.market.book import Book, Delivery, Message
from demo.market.choices import STATUSES
from demo.market.demand import Demand, products_of
from demo.market.ledger import Ledger
from demo.market.world import World
from demo.office.catalogue import PRODUCTS

#: What a message asks for that waits for a yes.
_ASKS = "「是」"
_YES = "是"
#: Seconds until a message on its way to somebody who has just put the phone down has arrived.
_ARRIVED = 4
#: Seconds until the yes: at least, and how much more at most.
_SOONEST, _LONGER = 45, 500


class Confirmations:
    """Answers for customers who are asked to confirm."""

    def __init__(self, world: World, ledger: Ledger, announcements: Announcements, demand: Demand) -> None:
        self._world, self._ledger = world, ledger
        self._announcements, self._demand = announcements, demand

    def replies(self, sent: Sequence[Message], book: Book, now: datetime) -> Iterator[Delivery]:
        """Receipts, and the yes of whoever wished it.

        All arrive: the customer has the phone in his hand.
        """
        indexes = self._world.indexes_of_numbers([message.number for message in sent])
        for message, customer in zip(sent, indexes.tolist(), strict=True):
            for key in message.unreceipted:
                status = STATUSES[0] if customer >= 0 else STATUSES[1]
                yield Delivery(due=message.at + _ARRIVED, number=message.number, destination=message.sender,
                               centre_id=book.centre_id(key), status=status)  # fmt: skip
            if customer >= 0 and _ASKS in message.text and self._wishes(customer, message.text, now):
                yield Delivery(
                    due=message.at + self._delay(customer), number=message.number,
                    destination=message.sender, text=_YES,
                )  # fmt: skip

    def _wishes(self, customer: int, text: str, now: datetime) -> bool:
        """Whether he wants what he is asked about: he said so in the talk, or would have to anybody."""
        product = next((p.code for p in PRODUCTS if f"{p.name}（" in text), "")
        if self._ledger.wishes(customer, product):
            return True
        told = self._latest_list(product)
        if told is None or self._ledger.has_talked(told.campaign, customer):
            return False
        indexes, met = np.array([customer], np.int64), np.array([now.timestamp()])
        if not np.isfinite(self._demand.ask(told, product, indexes, met, now))[0]:
            return False
        self._ledger.wish(customer, product, self._demand.season(told, product, now)[0])
        return True

    def _latest_list(self, product: str) -> Announcement | None:
        selling = [told for told in self._announcements.calls() if product in products_of(told)]
        return max(selling, key=lambda told: told.start, default=None)

    def _delay(self, customer: int) -> int:
        draw = self._world.draw(np.array([customer], np.int64), "yes")[0]
        return int(_SOONEST + _LONGER * draw)
