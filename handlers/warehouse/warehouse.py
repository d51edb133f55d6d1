"""The one door to customer data: publish snapshots, read the current one, turn tokens into customers."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa

from handlers.warehouse import publish as publishing
from handlers.warehouse.arrays import Sids
from handlers.warehouse.files import alone
from handlers.warehouse.generation import Generation
from handlers.warehouse.history import ContactHistory
from handlers.warehouse.keys import Keys, mask_number
from handlers.warehouse.problems import GenerationGone, NoGeneration
from handlers.warehouse.reader import Bounds
from handlers.warehouse.registry import Registry


class Warehouse:
    """A folder of customer data; safe to share between threads, and one folder between processes."""

    def __init__(self, root: Path, keys: Keys, bounds: Bounds | None = None) -> None:
        self.root = root
        self._keys = keys
        bounds = bounds or Bounds()
        self._bounds = replace(bounds, overflow=bounds.overflow or root / "overflow")
        self._registry = Registry(root, keys, self._bounds)
        self._generation: Generation | None = None
        self._lock = threading.Lock()
        self.history = ContactHistory(root, self._bounds)

    def publish(self, source: Path, snapshot: date) -> Generation:
        """Load a source as the snapshot of that day and make it current; raises what is wrong with it."""
        publishing.publish(self.root, self._keys, source, snapshot, self._bounds)
        return self.current()

    def sweep(self, keep: int = 3) -> list[str]:
        """Remove old generations that nobody reads; answers their ids."""
        return publishing.sweep(self.root, keep)

    def current(self) -> Generation:
        """The generation in force now; the same object, with its caches, until another is published."""
        for _ in range(3):
            name = self._current_name()
            with self._lock:
                if self._generation is not None and self._generation.id == name:
                    return self._generation
                try:
                    self._generation = self.generation(name)
                except GenerationGone:
                    continue  # published and swept while we looked: look again
                return self._generation
        raise NoGeneration()

    def generation(self, generation_id: str) -> Generation:
        """A generation by its id, for what must be recomputed as it was; raises GenerationGone."""
        return Generation(self.root / generation_id, self._bounds)

    def numbers(self, sids: Sids) -> list[str]:
        """Phone numbers in the order asked, "" where none is known; for sending and recorded reveals only."""
        return self._registry.numbers(sids)

    def sids_of_tokens(self, tokens: Sequence[str]) -> Sids:
        """Whose numbers these tokens stand for, in the order asked; -1 where nobody's."""
        return self._registry.sids_of_tokens(tokens)

    def sids_of_customers(self, customer_ids: Sequence[str]) -> Sids:
        """Subscriber numbers of external customer ids, in the order asked; -1 where unknown."""
        return self._registry.sids_of_customers(customer_ids)

    def token(self, number: str) -> str:
        """What a number is called in our tables."""
        return self._keys.token(number)

    def mask(self, number: str) -> str:
        """What a screen may show of a number."""
        return mask_number(number)

    def contacts_between(self, first: date, last: date) -> pa.Table:
        """Contact history of the days from first to last, both included: sid, channel, product, day."""
        return self.history.between(first, last)

    def append_contacts(self, day: date, sids: Sids, channels: Sequence[str], products: Sequence[str]) -> int:
        """Add contacts other systems made on a day, once; our own stay in the table `contact`."""
        with alone(self.root):
            return self.history.append(day, sids, channels, products)

    def _current_name(self) -> str:
        try:
            return (self.root / publishing.CURRENT).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise NoGeneration() from None
