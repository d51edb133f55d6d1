"""Campaigns that wait for answers are told when some of theirs have come, by file or over the link."""

from datetime import datetime

from flask import current_app
from sqlalchemy import Select, select

from app.engine import SYSTEM, Engine
from handlers.desk.naming import name_receipts
from models.base import db
from models.campaign import CampaignProduct
from models.execution import Contact
from models.feedback import Feedback
from models.process import MessageWait, Process

#: what a process that waits for answers hears
MESSAGE = "answers_in"


def tell_who_waits(feed: str, received_at: datetime) -> int:
    """Let campaigns match now what came of a feed at this moment; how many were told.

    Orders concern every campaign of their product, receipts and results the campaign of the contact.
    """
    return _tell(_of_products(received_at) if feed == "order" else _of_contacts(feed, received_at))


def tell_of_receipts(due: datetime, now: datetime) -> int:
    """Let campaigns match the receipts that came over the link since the last time; how many were told.

    Regular work: receipts come by the thousand a second, and matching each lot would be no use to anybody.
    """
    name_receipts(db.session, now)
    return _tell(_of_new_receipts())


def _tell(concerned: Select[int]) -> int:
    asked = (
        select(MessageWait.correlation)
        .join(Process, Process.id == MessageWait.process_id)
        .where(MessageWait.name == MESSAGE, Process.subject_type == "campaign")
        .where(Process.subject_id.in_(concerned))
    )
    waiting = sorted(set(db.session.scalars(asked)))
    db.session.rollback()
    engine: Engine = current_app.extensions["engine"]
    for correlation in waiting:
        engine.deliver(MESSAGE, correlation, {}, SYSTEM, allow_none=True)
    return len(waiting)


def _of_products(received_at: datetime) -> Select[int]:
    ordered = select(Feedback.product).where(Feedback.feed == "order", Feedback.received_at == received_at)
    return select(CampaignProduct.campaign_id).where(CampaignProduct.product_code.in_(ordered))


def _of_contacts(feed: str, received_at: datetime) -> Select[int]:
    return (
        select(Contact.campaign_id)
        .join(Feedback, Feedback.message_id == Contact.message_id)
        .where(Feedback.feed == feed, Feedback.received_at == received_at, Feedback.message_id != "")
    )


def _of_new_receipts() -> Select[int]:
    return (
        select(Contact.campaign_id)
        .join(Feedback, Feedback.message_id == Contact.message_id)
        .where(Feedback.feed == "receipt", Feedback.state == "new", Feedback.message_id != "")
    )
