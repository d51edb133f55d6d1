"""What a call agent sees of a call in hand: whom it is about, masked, what to say, what can be ordered."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from handlers.channels.calls.asking import Question, orderable, questions_of, wording
from handlers.channels.calls.centre import CallCentre
from handlers.channels.calls.open_orders import hours_of
from handlers.channels.calls.pulling import Held
from handlers.channels.calls.script import Script, read_script
from handlers.channels.hours import Hours
from handlers.contacts import AnySession
from models.call import Call


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A product that can be ordered in the call."""

    code: str
    name: str
    name_en: str
    price: str
    price_en: str
    #: what the customer is asked by message
    text: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """A call in hand, ready to be shown; the number on it is masked."""

    held: Held
    number: str
    campaign: str
    campaign_name: str
    ends_on: date | None
    work_order: str
    script: Script
    offers: tuple[Offer, ...]
    questions: tuple[Question, ...]
    #: when this campaign may call
    hours: Hours

    def question(self, product: str) -> Question | None:
        """What the customer was asked about a product, if anything."""
        return next((question for question in self.questions if question.product == product), None)

    @property
    def is_asked(self) -> bool:
        """An answer is waited for."""
        return any(question.state == "asked" for question in self.questions)


def card_of(session: AnySession, centre: CallCentre, held: Held) -> Card:
    """Everything about the call that may stand on a screen; the caller's transaction ends."""
    order = session.get_one(Call, held.call_id).work_order
    campaign = order.campaign
    facts = {
        "campaign": campaign.number,
        "campaign_name": campaign.name,
        "ends_on": campaign.end_on,
        "work_order": order.number,
        "script": read_script(order.content),
        "offers": _offers(session, centre, campaign.id),
        "questions": tuple(questions_of(session, held.contact_id)),
        "hours": hours_of(session, centre, campaign.id),
    }
    session.rollback()
    return Card(held=held, number=centre.warehouse.mask(number_of(centre, held)), **facts)


def number_of(centre: CallCentre, held: Held) -> str:
    """The number itself, for the dialler of who has just pulled the call; that pull is on record."""
    return centre.warehouse.numbers(np.array([held.sid], dtype=np.int64))[0]


def _offers(session: AnySession, centre: CallCentre, campaign_id: int) -> tuple[Offer, ...]:
    return tuple(
        Offer(
            code=product.code,
            name=product.name,
            name_en=product.name_en,
            price=product.price,
            price_en=product.price_en,
            text=wording(product, centre.signature),
        )
        for product in orderable(session, campaign_id)
    )
