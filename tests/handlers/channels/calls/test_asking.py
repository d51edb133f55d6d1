"""Orders made in a talk: asked, answered with the customer's own yes, or not."""

from datetime import timedelta

import pytest

from handlers.channels import calls
from handlers.channels.calls.asking import ANSWER_WITHIN, wording
from handlers.channels.calls.problems import (
    CallGone,
    ConfirmationMissing,
    NotOnOffer,
    OrderConfirmed,
    QuestionOpen,
)
from handlers.channels.text import measure
from models.base import db
from models.product import Product
from models.sending import DirectMessage
from tests.handlers.channels.calls.desk import Desk, open_list


def messages() -> list[DirectMessage]:
    return list(db.session.query(DirectMessage).order_by(DirectMessage.id))


def test_the_customer_is_asked_in_one_signed_message(desk: Desk) -> None:
    held = desk.take()
    question = desk.ask(held)
    assert (question.product, question.state, question.asked_by) == ("CRBT", "asked", "dujuan")
    (message,) = messages()
    assert message.text == "您同意开通彩铃（5元/月）吗？回复「是」确认，不回复不开通。【东屿移动】"
    assert (message.purpose, message.sid, message.state) == ("order_confirmation", held.sid, "ready")
    assert measure(message.text).parts == 1


def test_the_longest_offer_of_the_catalogue_is_one_message_too() -> None:
    longest = Product(name="无线音乐俱乐部高级会员", price="10元/月，最多5人")
    assert measure(wording(longest, "【东屿移动】")).parts == 1


def test_asking_again_sends_nothing_more(desk: Desk) -> None:
    held = desk.take()
    assert desk.ask(held) == desk.ask(held)
    assert len(messages()) == 1


def test_a_success_before_any_question_is_refused(desk: Desk) -> None:
    held = desk.take()
    with pytest.raises(ConfirmationMissing):
        desk.say(held, "success")
    assert desk.call(held).state == "taken"
    assert desk.attempts() == []


def test_until_the_yes_has_come_he_considers_and_then_it_is_a_success(desk: Desk) -> None:
    held = desk.take()
    desk.ask(held)
    said = desk.say(held, "success")
    assert (said.outcome, said.next_at) == ("success", None)
    contact = desk.contact(held)
    assert (contact.state, contact.outcome, contact.reason) == ("reached", "consider", "to_confirm")
    desk.later(minutes=3)
    assert desk.yes(held) == 1
    contact = desk.contact(held)
    assert (contact.outcome, contact.reason) == ("success", "")
    (request,) = desk.requests()
    assert (request.state, request.confirmed_at) == ("confirmed", desk.stage.now)
    assert desk.yes(held) == 0


def test_a_yes_during_the_talk_makes_the_success_at_once(desk: Desk) -> None:
    held = desk.take()
    desk.ask(held)
    desk.yes(held)
    desk.say(held, "success")
    assert desk.contact(held).outcome == "success"


def test_where_nothing_can_be_ordered_by_a_word_the_agents_word_is_enough(desk: Desk) -> None:
    db.session.query(Product).update({"order_word": ""})
    db.session.commit()
    held = desk.take()
    desk.say(held, "success")
    assert desk.contact(held).outcome == "success"
    assert messages() == []


def test_without_an_answer_within_a_day_he_goes_on_considering(desk: Desk) -> None:
    held = desk.take()
    desk.ask(held)
    desk.say(held, "success")
    desk.later(hours=23, minutes=59)
    assert calls.lapse_orders(db.session, desk.stage.now) == 0
    desk.later(minutes=1)
    assert calls.lapse_orders(db.session, desk.stage.now) == 1
    contact = desk.contact(held)
    assert (contact.outcome, contact.reason) == ("consider", "not_confirmed")
    assert desk.yes(held) == 0
    assert [request.state for request in desk.requests()] == ["lapsed"]


def test_a_yes_that_comes_after_a_day_confirms_nothing_even_before_the_question_was_closed(
    desk: Desk,
) -> None:
    held = desk.take()
    desk.ask(held)
    desk.later(hours=24)
    assert desk.yes(held) == 0


def test_a_yes_from_before_the_question_confirms_nothing(desk: Desk) -> None:
    held = desk.take()
    desk.ask(held)
    assert calls.confirm_orders(db.session, held.sid, desk.stage.now - timedelta(seconds=1)) == 0


def test_a_yes_of_somebody_else_confirms_nothing(desk: Desk) -> None:
    held = desk.take()
    desk.ask(held)
    assert calls.confirm_orders(db.session, desk.sids[3], desk.stage.now) == 0


def test_who_refuses_after_all_is_no_longer_asked(desk: Desk) -> None:
    held = desk.take()
    desk.ask(held)
    desk.say(held, "refuse", reason="price")
    assert desk.yes(held) == 0
    assert desk.contact(held).outcome == "refuse"


def test_who_said_yes_in_writing_has_not_refused(desk: Desk) -> None:
    held = desk.take()
    desk.ask(held)
    desk.yes(held)
    for outcome, reason in (("refuse", "price"), ("not_reached", "hung_up")):
        with pytest.raises(OrderConfirmed):
            desk.say(held, outcome, reason=reason)
    assert desk.call(held).state == "taken"
    desk.say(held, "consider", reason="no_time")
    assert desk.contact(held).outcome == "success"


def test_who_considers_may_still_say_yes(desk: Desk) -> None:
    held = desk.take()
    desk.ask(held)
    desk.say(held, "consider", reason="no_time")
    assert desk.yes(held) == 1
    assert desk.contact(held).outcome == "success"


def test_after_a_lapse_the_question_can_be_put_anew(desk: Desk) -> None:
    held = desk.take()
    desk.ask(held)
    desk.say(held, "consider", reason="no_time", call_back_at=desk.stage.now + timedelta(days=3, hours=1))
    desk.later(days=3, hours=1)
    assert calls.lapse_orders(db.session, desk.stage.now) == 1
    back = desk.take()
    with pytest.raises(ConfirmationMissing):
        desk.say(back, "success")
    assert desk.ask(back).state == "asked"
    assert len(messages()) == 2
    assert desk.yes(back) == 1


def test_one_question_at_a_time_so_that_a_yes_has_one_meaning(desk: Desk) -> None:
    both = open_list(desk.stage, desk.sids[:1], products=("CRBT", "CLUB"))
    desk.order.state = "done"
    db.session.commit()
    held = both.take()
    both.ask(held, "CRBT")
    with pytest.raises(QuestionOpen, match="彩铃"):
        both.ask(held, "CLUB")
    both.yes(held)
    assert both.ask(held, "CLUB").state == "asked"


def test_only_what_the_campaign_sells_can_be_ordered(desk: Desk) -> None:
    held = desk.take()
    for product in ("CLUB", "nothing"):
        with pytest.raises(NotOnOffer):
            desk.ask(held, product)


def test_only_who_has_the_call_can_ask(desk: Desk) -> None:
    held = desk.take()
    with pytest.raises(CallGone):
        desk.ask(held, login="somebody")
    desk.say(held, "refuse", reason="price")
    with pytest.raises(CallGone):
        desk.ask(held)
    assert (ANSWER_WITHIN, messages()) == (timedelta(days=1), [])
