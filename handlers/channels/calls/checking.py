"""May this customer be called now? Asked just before the number is given, with what came in since (H4)."""

from datetime import datetime

import numpy as np
from sqlalchemy import select

from handlers.channels.calls.centre import CallCentre
from handlers.channels.calls.holding import is_held, let_go, lock, one_act
from handlers.channels.calls.ledger import settle
from handlers.contacts import AnySession, Limits, check
from models.base import read_only
from models.call import Call
from models.campaign import Campaign, CampaignProduct
from models.execution import Contact

CALL = "call"


def cause_against(session: AnySession, centre: CallCentre, call_id: int, now: datetime) -> str:
    """Why this customer may not be called, as a code; empty where nothing speaks against it."""
    with read_only():
        try:
            call = session.get_one(Call, call_id)
            contact = session.get_one(Contact, call.contact_id)
            if contact.outcome == "success":
                return "already_ordered"
            if _refused_before(session, call):
                return "refused_before"
            return _blocked(session, centre, call, now)
        finally:
            session.rollback()


def leave_out(session: AnySession, call_id: int, fence: int, login: str, cause: str, now: datetime) -> None:
    """Close the call; a customer who was never reached is suppressed, and what was reserved is given back."""
    with one_act(session):
        call = lock(session, call_id)
        if not is_held(call, fence, login):
            return
        call.state, call.ended_at = "done", now
        let_go(call)
        contact = session.get_one(Contact, call.contact_id)
        if contact.state == "handed_over":
            contact.state, contact.cause, contact.settled_at = "suppressed", cause, now
            settle(session, call.campaign_id, [call.sid], 0, now)


def _refused_before(session: AnySession, call: Call) -> bool:
    """This product is not offered again by call to who refused it in a call: he was told so."""
    products = select(CampaignProduct.product_code).where(CampaignProduct.campaign_id == call.campaign_id)
    asked = (
        select(Contact.id)
        .join(CampaignProduct, CampaignProduct.campaign_id == Contact.campaign_id)
        .where(Contact.sid == call.sid, Contact.channel == CALL, Contact.outcome == "refuse")
        .where(Contact.id != call.contact_id, CampaignProduct.product_code.in_(products))
    )
    return session.scalars(asked.limit(1)).first() is not None


def _blocked(session: AnySession, centre: CallCentre, call: Call, now: datetime) -> str:
    campaign = session.get_one(Campaign, call.campaign_id)
    blocked = check(
        np.array([call.sid], dtype=np.int64),
        CALL,
        now=now,
        limits=Limits.in_force(centre.decide, campaign.campaign_type, [CALL]),
        warehouse=centre.warehouse,
        session=session,
        campaign_id=campaign.id,
    )
    if blocked.do_not_disturb[0]:
        return "do_not_disturb"
    return "over_frequency" if blocked.over_limit[0] else ""
