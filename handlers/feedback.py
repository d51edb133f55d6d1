"""Feedback: what came back is matched to who was met, until the window is over."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from handlers.channels.outbox import is_open
from handlers.contacts import release_unsent
from handlers.desk.answers import campaign_of
from handlers.desk.looking import looking
from handlers.desk.matching import apply_answers, apply_words
from handlers.desk.measure import measure
from handlers.desk.naming import name_receipts
from handlers.desk.responses import audience_orders, response_window
from handlers.desk.workshop import Workshop, at_local, local_day
from handlers.operation import Result, job, operation
from models.base import db
from models.campaign import Campaign
from models.evaluation import Evaluation
from models.execution import Contact, WorkOrder
from models.feedback import Feedback

#: hour of the day at which yesterday's answers are matched
MATCH_HOUR = 9
#: files of a day come the morning after
GRACE = timedelta(hours=12)
#: rows matched in one statement
BATCH = 500


@operation
def open_window(campaign_id: int, workshop: Workshop, now: datetime) -> Result:
    """Answers count from the first contact until the response days after the last one are over."""
    return {"next_check": _next_check(campaign_of(campaign_id), now).isoformat()}


@job
def match_receipts(campaign_id: int, now: datetime) -> Result:
    """Give each contact its receipts or call results, and the campaign the words of those it met."""
    name_receipts(db.session, now)
    receipts = apply_answers(db.session, campaign_id, now)
    apply_words(db.session, campaign_id)
    db.session.commit()
    return {"receipts": receipts}


@job
def match_orders(campaign_id: int, workshop: Workshop, now: datetime) -> Result:
    """Credit orders of the campaign's products by people of its list within the window, both arms alike."""
    with looking():
        orders = audience_orders(campaign_of(campaign_id), workshop, db.session)
    for start in range(0, len(orders.ids), BATCH):
        part = orders.ids[start : start + BATCH].tolist()
        db.session.execute(
            update(Feedback).where(Feedback.id.in_(part)).values(state="matched", campaign_id=campaign_id)
        )
        buyers = orders.sids[start : start + BATCH].tolist()
        db.session.execute(
            update(Contact)
            .where(Contact.campaign_id == campaign_id, Contact.sid.in_(buyers), Contact.outcome != "success")
            .values(outcome="success")
        )
    db.session.commit()
    return {"orders": len(orders.ids)}


@operation
def settle_contacts(campaign_id: int, workshop: Workshop, now: datetime) -> Result:
    """Close the contacts that have their answer, and say whether the window is over.

    While something may still be sent or called it is not, whatever the calendar says. Once it is, nobody
    else will be met: what is still reserved is given back.
    """
    campaign = campaign_of(campaign_id)
    db.session.execute(
        update(Contact)
        .where(Contact.campaign_id == campaign_id, Contact.settled_at.is_(None))
        .where(Contact.state.in_(("delivered", "failed", "reached", "not_reached")))
        .values(settled_at=now)
    )
    is_over = now >= _settled_at(campaign, now) and not is_open(db.session, campaign_id)
    if is_over:
        done = update(WorkOrder).where(WorkOrder.campaign_id == campaign_id, WorkOrder.state == "dispatched")
        db.session.execute(done.values(state="done"))
        release_unsent(db.session, campaign_id, now)
    return {"is_over": is_over, "next_check": _next_check(campaign, now).isoformat()}


@job
def measure_so_far(campaign_id: int, workshop: Workshop, now: datetime) -> Result:
    """Compute the figures as they stand, marked as not final; the last interim replaces the one before."""
    with looking():
        figures = measure(campaign_of(campaign_id), workshop, db.session, now)
    asked = select(Evaluation).where(Evaluation.campaign_id == campaign_id, Evaluation.is_final.is_(False))
    row = db.session.scalars(asked).first() or Evaluation(campaign_id=campaign_id, is_final=False)
    row.figures, row.computed_at = figures, now
    db.session.add(row)
    db.session.commit()
    return None


def _next_check(campaign: Campaign, now: datetime) -> datetime:
    """Tomorrow morning, or the end of the window if that comes first."""
    tomorrow = at_local(local_day(now) + timedelta(days=1), MATCH_HOUR)
    last = _settled_at(campaign, now)
    return min(tomorrow, last) if last > now else tomorrow


def _settled_at(campaign: Campaign, now: datetime) -> datetime:
    """When the files of the window's last day have come; at once where nobody was met."""
    window = response_window(campaign, db.session)
    return window.last + GRACE if window else now
