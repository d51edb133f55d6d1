"""An order made in a talk waits for the customer's own yes: asked by message, answered 是 within a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Self

from sqlalchemy import select, update

from handlers.channels.calls.centre import CallCentre
from handlers.channels.calls.holding import hold, one_act
from handlers.channels.calls.outcomes import NOT_CONFIRMED, TO_CONFIRM
from handlers.channels.calls.problems import NotOnOffer, OrderConfirmed, QuestionOpen
from handlers.contacts import AnySession
from models.call import OrderRequest
from models.campaign import CampaignProduct
from models.execution import Contact
from models.product import Product
from models.sending import DirectMessage

#: a yes counts so long after the question
ANSWER_WITHIN = timedelta(hours=24)
PURPOSE = "order_confirmation"
#: what the customer reads
TEXT = "您同意开通{name}（{price}）吗？回复「是」确认，不回复不开通。{signature}"

Answer = Literal["not_needed", "missing", "open", "yes"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question put to a customer, and how it stands."""

    request_id: int
    product: str
    #: asked | confirmed | sent | lapsed
    state: str
    asked_by: str
    asked_at: datetime
    confirmed_at: datetime | None

    @classmethod
    def of(cls, row: OrderRequest) -> Self:
        """What the row says."""
        return cls(
            request_id=row.id,
            product=row.product,
            state=row.state,
            asked_by=row.asked_by,
            asked_at=row.asked_at,
            confirmed_at=row.confirmed_at,
        )


def orderable(session: AnySession, campaign_id: int) -> list[Product]:
    """The products of a campaign that can be ordered by a word; others need a shop."""
    asked = (
        select(Product)
        .join(CampaignProduct, CampaignProduct.product_code == Product.code)
        .where(CampaignProduct.campaign_id == campaign_id, Product.order_word != "")
        .order_by(Product.code)
    )
    return list(session.scalars(asked))


def wording(product: Product, signature: str) -> str:
    """What the customer is asked."""
    return TEXT.format(name=product.name, price=product.price, signature=signature)


def ask_order(
    session: AnySession,
    centre: CallCentre,
    call_id: int,
    fence: int,
    login: str,
    product_code: str,
    now: datetime,
) -> Question:
    """Ask the customer of a call in hand to confirm an order; asking again changes nothing.

    A customer has one open question at a time, so that a yes is never ambiguous.
    """
    with one_act(session):
        call = hold(session, call_id, fence, login)
        offered = {product.code: product for product in orderable(session, call.campaign_id)}
        product = offered.get(product_code)
        if product is None:
            raise NotOnOffer(product=product_code)
        asked = select(OrderRequest).where(
            OrderRequest.contact_id == call.contact_id, OrderRequest.product == product_code
        )
        request = session.scalars(asked).first()
        if request is not None and request.state != "lapsed":
            return Question.of(request)
        _require_no_other(session, call.sid)
        request = request or OrderRequest(
            contact_id=call.contact_id, campaign_id=call.campaign_id, sid=call.sid, product=product_code
        )
        request.state, request.asked_by, request.asked_at = "asked", login, now
        session.add(request)
        session.flush()
        session.add(_message(request, wording(product, centre.signature), now))
        return Question.of(request)


def questions_of(session: AnySession, contact_id: int) -> list[Question]:
    """What this customer was asked in this campaign."""
    asked = select(OrderRequest).where(OrderRequest.contact_id == contact_id).order_by(OrderRequest.id)
    return [Question.of(row) for row in session.scalars(asked)]


def answer_of(session: AnySession, contact: Contact) -> Answer:
    """Whether a success stands: the customer said yes, was asked, or there is nothing to order."""
    states = {question.state for question in questions_of(session, contact.id)}
    if states & {"confirmed", "sent"}:
        return "yes"
    if "asked" in states:
        return "open"
    return "missing" if orderable(session, contact.campaign_id) else "not_needed"


def drop_question(session: AnySession, contact: Contact) -> None:
    """A customer who says no is not held to a message; one who said yes in writing has ordered."""
    rows = session.scalars(select(OrderRequest).where(OrderRequest.contact_id == contact.id)).all()
    if any(row.state in ("confirmed", "sent") for row in rows):
        raise OrderConfirmed()
    for row in rows:
        row.state = "lapsed"


def confirm_orders(session: AnySession, sid: int, at: datetime) -> int:
    """The customer answered 是: what he was asked within a day is confirmed; how many orders that is.

    Nothing is committed: the reply and what follows from it are one transaction of the caller's.
    """
    asked = (
        select(OrderRequest)
        .where(OrderRequest.sid == sid, OrderRequest.state == "asked")
        .where(OrderRequest.asked_at <= at, OrderRequest.asked_at > at - ANSWER_WITHIN)
        .with_for_update()
    )
    rows = session.scalars(asked, execution_options={"populate_existing": True}).all()
    for row in rows:
        row.state, row.confirmed_at = "confirmed", at
        won = update(Contact).where(Contact.id == row.contact_id)
        session.execute(won.values(outcome="success", reason=""))
    session.flush()
    return len(rows)


def lapse_orders(session: AnySession, now: datetime) -> int:
    """No answer within a day is no order: the customer goes on considering; how many questions that ends."""
    asked = select(OrderRequest.id, OrderRequest.contact_id).where(
        OrderRequest.state == "asked", OrderRequest.asked_at <= now - ANSWER_WITHIN
    )
    with one_act(session):
        rows = session.execute(asked.with_for_update(skip_locked=True)).all()
        ids, contacts = [row[0] for row in rows], [row[1] for row in rows]
        session.execute(update(OrderRequest).where(OrderRequest.id.in_(ids)).values(state="lapsed"))
        session.execute(
            update(Contact)
            .where(Contact.id.in_(contacts), Contact.reason == TO_CONFIRM)
            .values(reason=NOT_CONFIRMED)
        )
    return len(rows)


def _require_no_other(session: AnySession, sid: int) -> None:
    asked = (
        select(Product.name)
        .join(OrderRequest, OrderRequest.product == Product.code)
        .where(OrderRequest.sid == sid, OrderRequest.state == "asked")
    )
    open_one = session.scalars(asked.limit(1)).first()
    if open_one is not None:
        raise QuestionOpen(product=open_one)


def _message(request: OrderRequest, text: str, now: datetime) -> DirectMessage:
    return DirectMessage(
        purpose=PURPOSE,
        key=f"order-{request.id}-{now:%Y%m%d%H%M%S}",
        sid=request.sid,
        text=text,
        state="ready",
        created_at=now,
    )
