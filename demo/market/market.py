"""The market itself: decides what follows from the messages the centre accepted; keeps it for its time."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from demo.market.announcements import Announcement, Announcements
from demo.market.book import Book, Message
from demo.market.confirmations import Confirmations
from demo.market.demand import Demand, products_of
from demo.market.ledger import Contact, Ledger
from demo.market.orders import take_orders, write_orders
from demo.market.replies import Contacts, complaints, order_words, receipts, refusals
from demo.market.world import LOCAL, World

_BATCH = 1000
#: Parts decided in one go, and how long the rest of a message is waited for.
_PARTS = 20_000
_UNTIL_HALF = timedelta(hours=1)
#: Seconds over which messages accepted at one moment of the clock reach their customers.
_SPREAD = 5.0
Post = Callable[[str, list[dict[str, object]]], None]


class Market:
    """Everything outside the product, between one moment and the next."""

    def __init__(self, world: World, ledger: Ledger, instance_dir: Path) -> None:
        self._world = world
        self._ledger = ledger
        self._instance = instance_dir
        self._announcements = Announcements(instance_dir)
        self._book = Book(ledger)
        self._demand = Demand(world, ledger)
        self._confirmations = Confirmations(world, ledger, self._announcements, self._demand)

    def take_in(self, now: datetime) -> int:
        """Decide all that follows from what came since; how much came."""
        taken = self._open_call_lists(now) + take_orders(
            self._world, self._ledger, self._instance / "out" / "orders", now
        )
        half_until = int((now - _UNTIL_HALF).timestamp())
        while messages := self._book.undecided(_PARTS, half_until):
            self._decide(messages, now)
            taken += len(messages)
        return taken

    def answer(self, now: datetime, post: Post) -> int:
        """Say over HTTP what is due, in batches of one feed; how much was said."""
        said = 0
        moment = int(now.timestamp())
        while batch := self._ledger.due_answers(moment, _BATCH):
            post(batch[0][1], [body for _, _, body in batch])
            with self._ledger.writing():
                self._ledger.note_sent(key for key, _, _ in batch)
            said += len(batch)
        return said

    def owes(self, now: datetime) -> int:
        """How much the centre still has to bring that is due."""
        return self._book.owes(now)

    def send_orders(self, now: datetime) -> bool:
        """Put the day's order file into the product's inbox, once a day."""
        return write_orders(self._world, self._ledger, self._instance / "in", now)

    def next_due(self, now: datetime) -> datetime | None:
        """When the next answer or delivery is due; what nobody takes is no reason to look again."""
        moment = int(now.timestamp())
        found = [
            due for due in (self._ledger.next_due(moment), self._book.next_due(moment)) if due is not None
        ]
        return datetime.fromtimestamp(min(found), LOCAL) if found else None

    def _open_call_lists(self, now: datetime) -> int:
        """A call list is heard of once: its season begins before the first of its customers is called."""
        new = [told for told in self._announcements.calls() if not self._ledger.knows_list(told.work_order)]
        for told in new:
            with self._ledger.writing():
                for product in products_of(told):
                    self._demand.season(told, product, now)
                self._ledger.note_list(told.work_order)
        return len(new)

    def _decide(self, messages: list[Message], now: datetime) -> None:
        by_service: dict[str, list[Message]] = {}
        for message in messages:
            by_service.setdefault(message.service, []).append(message)
        for service, sent in by_service.items():
            told = self._announcements.of_service(service)
            with self._ledger.writing():
                if told is None:
                    self._book.deliver(list(self._confirmations.replies(sent, self._book, now)))
                else:
                    self._decide_list(told, sent, now)
                self._book.note_decided(key for message in sent for key in message.keys)

    def _decide_list(self, told: Announcement, sent: list[Message], now: datetime) -> None:
        """Receipts for every message; what a customer does follows from the first whole one alone."""
        everybody = self._contacts(told, sent)
        ids = [[self._book.centre_id(key) for key in message.unreceipted] for message in sent]
        self._book.deliver(receipts(self._world, everybody, [message.number for message in sent], ids))
        first = list(self._first_rows(told, sent, everybody))
        met = self._contacts(told, [sent[row] for row in first])
        self._ledger.note_contacts(
            Contact(campaign=told.campaign, work_order=told.work_order, channel=told.channel,
                    customer=int(customer), at=float(at))
            for customer, at in zip(met.indexes, met.moments, strict=True)
        )  # fmt: skip
        for product in products_of(told):
            ordered = self._demand.ask(told, product, met.indexes, met.moments, now)
            met.won[:] |= np.isfinite(ordered)
            self._book.deliver(order_words(self._world, met, product, ordered))
        self._book.deliver(refusals(self._world, met))
        self._ledger.say(complaints(self._world, met))

    def _contacts(self, told: Announcement, sent: list[Message]) -> Contacts:
        indexes = self._world.indexes_of_numbers([message.number for message in sent])
        turn = self._world.draw(np.maximum(indexes, 0), "turn", told.campaign, told.channel)
        moments = np.array([message.at for message in sent], float) + _SPREAD * turn
        return Contacts(told=told, indexes=indexes, moments=moments, won=np.zeros(indexes.size, bool))

    def _first_rows(self, told: Announcement, sent: list[Message], everybody: Contacts) -> Iterator[int]:
        """The rows of customers the work order meets for the first time, by a message they can read."""
        met = self._ledger.met(told.work_order)
        for row, customer in enumerate(everybody.indexes.tolist()):
            if customer >= 0 and sent[row].is_whole and customer not in met:
                met.add(customer)
                yield row
