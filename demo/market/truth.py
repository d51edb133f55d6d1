"""The answer sheet: how much a campaign truly changed, for the very world the market plays."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import numpy as np

from demo.market.choices import Season, Standing, order_alone, order_asked
from demo.market.ledger import owned_before
from demo.market.lists import moment
from demo.market.world import DAY, World
from demo.province.streams import Floats, Ints, Mask


def true_lift(
    demo_dir: Path,
    campaign: str,
    product: str,
    channel: str,
    customer_ids: Sequence[str],
    start_day: date | datetime,
    contact_days: Sequence[float] | None = None,
    horizon_days: float = 30,
) -> float:
    """Points by which being given to the channel raised the share that orders within the horizon.

    The mean over exactly these customers, treated and control alike, of (orders if assigned to the contact)
    minus (orders if not). `campaign` as in the manifest; `start_day` the start of its first work order;
    `contact_days` days from the start to each contact (default: all on the first day). Exact while no other
    campaign sells the product at the same time. Raises ValueError without customers.
    """
    world = World.open(demo_dir)
    indexes = world.indexes_of_ids(list(customer_ids))
    season = Season(campaign=campaign, product=product, start=start_of(start_day))
    given = np.zeros(indexes.size) if contact_days is None else np.asarray(contact_days, float)
    alone, asked = outcomes(world, indexes, season, channel, given * DAY, horizon_days)
    if not indexes.size:
        raise ValueError("the lift of an empty list is not defined")
    return float(100 * (asked.mean() - alone.mean()))


def outcomes(
    world: World, indexes: Ints, season: Season, channel: str, offset: Floats, horizon_days: float
) -> tuple[Mask, Mask]:
    """Both potential outcomes per customer: orders within the horizon if left alone, and if contacted.

    Who owns the product when the season begins orders nothing either way.
    """
    ordered = order_alone(world, indexes, season)
    before = Standing(moment=ordered, persuaded=np.zeros(indexes.size, bool))
    asked = order_asked(world, indexes, season, channel, offset, before)
    free = ~world.has(season.product, indexes)
    free &= ~np.isin(indexes, owned_before(world.demo_dir, season.product, season.start))
    horizon = horizon_days * DAY
    return free & (ordered < horizon), free & (asked.after.moment < horizon)


def start_of(day: date | datetime) -> datetime:
    """The moment a start means, read as in a manifest."""
    found = moment(day.isoformat())
    if found is None:
        raise ValueError("a season needs a start")
    return found
