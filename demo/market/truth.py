"""The answer sheet: how much a campaign truly changed, for the very world the market plays."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import numpy as np

from demo.market.announcements import moment
from demo.market.choices import Season, Standing, order_alone, order_asked
from demo.market.ledger import Contact, Ledger, owned_before
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
    minus (orders if not). `campaign` as announced; `start_day` the start of its first work order;
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


def true_lift_of_list(demo_dir: Path, campaign: str, product: str, horizon_days: float = 30) -> float:
    """The true lift over the customers whom a campaign met, each at the moment it did.

    For its first season of the product. Raises ValueError where the campaign met nobody.
    """
    world, ledger = World.open(demo_dir), Ledger(demo_dir)
    try:
        contacts, seasons = ledger.contacts_of(campaign), ledger.seasons(campaign, product)
    finally:
        ledger.close()
    if not contacts or not seasons:
        raise ValueError(f"the market was not met by campaign {campaign}")
    season = seasons[-1][1]
    indexes = np.unique([contact.customer for contact in contacts])
    ordered = order_alone(world, indexes, season)
    standing = Standing(moment=ordered, persuaded=np.zeros(indexes.size, bool))
    for channel, rows, met in _rounds(contacts):
        standing = _after(world, season, channel, indexes, standing, rows, met)
    free, horizon = _free(world, season, indexes), horizon_days * DAY
    asked = free & (standing.moment < horizon)
    return float(100 * (asked.mean() - (free & (ordered < horizon)).mean()))


def _rounds(contacts: list[Contact]) -> list[tuple[str, Ints, Floats]]:
    """Per work order, the earliest first: channel, customers, moments of contact in seconds since 1970."""
    by_order: dict[str, list[Contact]] = {}
    for contact in contacts:
        by_order.setdefault(contact.work_order, []).append(contact)
    found = [
        (met[0].channel, np.array([c.customer for c in met], np.int64), np.array([c.at for c in met]))
        for met in by_order.values()
    ]
    return sorted(found, key=lambda each: float(each[2].min()))


def _after(
    world: World, season: Season, channel: str, indexes: Ints, standing: Standing, rows: Ints, met: Floats
) -> Standing:
    """The standing of all once some of them were contacted."""
    place = np.searchsorted(indexes, rows)
    before = Standing(moment=standing.moment[place], persuaded=standing.persuaded[place])
    offset = met - season.start.timestamp()
    after = order_asked(world, rows, season, channel, offset, before).after
    moment, persuaded = standing.moment.copy(), standing.persuaded.copy()
    moment[place], persuaded[place] = after.moment, after.persuaded
    return Standing(moment=moment, persuaded=persuaded)


def _free(world: World, season: Season, indexes: Ints) -> Mask:
    """Who does not own the product when the season begins."""
    owners = owned_before(world.demo_dir, season.product, season.start)
    found: Mask = ~world.has(season.product, indexes) & ~np.isin(indexes, owners)
    return found


def outcomes(
    world: World, indexes: Ints, season: Season, channel: str, offset: Floats, horizon_days: float
) -> tuple[Mask, Mask]:
    """Both potential outcomes per customer: orders within the horizon if left alone, and if contacted.

    Who owns the product when the season begins orders nothing either way.
    """
    ordered = order_alone(world, indexes, season)
    before = Standing(moment=ordered, persuaded=np.zeros(indexes.size, bool))
    asked = order_asked(world, indexes, season, channel, offset, before)
    free, horizon = _free(world, season, indexes), horizon_days * DAY
    return free & (ordered < horizon), free & (asked.after.moment < horizon)


def start_of(day: date | datetime) -> datetime:
    """The moment a start means, read as in an announcement."""
    return moment(day.isoformat())
