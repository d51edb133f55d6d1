"""Who gets which call, and who is not called."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from handlers.channels import calls
from handlers.channels.calls.pulling import KEPT_FOR, LEASE
from handlers.contacts import Refusal, refuse
from handlers.desk.binding import NotApproved
from models.base import db
from models.call import Call, CallTaking
from models.campaign import CampaignChannel
from models.execution import Contact, WorkOrder
from models.ledger import LedgerEntry
from models.sending import Blackout
from tests.factories.stage import Stage
from tests.handlers.channels.calls.desk import Desk, open_list, willing

#: Thursday at ten, local time
THURSDAY = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)


def test_the_oldest_due_call_comes_first_and_each_once(desk: Desk) -> None:
    got = []
    for login in ("a", "b", "c", "d"):
        got.append(desk.take(login).sid)
    assert got == desk.sids
    assert desk.pull("e") is None


def test_pulling_again_gives_the_same_call_and_renews_its_lease(desk: Desk) -> None:
    first = desk.take()
    desk.later(minutes=5)
    again = desk.take()
    assert (again.call_id, again.fence, again.attempt) == (first.call_id, first.fence, 1)
    assert again.leased_until == desk.stage.now + LEASE
    assert db.session.query(CallTaking).count() == 1


def test_every_pull_of_a_number_is_on_record(desk: Desk) -> None:
    held = desk.take("a")
    desk.later(minutes=21)
    assert desk.take("b").call_id == held.call_id
    taken = db.session.query(CallTaking.call_id, CallTaking.login).order_by(CallTaking.id).all()
    assert taken == [(held.call_id, "a"), (held.call_id, "b")]


def test_a_lease_that_ended_puts_the_call_back_before_others(desk: Desk) -> None:
    held = desk.take("a")
    desk.later(minutes=19)
    assert desk.take("b").sid == desk.sids[1]
    desk.later(minutes=2)
    assert desk.take("c").call_id == held.call_id


def test_a_late_result_of_a_lost_lease_is_refused_and_kept_nowhere(desk: Desk) -> None:
    held = desk.take("a")
    desk.later(minutes=21)
    new = desk.take("b")
    with pytest.raises(calls.CallProblem, match="given to b") as caught:
        desk.say(held, "refuse", "a", reason="price")
    assert "kept" in str(caught.value)
    assert desk.attempts() == []
    assert desk.contact(held).outcome == ""
    assert desk.say(new, "refuse", "b", reason="price").attempt == 1


def test_a_talk_longer_than_its_lease_counts_while_nobody_else_has_the_call(desk: Desk) -> None:
    held = desk.take()
    desk.later(minutes=45)
    assert desk.say(held, "refuse", reason="price").attempt == 1


def test_a_break_puts_the_call_back_for_the_next(desk: Desk) -> None:
    held = desk.take("a")
    calls.put_back(db.session, held.call_id, held.fence, "a")
    assert calls.in_hands_of(db.session, "a") is None
    assert desk.take("b").call_id == held.call_id
    with pytest.raises(calls.CallProblem):
        desk.say(held, "refuse", "a", reason="price")


def test_nobody_is_called_outside_the_hours_of_the_channel(desk: Desk) -> None:
    desk.stage.go_to(2, 8, 59)
    assert desk.pull() is None
    desk.stage.go_to(2, 20, 0)
    assert desk.pull() is None
    desk.stage.go_to(3, 9)
    assert desk.pull() is not None


def test_nobody_is_called_before_the_day_of_the_work_order(stage: Stage) -> None:
    sids = willing(stage, 1)
    desk = open_list(stage, sids, at=THURSDAY)
    assert desk.pull() is None
    stage.now = THURSDAY
    assert desk.take().sid == sids[0]


@pytest.mark.parametrize("state", ["paused", "stopped", "done", "to_dispatch"])
def test_a_work_order_that_is_held_back_gives_no_call(desk: Desk, state: str) -> None:
    desk.order.state = state
    db.session.commit()
    assert desk.pull() is None
    desk.order.state = "dispatched"
    db.session.commit()
    assert desk.pull() is not None


def test_a_pause_leaves_the_talk_under_way_to_who_has_it(desk: Desk) -> None:
    held = desk.take()
    desk.order.state = "paused"
    db.session.commit()
    assert desk.take().call_id == held.call_id
    assert desk.say(held, "refuse", reason="price").attempt == 1
    assert desk.pull() is None


def test_what_was_left_lying_over_a_pause_goes_back(desk: Desk) -> None:
    held = desk.take()
    desk.order.state = "paused"
    db.session.commit()
    desk.later(minutes=21)
    assert desk.pull() is None
    assert desk.call(held).state == "waiting"


def test_who_refused_since_this_morning_is_left_out_and_the_next_is_given(desk: Desk) -> None:
    refuse(db.session, [Refusal(sid=desk.sids[0], channel="call", since=desk.stage.now)], source="reply")
    db.session.commit()
    assert desk.take().sid == desk.sids[1]
    left = db.session.query(Contact).filter_by(sid=desk.sids[0]).one()
    assert (left.state, left.cause) == ("suppressed", "do_not_disturb")
    assert left.settled_at == desk.stage.now
    assert db.session.query(Call.state).filter_by(sid=desk.sids[0]).scalar() == "done"


def test_who_refuses_between_two_pulls_of_the_same_call_is_not_dialled(desk: Desk) -> None:
    held = desk.take()
    refuse(db.session, [Refusal(sid=held.sid, channel="call", since=desk.stage.now)], source="reply")
    db.session.commit()
    assert desk.take().sid == desk.sids[1]
    assert desk.contact(held).cause == "do_not_disturb"


def test_who_was_called_as_often_as_allowed_is_left_out(desk: Desk) -> None:
    other = open_list(desk.stage, [], products=("CLUB",)).campaign
    db.session.add(
        LedgerEntry(
            campaign_id=other.id, channel="call", sid=desk.sids[0], contacts=2, state="settled",
            day=(desk.stage.now - timedelta(days=1)).date(), changed_at=desk.stage.now,
        )
    )  # fmt: skip
    db.session.commit()
    assert desk.take().sid == desk.sids[1]
    assert db.session.query(Contact.cause).filter_by(
        sid=desk.sids[0], campaign_id=desk.campaign.id
    ).scalar() == "over_frequency"  # fmt: skip


def test_who_has_ordered_meanwhile_is_not_called(desk: Desk) -> None:
    db.session.query(Contact).filter_by(sid=desk.sids[0]).one().outcome = "success"
    db.session.commit()
    assert desk.take().sid == desk.sids[1]
    assert db.session.query(Contact.cause).filter_by(sid=desk.sids[0]).scalar() == "already_ordered"


def test_who_refused_this_product_in_a_call_is_not_offered_it_by_call_again(desk: Desk) -> None:
    desk.say(desk.take(), "refuse", reason="price")
    desk.order.state = "done"
    db.session.commit()
    same = open_list(desk.stage, desk.sids[:1], products=("CLUB", "CRBT"))
    assert same.pull() is None
    assert (
        db.session.query(Contact.cause).filter_by(campaign_id=same.campaign.id).scalar() == "refused_before"
    )
    same.order.state = "done"
    db.session.commit()
    assert open_list(desk.stage, desk.sids[:1], products=("CLUB",)).take().sid == desk.sids[0]


def test_a_call_back_comes_first_at_its_moment_to_who_made_it(desk: Desk) -> None:
    held = desk.take("a")
    desk.say(held, "consider", "a", reason="no_time", call_back_at=THURSDAY)
    desk.stage.now = THURSDAY - timedelta(minutes=1)
    assert desk.take("a").sid == desk.sids[1]
    desk.say(desk.take("a"), "refuse", "a", reason="price")
    desk.stage.now = THURSDAY
    assert desk.take("b").sid == desk.sids[2]
    back = desk.take("a")
    assert (back.call_id, back.is_appointed, back.attempt) == (held.call_id, True, 2)


def test_a_call_back_nobody_took_goes_to_anybody(desk: Desk) -> None:
    held = desk.take("a")
    desk.say(held, "consider", "a", reason="no_time", call_back_at=THURSDAY)
    desk.stage.now = THURSDAY + KEPT_FOR
    assert desk.take("b").call_id == held.call_id


def blackout(desk: Desk, office: str, hours: int, channel: str = "") -> None:
    db.session.add(
        Blackout(
            channel=channel, office_code=office, starts_at=desk.stage.now,
            ends_at=desk.stage.now + timedelta(hours=hours), reason="台风", made_by="admin",
            made_at=desk.stage.now,
        )
    )  # fmt: skip
    db.session.commit()


def test_in_a_blackout_of_the_province_nobody_is_called(desk: Desk) -> None:
    blackout(desk, "00", 2)
    assert desk.pull() is None
    assert calls.next_due(db.session, desk.centre, "a", desk.stage.now) == desk.stage.now + timedelta(hours=2)
    desk.later(hours=2)
    assert desk.pull() is not None


def test_in_a_blackout_of_another_channel_calls_go_on(desk: Desk) -> None:
    blackout(desk, "00", 2, "sms")
    assert desk.pull() is not None


def test_a_blackout_of_a_region_puts_off_its_customers_only(desk: Desk) -> None:
    places = desk.centre.warehouse.current().texts("county", np.array(desk.sids))
    blackout(desk, str(places[0]), 2, "call")
    spared = [sid for sid, place in zip(desk.sids, places, strict=True) if place != places[0]]
    assert desk.take("a").sid == spared[0]
    put_off = db.session.query(Call).filter_by(sid=desk.sids[0]).one()
    assert (put_off.state, put_off.due_at) == ("waiting", desk.stage.now + timedelta(hours=2))
    desk.later(hours=2)
    assert {desk.take(login).sid for login in "abcd"} == set(desk.sids)


def test_a_clock_set_back_keeps_no_call_for_ever(desk: Desk) -> None:
    held = desk.take("a")
    desk.stage.go_to(1, 10)
    db.session.query(WorkOrder).update({"planned_at": desk.stage.now})
    db.session.commit()
    assert desk.take("b").call_id == held.call_id


def test_a_withdrawn_approval_stops_the_calling(desk: Desk) -> None:
    desk.withdrawn = NotApproved()
    assert desk.pull() is None
    desk.withdrawn = None
    assert desk.pull() is not None


def test_one_list_with_other_hours_does_not_hold_up_the_other(desk: Desk) -> None:
    late = open_list(desk.stage, willing(desk.stage, 1, after=4), products=("CLUB",))
    db.session.query(CampaignChannel).filter_by(campaign_id=late.campaign.id).one().hours = "18:00-20:00"
    db.session.commit()
    for login in "abcd":
        assert desk.take(login).campaign_id == desk.campaign.id
    assert desk.pull("e") is None
    desk.stage.go_to(2, 18)
    assert desk.take("f").campaign_id == desk.campaign.id  # a lease that ended comes first
