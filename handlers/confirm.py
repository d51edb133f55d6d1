"""Confirm: each channel says how many it can meet, and when."""

from datetime import date, datetime
from typing import Any

from handlers import contacts
from handlers.desk.answers import answers, campaign_of
from handlers.operation import Result, operation
from models.base import Problem, db
from models.campaign import Campaign, CampaignChannel
from models.process import ToDo


class MoreThanApproved(Problem):
    """A channel may confirm less than was approved, never more."""

    message = "At most %(ceiling)s people were approved; %(people)s cannot be confirmed."


class OutsideTheWindow(Problem):
    """A channel may move inside the approved window, not out of it."""

    message = "The days must lie between %(first)s and %(last)s, the window that was approved."


@operation
def ask_capacity(campaign_id: int) -> Result:
    """List the channels whose keepers must confirm."""
    campaign = campaign_of(campaign_id)
    return {"channels": [row.channel for row in campaign.channels], "confirmations": []}


@operation
def book(campaign_id: int) -> Result:
    """Write each keeper's number and days to the channel, refusing more than was approved."""
    campaign = campaign_of(campaign_id)
    by_channel = {done.variables.get("channel"): done for done in reversed(_this_round(campaign))}
    for row in campaign.channels:
        _book(campaign, row, by_channel[row.channel])
    return {"confirmation": "confirm"}


@operation
def release(campaign_id: int, now: datetime) -> Result:
    """Forget what was confirmed and give back what was reserved; a channel asked for changes."""
    contacts.release(db.session, campaign_id, now)
    for row in campaign_of(campaign_id).channels:
        row.confirmed_people = row.confirmed_from = row.confirmed_to = row.confirmed_by = None
    return {"confirmation": "adjust"}


def check_confirmation(campaign: Campaign, answer: dict[str, Any]) -> None:
    """Refuse more people or other days than were approved."""
    ceiling = campaign.audience.frozen - campaign.audience.control if campaign.audience else 0
    if int(answer["people"]) > ceiling:
        raise MoreThanApproved(people=answer["people"], ceiling=ceiling)
    first, last = date.fromisoformat(answer["from_day"]), date.fromisoformat(answer["to_day"])
    if campaign.start_on is None or campaign.end_on is None:
        return
    if not campaign.start_on <= first <= last <= campaign.end_on:
        raise OutsideTheWindow(first=campaign.start_on.isoformat(), last=campaign.end_on.isoformat())


def _book(campaign: Campaign, row: CampaignChannel, done: ToDo) -> None:
    answer = done.answer or {}
    check_confirmation(campaign, answer)
    row.confirmed_people = int(answer["people"])
    row.confirmed_from = date.fromisoformat(answer["from_day"])
    row.confirmed_to = date.fromisoformat(answer["to_day"])
    row.confirmed_by = done.closed_by


def _this_round(campaign: Campaign) -> list[ToDo]:
    """The confirmations given; an older round is overwritten by a later one of the same channel."""
    return [done for done in answers(campaign.id, "confirm_channel") if done.outcome == "confirm"]
