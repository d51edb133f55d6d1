"""How far the day is, what may be promised, and what ends when a campaign does."""

from datetime import UTC, datetime, timedelta

import pytest

from handlers.channels import calls
from handlers.channels.calls.problems import NoSuchSlot
from handlers.channels.calls.pulling import KEPT_FOR
from handlers.channels.calls.slots import CAPACITY
from handlers.channels.hours import Hours
from handlers.contacts import Refusal, refuse
from models.base import db
from models.call import Call
from models.execution import Contact
from models.ledger import LedgerEntry
from tests.handlers.channels.calls.desk import Desk

THURSDAY = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)


def far(desk: Desk, login: str = "dujuan") -> calls.Progress:
    return calls.progress(db.session, desk.centre, login, desk.stage.now)


def test_a_day_is_counted_by_tries_orders_and_what_is_left(desk: Desk) -> None:
    desk.say(desk.take("other"), "refuse", "other", reason="price")
    held = desk.take()
    desk.ask(held)
    desk.say(held, "success")
    desk.say(desk.take(), "not_reached", reason="wrong_number")
    found = far(desk)
    assert (found.mine.called, found.mine.successes, found.mine.to_confirm) == (2, 0, 1)
    (order,) = found.orders
    assert (order.number, order.campaign) == (desk.order.number, desk.campaign.name)
    assert (order.tally.called, order.left, found.left) == (3, 1, 1)
    desk.yes(held)
    assert (far(desk).mine.successes, far(desk).mine.to_confirm) == (1, 0)


def test_yesterdays_tries_are_not_todays(desk: Desk) -> None:
    desk.say(desk.take(), "refuse", reason="price")
    desk.later(days=1)
    assert far(desk).mine.called == 0
    assert far(desk).orders[0].tally.called == 0


def test_a_call_back_of_another_day_is_not_left_for_today(desk: Desk) -> None:
    desk.say(desk.take(), "consider", reason="no_time", call_back_at=THURSDAY)
    assert far(desk).left == 3


def test_the_next_moment_is_now_while_something_is_due(desk: Desk) -> None:
    assert calls.next_due(db.session, desk.centre, "dujuan", desk.stage.now) == desk.stage.now


def test_the_next_moment_is_the_appointment_and_for_others_a_little_later(desk: Desk) -> None:
    held = desk.take()
    desk.leave_only(held)
    desk.say(held, "consider", reason="no_time", call_back_at=THURSDAY)
    assert calls.next_due(db.session, desk.centre, "dujuan", desk.stage.now) == THURSDAY
    assert calls.next_due(db.session, desk.centre, "other", desk.stage.now) == THURSDAY + KEPT_FOR


def test_the_next_moment_is_within_the_hours(desk: Desk) -> None:
    desk.stage.go_to(2, 21)
    assert calls.next_due(db.session, desk.centre, "dujuan", desk.stage.now) == datetime(
        2026, 3, 3, 1, 0, tzinfo=UTC
    )


def test_where_nothing_waits_there_is_no_next_moment(desk: Desk) -> None:
    desk.order.state = "paused"
    db.session.commit()
    assert calls.next_due(db.session, desk.centre, "dujuan", desk.stage.now) is None


def test_times_are_offered_on_four_working_days_today_included(desk: Desk) -> None:
    desk.stage.go_to(5, 11)
    slots = calls.free_slots(db.session, desk.stage.now)
    days = list(dict.fromkeys((slot.at + timedelta(hours=8)).day for slot in slots))
    assert days == [5, 6, 9, 10]
    assert [slot.part for slot in slots[:3]] == ["morning", "afternoon", "evening"]
    assert [(slot.is_past, slot.free) for slot in slots[:3]] == [(True, 0), (False, 10), (False, 10)]


def test_on_a_sunday_the_first_day_offered_is_monday(desk: Desk) -> None:
    desk.stage.go_to(8, 11)
    assert calls.free_slots(db.session, desk.stage.now)[0].at == datetime(2026, 3, 9, 2, 0, tzinfo=UTC)


def test_a_promised_time_has_one_place_less_until_the_call_is_over(desk: Desk) -> None:
    held = desk.take()
    desk.say(held, "consider", reason="no_time", call_back_at=THURSDAY)
    assert {slot.at: slot.free for slot in calls.free_slots(db.session, desk.stage.now)}[THURSDAY] == (
        CAPACITY - 1
    )
    desk.order.state = "stopped"
    calls.end_calls(db.session, [desk.order.id], desk.stage.now)
    assert {slot.at: slot.free for slot in calls.free_slots(db.session, desk.stage.now)}[THURSDAY] == CAPACITY


def test_times_outside_the_hours_of_the_campaign_are_not_free(desk: Desk) -> None:
    early = Hours.within([("09:00", "18:00")])
    slots = calls.free_slots(db.session, desk.stage.now, early)
    assert {slot.part for slot in slots if slot.free} == {"morning", "afternoon"}


def test_a_stop_ends_what_waits_and_leaves_the_talk_under_way(desk: Desk) -> None:
    tried, talking, waiting, other = (desk.take(login) for login in "abcd")
    desk.say(tried, "not_reached", "a", reason="busy")
    for held, login in ((waiting, "c"), (other, "d")):
        calls.put_back(db.session, held.call_id, held.fence, login)
    desk.order.state = "stopped"
    assert calls.end_calls(db.session, [desk.order.id], desk.stage.now) == 3
    db.session.commit()
    assert desk.contact(tried).state == "not_reached"
    for held in (waiting, other):
        contact = desk.contact(held)
        assert (contact.state, contact.cause) == ("stopped", "not_called")
    assert desk.contact(talking).state == "handed_over"
    desk.say(talking, "refuse", "b", reason="price")
    assert desk.contact(talking).state == "reached"
    assert db.session.query(Call).filter(Call.state.in_(("waiting", "taken"))).count() == 0
    assert calls.end_calls(db.session, [desk.order.id], desk.stage.now) == 0


def test_a_stop_takes_no_reached_customer_back(desk: Desk) -> None:
    held = desk.take()
    desk.say(held, "consider", reason="no_time", call_back_at=THURSDAY)
    calls.end_calls(db.session, [desk.order.id], desk.stage.now)
    db.session.commit()
    assert desk.contact(held).state == "reached"
    assert db.session.query(Contact).filter_by(state="stopped").count() == 3


def reserved(desk: Desk) -> dict[int, LedgerEntry]:
    """What the ledger says of each customer of the list."""
    db.session.expire_all()
    return {entry.sid: entry for entry in db.session.query(LedgerEntry)}


def test_the_ledger_holds_what_was_real(desk: Desk) -> None:
    for sid in desk.sids:
        db.session.add(
            LedgerEntry(
                campaign_id=desk.campaign.id, channel="call", sid=sid, day=desk.stage.now.date(),
                changed_at=desk.stage.now,
            )
        )  # fmt: skip
    db.session.commit()
    desk.later(days=1)
    met, missed, refusing, waiting = desk.sids
    refuse(db.session, [Refusal(sid=refusing, channel="call", since=desk.stage.now)], source="reply")
    db.session.commit()
    desk.say(desk.take(), "consider", reason="no_time", call_back_at=THURSDAY)
    desk.say(desk.take(), "not_reached", reason="wrong_number")
    assert desk.take("other").sid == waiting
    found = reserved(desk)
    assert (found[met].state, found[met].contacts, found[met].day.day) == ("settled", 1, 3)
    assert (found[missed].state, found[missed].contacts) == ("settled", 0)
    assert (found[refusing].state, found[refusing].contacts) == ("settled", 0)
    assert (found[waiting].state, found[waiting].contacts) == ("reserved", 1)
    desk.later(hours=1)
    calls.end_calls(db.session, [desk.order.id], desk.stage.now)
    db.session.commit()
    found = reserved(desk)
    assert (found[waiting].state, found[waiting].contacts) == ("settled", 0)
    assert (found[met].contacts, found[met].day.day) == (1, 3)


def test_after_the_last_day_of_the_campaign_nobody_is_called(desk: Desk) -> None:
    desk.stage.go_to(15, 10)
    first = desk.take("a")
    calls.put_back(db.session, first.call_id, first.fence, "a")
    slots = calls.free_slots(db.session, desk.stage.now, last=desk.campaign.end_on)
    assert not any(slot.free for slot in slots)
    late = desk.take("b")
    monday = datetime(2026, 3, 16, 2, 0, tzinfo=UTC)
    with pytest.raises(NoSuchSlot):
        desk.say(late, "consider", "b", reason="no_time", call_back_at=monday)
    desk.stage.go_to(15, 17)
    last = desk.take("b")
    assert desk.say(last, "not_reached", "b", reason="busy").next_at is None
    assert desk.contact(last).state == "not_reached"
    desk.stage.go_to(16, 10)
    assert desk.pull("a") is None
    assert calls.end_overdue(db.session, desk.stage.now) == 3
    assert {contact.state for contact in db.session.query(Contact)} == {"not_reached", "suppressed"}
    assert calls.end_overdue(db.session, desk.stage.now) == 0


def test_on_the_last_day_itself_lists_go_on(desk: Desk) -> None:
    desk.stage.go_to(15, 10)
    assert calls.end_overdue(db.session, desk.stage.now) == 0
    assert desk.pull() is not None
