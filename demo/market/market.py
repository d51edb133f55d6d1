"""The market itself: takes in the channels' lists, decides what customers do, keeps it for its time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from demo.market.choices import LENGTH, Season, Standing, order_alone, order_asked
from demo.market.keys import CHANNELS, identity_of
from demo.market.ledger import Ledger, Purchase
from demo.market.lists import BrokenList, SentList, manifests, read_list
from demo.market.orders import write_orders
from demo.market.replies import Contacts, replies
from demo.market.timing import begin, contact_moments
from demo.market.world import LOCAL, World
from demo.office.catalogue import CODES
from demo.province.streams import BLOCK, Floats, Ints, Mask

_ALONE_VIA = np.array(["10086", "web", "shop", "sms"])
_BATCH = 1000
Post = Callable[[str, list[dict[str, object]]], None]
Complain = Callable[[str], None]


class Market:
    """Everything outside the product, between one moment and the next."""

    def __init__(self, world: World, ledger: Ledger, instance_dir: Path, complain: Complain) -> None:
        self._world = world
        self._ledger = ledger
        self._instance = instance_dir
        self._complain = complain
        self._refused: set[str] = set()

    def take_in(self, now: datetime) -> int:
        """Read every new list and decide all that follows from it; how many lists were new."""
        taken = 0
        for channel in CHANNELS:
            for manifest in manifests(self._instance, channel):
                name = manifest.name.removesuffix(".manifest.json")
                if name not in self._refused and not self._ledger.knows_list(name):
                    taken += self._take(manifest, channel, now)
        return taken

    def answer(self, now: datetime, post: Post) -> int:
        """Say what is due, in batches of one feed; how much was said."""
        said = 0
        moment = int(now.timestamp())
        while batch := self._ledger.due_answers(moment, _BATCH):
            post(batch[0][1], [body for _, _, body in batch])
            with self._ledger.writing():
                self._ledger.note_sent(key for key, _, _ in batch)
            said += len(batch)
        return said

    def send_orders(self, now: datetime) -> bool:
        """Put the day's order file into the product's inbox, once a day."""
        return write_orders(self._world, self._ledger, self._instance / "in", now)

    def next_due(self) -> datetime | None:
        """When the next answer is due."""
        moment = self._ledger.next_due()
        return None if moment is None else datetime.fromtimestamp(moment, LOCAL)

    def _take(self, manifest: Path, channel: str, now: datetime) -> int:
        try:
            sent = read_list(manifest, identity_of(self._world.demo_dir, channel))
        except BrokenList as broken:
            self._refused.add(manifest.name.removesuffix(".manifest.json"))
            self._complain(str(broken))
            return 0
        with self._ledger.writing():
            self._ledger.note_list(sent.work_order, sent.campaign, int(now.timestamp()))
            self._decide(sent, now)
        return 1

    def _decide(self, sent: SentList, now: datetime) -> None:
        indexes = self._world.indexes_of_numbers(sent.numbers)
        moments, met = contact_moments(self._world, indexes, sent, now)
        won = np.zeros(indexes.size, bool)
        known = indexes >= 0
        for product in (product for product in sent.products if product in CODES):
            won[known] |= self._ask(sent, product, indexes[known], met[known], now)
        contacts = Contacts(sent=sent, indexes=indexes, moments=moments, won=won)
        self._ledger.say(replies(self._world, contacts))

    def _ask(self, sent: SentList, product: str, indexes: Ints, met: Floats, now: datetime) -> Mask:
        """Change what these customers will order, and say whom the contact won."""
        key, season = self._season(sent, product, now)
        start = season.start.timestamp()
        standing = self._standing(product, indexes, start)
        contacted = order_asked(self._world, indexes, season, sent.channel, met - start, standing)
        won = contacted.won & ~self._world.has(product, indexes)
        rows = np.flatnonzero(won & np.isfinite(contacted.after.moment))
        self._ledger.buy(key, product, (
            Purchase(customer=int(indexes[row]), at=int(start + contacted.after.moment[row]),
                     persuaded=True, via=sent.channel)
            for row in rows
        ))  # fmt: skip
        put_off = np.isfinite(standing.moment) & ~np.isfinite(contacted.after.moment)
        self._ledger.forget(key, product, (int(customer) for customer in indexes[put_off]))
        return won

    def _standing(self, product: str, indexes: Ints, start: float) -> Standing:
        bought = self._ledger.purchases(product, [int(customer) for customer in indexes])
        found = [bought.get(int(customer), (np.inf, False)) for customer in indexes]
        return Standing(
            moment=np.array([at - start for at, _ in found], float),
            persuaded=np.array([persuaded for _, persuaded in found], bool),
        )

    def _season(self, sent: SentList, product: str, now: datetime) -> tuple[int, Season]:
        """The season under way, or a new one: then who orders alone is decided for the whole province."""
        moment = begin(sent, now)
        for key, season in self._ledger.seasons(sent.campaign, product):
            if season.start <= moment < season.start + timedelta(seconds=LENGTH):
                return key, season
        start = (sent.start or moment).replace(microsecond=0)
        if moment >= start + timedelta(seconds=LENGTH):
            start = moment.replace(microsecond=0)
        season = Season(campaign=sent.campaign, product=product, start=start)
        key = self._ledger.open_season(season)
        for first in range(0, self._world.customers, BLOCK):
            last = min(first + BLOCK, self._world.customers)
            self._let_alone(key, season, np.arange(first, last, dtype=np.int64))
        return key, season

    def _let_alone(self, key: int, season: Season, indexes: Ints) -> None:
        moment = order_alone(self._world, indexes, season)
        orders = np.isfinite(moment) & ~self._world.has(season.product, indexes)
        via = _ALONE_VIA[(4 * self._world.draw(indexes, "via", season.product)).astype(np.int64)]
        start = season.start.timestamp()
        self._ledger.buy(key, season.product, (
            Purchase(customer=int(indexes[row]), at=int(start + moment[row]), persuaded=False,
                     via=str(via[row]))
            for row in np.flatnonzero(orders)
        ))  # fmt: skip
