"""Whom a channel of a campaign may meet, and from which day on: asked when reserving and when dispatching."""

from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from handlers.audience import GROUP_CODES, SMS_AVERSE, read_frozen
from handlers.contacts import Limits
from handlers.desk.workshop import Workshop, at_local, local_day
from models.base import Problem
from models.campaign import Campaign, CampaignChannel

Sids = NDArray[np.int64]
TREATED = 0
ONE_DAY = timedelta(days=1)


class NoFrozenList(Problem):
    """There is no list to split."""

    message = "This campaign has no frozen list; nothing can be dispatched."


def limits_of(campaign: Campaign, workshop: Workshop) -> Limits:
    """The limits in force for the channels of a campaign."""
    channels = [channel.channel for channel in campaign.channels]
    return Limits.in_force(workshop.decide, campaign.campaign_type, channels)


def treated(campaign: Campaign, workshop: Workshop, channel: str) -> Sids:
    """Treated customers who may be met through a channel, best rank first.

    A list of several channels also holds people whom the exclusions left one of them only.
    """
    table = _frozen(campaign, workshop)
    chosen = table["arm"] == TREATED
    if channel == "sms" and _spares_averse_groups(campaign, workshop):
        chosen &= ~np.isin(table["group"], [GROUP_CODES[name] for name in SMS_AVERSE])
    order = np.argsort(table["rank"][chosen], kind="stable")
    sids: Sids = table["sid"][chosen][order]
    return sids


def control(campaign: Campaign, workshop: Workshop) -> Sids:
    """Customers who are kept back."""
    table = _frozen(campaign, workshop)
    sids: Sids = table["sid"][table["arm"] != TREATED]
    return sids


def planned_day(start_on: date | None, now: datetime) -> date:
    """The day limits are asked about while a campaign is planned: its first, or today if that is over."""
    today = local_day(now)
    return max(start_on or today, today)


def first_day(channel: CampaignChannel, campaign: Campaign, now: datetime) -> date:
    """The first day a channel meets anybody: as confirmed, else as planned, and while there is time left."""
    today = local_day(now)
    earliest = today if now < closing(channel, today) else today + ONE_DAY
    return max(channel.confirmed_from or campaign.start_on or earliest, earliest)


def opening(channel: CampaignChannel, day: date) -> datetime:
    """When the channel's hours begin on a day."""
    return at_local(day, int(channel.hours[:2]), int(channel.hours[3:5]))


def closing(channel: CampaignChannel, day: date) -> datetime:
    """When the channel's hours are over on a day; nobody is met after that."""
    return at_local(day, int(channel.hours[6:8]), int(channel.hours[9:11]))


def _spares_averse_groups(campaign: Campaign, workshop: Workshop) -> bool:
    asked = {"exclusion_set": campaign.audience.exclusion_set if campaign.audience else ""}
    return any(row["rule"] == "sms_averse_group" for row in workshop.decide("exclusion_set", asked))


def _frozen(campaign: Campaign, workshop: Workshop) -> dict[str, NDArray[np.int64]]:
    if campaign.audience is None:
        raise NoFrozenList()
    return read_frozen(workshop.folder / campaign.audience.file, campaign.audience.file_digest)
