"""Which call lists are open now: their day has come, nobody holds them back, and the hours are right."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select

from handlers.channels.calls.hours import Hours
from handlers.contacts import AnySession
from models.campaign import CampaignChannel
from models.execution import WorkOrder

CALL = "call"


def open_orders(session: AnySession, now: datetime) -> list[int]:
    """Ids of the work orders whose customers may be called now."""
    return [order_id for order_id, hours in lists(session, now) if hours.hold(now)]


def may_be_called(session: AnySession, work_order_id: int, now: datetime) -> bool:
    """True where customers of this work order may be called now."""
    return work_order_id in open_orders(session, now)


def lists(session: AnySession, now: datetime) -> Sequence[tuple[int, Hours]]:
    """The work orders that are worked, with their hours, whether it is the hour or not."""
    rows = session.execute(_worked().where(WorkOrder.planned_at <= now))
    return [(order_id, Hours.read(hours)) for order_id, hours in rows]


def hours_of(session: AnySession, campaign_id: int) -> Hours:
    """The hours in which a campaign may call."""
    asked = select(CampaignChannel.hours).where(
        CampaignChannel.campaign_id == campaign_id, CampaignChannel.channel == CALL
    )
    return Hours.read(session.scalars(asked).one())


def _worked() -> Select[int, str]:
    return (
        select(WorkOrder.id, CampaignChannel.hours)
        .join(
            CampaignChannel,
            (CampaignChannel.campaign_id == WorkOrder.campaign_id)
            & (CampaignChannel.channel == WorkOrder.channel),
        )
        .where(WorkOrder.channel == CALL, WorkOrder.state == "dispatched")
    )
