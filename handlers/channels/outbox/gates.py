"""Whether a work order may be sent at all just now: not held back, approved, within its days and hours."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select

from handlers.channels.hours import Hours
from handlers.channels.outbox.tools import Tools
from handlers.contacts import AnySession
from handlers.contacts.limits import beginning_of
from models.base import Problem
from models.campaign import Campaign
from models.execution import WorkOrder
from models.sending import Blackout

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Open:
    """It may be sent until a moment; then everything is looked at again."""

    until: datetime


@dataclass(frozen=True, kw_only=True)
class Shut:
    """It may not be sent before a moment."""

    until: datetime
    #: the same holds for every other batch of the work order
    is_for_all: bool = True


@dataclass(frozen=True, kw_only=True)
class Held:
    """It may not be sent until a person has looked; without a problem a person holds it back already."""

    problem: Problem | None = None


@dataclass(frozen=True, kw_only=True)
class Over:
    """It will not be sent any more: what becomes of those who are left, and why."""

    state: str
    cause: str = ""


Closed = Shut | Held | Over


def gate(session: AnySession, order: WorkOrder, tools: Tools, now: datetime) -> Open | Closed:
    """The first thing that stands against it, or until when nothing does."""
    if order.state == "paused":
        return Held()
    if order.state != "dispatched":
        return Over(state="stopped")
    campaign = order.campaign
    end = beginning_of(campaign.end_on + ONE_DAY) if campaign.end_on else None
    if end is not None and now >= end:
        return Over(state="suppressed", cause="too_late")
    try:
        tools.require_approval(campaign)
    except Problem as problem:
        return Held(problem=problem)
    return _hours(session, order, campaign, tools, now, end)


def _hours(
    session: AnySession,
    order: WorkOrder,
    campaign: Campaign,
    tools: Tools,
    now: datetime,
    end: datetime | None,
) -> Open | Shut:
    """Hours that never open are asked for again tomorrow: somebody may change the table."""
    own = next((row.hours for row in campaign.channels if row.channel == order.channel), "00:00-24:00")
    hours = Hours.in_force(tools.decide, order.channel, campaign.campaign_type, own)
    opening = hours.opening(now)
    if opening is None or opening > now:
        return Shut(until=opening or now + ONE_DAY)
    moments = (now + ONE_DAY, end, hours.closing(now), _next_blackout(session, order.channel, now))
    return Open(until=min(moment for moment in moments if moment is not None))


def _next_blackout(session: AnySession, channel: str, now: datetime) -> datetime | None:
    """Of whatever region: only then it is asked who lives there."""
    asked = select(Blackout.starts_at).where(is_upon(channel), Blackout.starts_at > now)
    return session.scalars(asked.order_by(Blackout.starts_at).limit(1)).first()


def is_upon(channel: str) -> ColumnElement[bool]:
    """The condition that a blackout is about a channel."""
    return or_(Blackout.channel == "", Blackout.channel == channel)
