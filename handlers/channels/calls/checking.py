"""May this customer be called now? Asked just before the number is given, with what came in since (H4)."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import select

from handlers.channels.calls.centre import CallCentre
from handlers.channels.calls.holding import is_held, let_go, lock, one_act
from handlers.channels.calls.open_orders import CALL, blackouts
from handlers.channels.calls.settling import settle_calls
from handlers.contacts import AnySession, Limits, check
from models.base import read_only
from models.call import Call
from models.campaign import Campaign, CampaignProduct
from models.execution import Contact


@dataclass(frozen=True, kw_only=True)
class Hindrance:
    """What speaks against a call."""

    #: code of a cause that holds for good, empty where the call only has to wait
    cause: str = ""
    until: datetime | None = None


def hindrance(session: AnySession, centre: CallCentre, call_id: int, now: datetime) -> Hindrance | None:
    """What speaks against calling this customer now; None where nothing does."""
    with read_only():
        try:
            call = session.get_one(Call, call_id)
            cause = _cause(session, centre, call, now)
            if cause:
                return Hindrance(cause=cause)
            until = _closed_until(session, centre, call.sid, now)
            return None if until is None else Hindrance(until=until)
        finally:
            session.rollback()


def obey(session: AnySession, call_id: int, fence: int, login: str, found: Hindrance, now: datetime) -> None:
    """Let the call wait, or close it; who was never reached is suppressed, and the place is given back."""
    with one_act(session):
        call = lock(session, call_id)
        if not is_held(call, fence, login):
            return
        let_go(call)
        if found.until is not None:
            call.state, call.due_at = "waiting", found.until
            return
        call.state, call.ended_at = "done", now
        contact = session.get_one(Contact, call.contact_id)
        if contact.state == "handed_over":
            contact.state, contact.cause, contact.settled_at = "suppressed", found.cause, now
            settle_calls(session, call.campaign_id, [call.sid], 0, now)


def _cause(session: AnySession, centre: CallCentre, call: Call, now: datetime) -> str:
    if session.get_one(Contact, call.contact_id).outcome == "success":
        return "already_ordered"
    if _refused_before(session, call):
        return "refused_before"
    return _blocked(session, centre, call, now)


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


def _closed_until(session: AnySession, centre: CallCentre, sid: int, now: datetime) -> datetime | None:
    """The end of a blackout of the customer's prefecture or county."""
    closed = blackouts(session, now)
    if not closed:
        return None
    asked = "SELECT pref, county FROM customers WHERE sid = ?"
    places = centre.warehouse.current().query(asked, [sid]).to_pylist()
    codes = {code for row in places for code in row.values()}
    return max((ends_at for code, ends_at in closed.items() if code in codes), default=None)
