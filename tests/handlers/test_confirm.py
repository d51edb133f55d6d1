"""Confirm: less than approved is fine, more is not; a change asked for releases what was confirmed."""

from datetime import date, timedelta
from typing import Any

import pytest

from handlers.confirm import MoreThanApproved, OutsideTheWindow
from models.campaign import Campaign
from tests.factories import rows
from tests.factories.stage import Stage

Ready = tuple[Stage, Campaign]

WINDOW = {"from_day": "2026-03-05", "to_day": "2026-03-15"}


def approved(stage: Stage, **changed: Any) -> Campaign:
    campaign = rows.drafted_campaign(**changed)
    stage.plan(campaign)
    stage.approve(campaign)
    return campaign


def confirm(campaign: Campaign, channel: str, people: int, minutes: int = 0, **days: Any) -> None:
    rows.handed_in(
        campaign,
        "confirm_channel",
        "confirm",
        variables={"channel": channel},
        answer={"people": people} | WINDOW | days,
        closed_by="huangzhiyong",
        closed_at=rows.MONDAY + timedelta(minutes=minutes),
    )


def ceiling(campaign: Campaign) -> int:
    assert campaign.audience is not None
    return campaign.audience.frozen - campaign.audience.control


def test_every_channel_of_the_campaign_is_asked_in_its_order(stage: Stage) -> None:
    campaign = rows.drafted_campaign(channels=("call", "sms"))
    found = stage.run("confirm.ask_capacity", campaign_id=campaign.id)
    assert found == {"channels": ["call", "sms"], "confirmations": []}


def test_what_keepers_confirmed_is_booked_at_their_channels(stage: Stage) -> None:
    campaign = approved(stage, channels=("sms", "call"))
    confirm(campaign, "sms", ceiling(campaign))
    confirm(campaign, "call", 40, from_day="2026-03-09", to_day="2026-03-10")
    assert stage.run("confirm.book", campaign_id=campaign.id) == {"confirmation": "confirm"}
    sms, call = campaign.channels
    assert (sms.confirmed_people, sms.confirmed_from) == (ceiling(campaign), date(2026, 3, 5))
    assert (call.confirmed_people, call.confirmed_to) == (40, date(2026, 3, 10))
    assert {sms.confirmed_by, call.confirmed_by} == {"huangzhiyong"}


def test_more_than_was_approved_cannot_be_confirmed(ready: Ready) -> None:
    stage, campaign = ready
    confirm(campaign, "sms", ceiling(campaign) + 1)
    with pytest.raises(MoreThanApproved) as refused:
        stage.run("confirm.book", campaign_id=campaign.id)
    assert refused.value.fields["ceiling"] == ceiling(campaign)
    assert campaign.channels[0].confirmed_people is None


@pytest.mark.parametrize(
    "days",
    [
        {"from_day": "2026-03-04"},
        {"to_day": "2026-03-16"},
        {"from_day": "2026-03-10", "to_day": "2026-03-09"},
    ],
)
def test_days_outside_the_approved_window_cannot_be_confirmed(ready: Ready, days: dict[str, str]) -> None:
    stage, campaign = ready
    confirm(campaign, "sms", 10, **days)
    with pytest.raises(OutsideTheWindow):
        stage.run("confirm.book", campaign_id=campaign.id)


def test_the_later_round_counts(ready: Ready) -> None:
    stage, campaign = ready
    confirm(campaign, "sms", 30)
    confirm(campaign, "sms", 20, minutes=5)
    stage.run("confirm.book", campaign_id=campaign.id)
    assert campaign.channels[0].confirmed_people == 20


def test_a_wish_for_changes_is_no_confirmation(ready: Ready) -> None:
    stage, campaign = ready
    confirm(campaign, "sms", 30)
    rows.handed_in(
        campaign,
        "confirm_channel",
        "adjust",
        variables={"channel": "sms"},
        closed_at=rows.MONDAY + timedelta(minutes=9),
    )
    stage.run("confirm.book", campaign_id=campaign.id)
    assert campaign.channels[0].confirmed_people == 30


def test_a_change_asked_for_releases_what_was_confirmed(ready: Ready) -> None:
    stage, campaign = ready
    confirm(campaign, "sms", 30)
    stage.run("confirm.book", campaign_id=campaign.id)
    assert stage.run("confirm.release", campaign_id=campaign.id) == {"confirmation": "adjust"}
    channel = campaign.channels[0]
    assert (channel.confirmed_people, channel.confirmed_from, channel.confirmed_to) == (None, None, None)
    assert channel.confirmed_by is None
    assert {e.state for e in rows.entries_of(campaign)} == {"released"}
