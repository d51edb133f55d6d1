"""Which call lists are open now: within their days, held back by nobody, at the right hours."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from handlers.channels.calls.centre import CallCentre
from handlers.channels.hours import Hours
from handlers.contacts import AnySession
from handlers.contacts.limits import local_day
from models.base import Problem
from models.campaign import Campaign, CampaignChannel
from models.execution import WorkOrder
from models.sending import Blackout

CALL = "call"
#: the code of the office whose region is the whole province
PROVINCE = "00"


def open_orders(session: AnySession, centre: CallCentre, now: datetime) -> list[int]:
    """Ids of the work orders whose customers may be called now."""
    if blackouts(session, now).get(PROVINCE):
        return []
    found = [order_id for order_id, hours in worked(session, centre, now).items() if is_open(hours, now)]
    return _approved(session, centre, found)


def worked(session: AnySession, centre: CallCentre, now: datetime) -> dict[int, Hours]:
    """The work orders that are worked now, with their hours, whether it is the hour or not."""
    rows = session.execute(
        select(WorkOrder.id, Campaign.campaign_type, CampaignChannel.hours)
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(
            CampaignChannel,
            (CampaignChannel.campaign_id == WorkOrder.campaign_id)
            & (CampaignChannel.channel == WorkOrder.channel),
        )
        .where(WorkOrder.channel == CALL, WorkOrder.state == "dispatched", WorkOrder.planned_at <= now)
        .where(~is_over(now))
    ).all()
    kinds = {(row.campaign_type, row.hours) for row in rows}
    hours = {(kind, own): Hours.in_force(centre.decide, CALL, kind, own) for kind, own in kinds}
    return {row.id: hours[row.campaign_type, row.hours] for row in rows}


def _approved(session: AnySession, centre: CallCentre, order_ids: list[int]) -> list[int]:
    """Those whose campaign is still approved as it stands; a withdrawn approval stops the calling."""
    asked = select(WorkOrder.id, Campaign).join(Campaign, Campaign.id == WorkOrder.campaign_id)
    rows = session.execute(asked.where(WorkOrder.id.in_(order_ids)).order_by(WorkOrder.id)).all()
    refused: set[int] = set()
    for campaign in {row.Campaign.id: row.Campaign for row in rows}.values():
        try:
            centre.require_approval(campaign)
        except Problem:
            refused.add(campaign.id)
    return [row.id for row in rows if row.Campaign.id not in refused]


def is_over(now: datetime) -> ColumnElement[bool]:
    """The last day of the campaign is past: what was approved ends there."""
    return and_(Campaign.end_on.is_not(None), Campaign.end_on < local_day(now))


def hours_of(session: AnySession, centre: CallCentre, campaign_id: int) -> Hours:
    """The hours in which a campaign may call."""
    asked = (
        select(Campaign.campaign_type, CampaignChannel.hours)
        .join(CampaignChannel, CampaignChannel.campaign_id == Campaign.id)
        .where(Campaign.id == campaign_id, CampaignChannel.channel == CALL)
    )
    kind, own = session.execute(asked).one()
    return Hours.in_force(centre.decide, CALL, kind, own)


def is_open(hours: Hours, now: datetime) -> bool:
    """True inside the hours."""
    opening = hours.opening(now)
    return opening is not None and opening <= now


def blackouts(session: AnySession, now: datetime) -> Mapping[str, datetime]:
    """Regions in which nobody is called just now, by the code of their office, and until when."""
    asked = (
        select(Blackout.office_code, func.max(Blackout.ends_at))
        .where(Blackout.starts_at <= now, Blackout.ends_at > now)
        .where(or_(Blackout.channel == "", Blackout.channel == CALL))
        .group_by(Blackout.office_code)
    )
    return {code: ends_at for code, ends_at in session.execute(asked)}
