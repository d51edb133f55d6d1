"""What a customer does, alone or asked: two outcomes of one draw, so a contact's effect is known exactly."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from demo.market.reach import ANSWERED, DELIVERED, KEPT, TRIES
from demo.market.world import DAY, LOCAL, World
from demo.province.streams import Floats, Ints, Mask

#: Orders that a campaign's time brings fall into its first 29 days, so that 30 days see them all.
LENGTH = 29 * DAY
#: Nobody orders by himself on the first day: who is asked that day is asked first.
_QUIET = DAY
#: How much of a customer's temper towards a product stays from campaign to campaign.
_PERSISTENT = 0.6
#: Mean days between a message and the order it brings; after a talk it takes minutes.
_HESITATION = 4 * DAY
_PAPERWORK = 300.0
NEVER = np.inf


@dataclass(frozen=True, kw_only=True)
class Season:
    """The time in which one campaign moves the market for one product."""

    campaign: str
    product: str
    start: datetime

    @property
    def label(self) -> str:
        """What this season's draws depend on."""
        return season_label(self.campaign, self.start.astimezone(LOCAL).date())


def season_label(campaign: str, day: date) -> str:
    """A campaign's season that begins on a day."""
    return f"{campaign}@{day}"


def temper(world: World, indexes: Ints, season: Season) -> Floats:
    """ONE uniform per customer, product and season: it decides what happens with and without a contact."""
    lasting = ndtri(world.draw(indexes, "temper", season.product))
    fresh = ndtri(world.draw(indexes, "temper", season.product, season.label))
    found: Floats = ndtr(np.sqrt(_PERSISTENT) * lasting + np.sqrt(1 - _PERSISTENT) * fresh)
    return found


def chances(world: World, indexes: Ints, product: str, channel: str) -> tuple[Floats, Floats]:
    """p0 and the channel's p1: the chance of an order in 30 days, left alone and reached."""
    alone = np.clip(world.column(f"p0_{product}", indexes).astype(float), 1e-6, 1 - 1e-6)
    talked = np.clip(world.column(f"p1_{product}", indexes).astype(float), 1e-6, 1 - 1e-6)
    asked: Floats = expit(logit(alone) + KEPT[channel] * (logit(talked) - logit(alone)))
    return alone, asked


def sms_status(world: World, indexes: Ints, campaign: str, moment: Floats) -> Ints:
    """Delivery of a message sent at `moment` (seconds from the beginning), as a place in STATUSES."""
    draw = world.draw(indexes, "delivery", campaign)
    edges = np.array([DELIVERED, 0.981, 0.991, 0.998])
    status = np.searchsorted(edges, draw, side="right").astype(np.int64)
    return np.where(world.gone_at(indexes) <= moment, 1, status)


STATUSES = ("DELIVRD", "UNDELIV", "EXPIRED", "UNKNOWN", "REJECTD")


def answered_try(world: World, indexes: Ints, campaign: str, moment: Floats) -> Ints:
    """The try, from 1, at which a customer answers a call; 0 for nobody after the last."""
    found = np.zeros(indexes.size, np.int64)
    for number in range(TRIES, 0, -1):
        found = np.where(world.draw(indexes, "call", campaign, number) < ANSWERED, number, found)
    return np.where(world.gone_at(indexes) <= moment, 0, found)


def reached(world: World, indexes: Ints, campaign: str, channel: str, moment: Floats) -> Mask:
    """Who gets the message or takes the call."""
    if channel == "sms":
        delivered: Mask = sms_status(world, indexes, campaign, moment) == 0
        return delivered
    spoken: Mask = answered_try(world, indexes, campaign, moment) > 0
    return spoken


def order_alone(world: World, indexes: Ints, season: Season) -> Floats:
    """When, in seconds of the season, each customer orders without being asked; NEVER for most."""
    alone, _ = chances(world, indexes, season.product, "call")
    draw = world.draw(indexes, "day alone", season.product, season.label)
    moment = np.where(temper(world, indexes, season) < alone, _QUIET + draw * (LENGTH - _QUIET), NEVER)
    return _while_there(world, indexes, season, moment)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where customers stand in a season: the moment of the order, and whether a contact brought it."""

    moment: Floats
    persuaded: Mask


@dataclass(frozen=True, kw_only=True)
class Contacted:
    """What a contact changed: the standing after it, and whom it won."""

    after: Standing
    won: Mask


def order_asked(
    world: World, indexes: Ints, season: Season, channel: str, offset: Floats, before: Standing
) -> Contacted:
    """When each customer orders if asked at `offset` seconds, given what stood `before`.

    Who is not reached, or has ordered, does as before. Who is reached and willing orders soon. Who is
    reached and put off does not order any more, unless an earlier contact had won him.
    """
    shift = season.start.timestamp() - world.beginning
    heard = reached(world, indexes, season.campaign, channel, offset + shift) & (before.moment > offset)
    _, asked = chances(world, indexes, season.product, channel)
    willing = temper(world, indexes, season) < asked
    won = heard & willing
    moment = np.minimum(before.moment, offset + _delay(world, indexes, season, channel, offset))
    lost = heard & ~willing & ~before.persuaded
    moment = np.where(won, moment, np.where(lost, NEVER, before.moment))
    moment = _while_there(world, indexes, season, moment)
    return Contacted(after=Standing(moment=moment, persuaded=won | before.persuaded), won=won)


def _delay(world: World, indexes: Ints, season: Season, channel: str, offset: Floats) -> Floats:
    """Seconds from contact to order: minutes after a talk, some days after a message, inside the season."""
    if channel == "call":
        return np.full(indexes.size, _PAPERWORK)
    left = np.maximum(LENGTH - offset, 60.0)
    draw = world.draw(indexes, "hesitation", season.product, season.label)
    found: Floats = -_HESITATION * np.log1p(-draw * -np.expm1(-left / _HESITATION))
    return found


def _while_there(world: World, indexes: Ints, season: Season, moment: Floats) -> Floats:
    shift = season.start.timestamp() - world.beginning
    found: Floats = np.where(moment + shift < world.gone_at(indexes), moment, NEVER)
    return found
