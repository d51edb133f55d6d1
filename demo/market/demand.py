"""What contacts change: who orders because he was asked, who does not any more, who would have anyway."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np

from demo.market.announcements import Announcement
from demo.market.choices import LENGTH, NEVER, Season, Standing, order_alone, order_asked
from demo.market.ledger import Ledger, Purchase
from demo.market.world import World
from demo.office.catalogue import CODES
from demo.province.streams import BLOCK, Floats, Ints

_ALONE_VIA = np.array(["10086", "web", "shop", "sms"])


class Demand:
    """The province's wish for products, in seasons that campaigns open."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self._world, self._ledger = world, ledger

    def ask(self, told: Announcement, product: str, indexes: Ints, met: Floats, now: datetime) -> Floats:
        """Ask customers at their moments (seconds since 1970); when each orders whom it won, else NEVER.

        A message's order follows by itself; one won in a talk is noted when the order made for him comes.
        """
        key, season = self.season(told, product, now)
        start = season.start.timestamp()
        standing = self._standing(product, indexes, start)
        offset = np.maximum(met - start, 0.0)
        contacted = order_asked(self._world, indexes, season, told.channel, offset, standing)
        put_off = np.isfinite(standing.moment) & ~np.isfinite(contacted.after.moment)
        self._ledger.forget(key, product, (int(customer) for customer in indexes[put_off]))
        won = contacted.won & ~self._world.has(product, indexes)
        ordered = np.where(won, start + contacted.after.moment, NEVER)
        if told.channel == "sms":
            self._ledger.buy(key, product, _purchases(indexes, ordered))
        return ordered

    def season(self, told: Announcement, product: str, now: datetime) -> tuple[int, Season]:
        """The season under way, or a new one: then who orders alone is decided for the whole province."""
        moment = max(told.start, now)
        for key, season in self._ledger.seasons(told.campaign, product):
            if season.start <= moment < season.start + timedelta(seconds=LENGTH):
                return key, season
        start = told.start.replace(microsecond=0)
        if moment >= start + timedelta(seconds=LENGTH):
            start = moment.replace(microsecond=0)
        season = Season(campaign=told.campaign, product=product, start=start)
        key = self._ledger.open_season(season)
        for first in range(0, self._world.customers, BLOCK):
            last = min(first + BLOCK, self._world.customers)
            self._let_alone(key, season, np.arange(first, last, dtype=np.int64))
        return key, season

    def _standing(self, product: str, indexes: Ints, start: float) -> Standing:
        bought = self._ledger.purchases(product, [int(customer) for customer in indexes])
        found = [bought.get(int(customer), (np.inf, False)) for customer in indexes]
        return Standing(
            moment=np.array([at - start for at, _ in found], float),
            persuaded=np.array([persuaded for _, persuaded in found], bool),
        )

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


def _purchases(indexes: Ints, ordered: Floats) -> Iterator[Purchase]:
    for row in np.flatnonzero(np.isfinite(ordered)):
        yield Purchase(customer=int(indexes[row]), at=int(ordered[row]), persuaded=True, via="sms")


def products_of(told: Announcement) -> tuple[str, ...]:
    """What a work order sells of what there is."""
    return tuple(product for product in told.products if product in CODES)
