"""Feedback: receipts in any order, orders of both arms within the window, and when the window is over."""

from datetime import UTC, datetime, timedelta

import pytest

from handlers.desk.responses import audience_orders, frozen_list
from models.base import db
from models.campaign import Campaign
from models.evaluation import Evaluation
from models.execution import Contact
from models.feedback import Feedback
from tests.factories import rows
from tests.factories.arms import met, small_campaign
from tests.factories.stage import Stage

Sent = tuple[Stage, Campaign]


def receipt(contact: Contact, status: str, minutes: int = 1, key: str = "") -> Feedback:
    at = datetime(2026, 3, 5, 1, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    key = key or f"{contact.message_id}-{status}-{minutes}"
    return rows.answer("receipt", key, at, message_id=contact.message_id, body={"status": status})


def result(contact: Contact, outcome: str, attempt: int = 1, reason: str = "") -> Feedback:
    at = datetime(2026, 3, 5, 1, 0, tzinfo=UTC) + timedelta(hours=attempt)
    body = {"outcome": outcome, "attempt": attempt, "reason": reason}
    return rows.answer(
        "call_result", f"{contact.message_id}-{attempt}", at, message_id=contact.message_id, body=body
    )


def match(stage: Stage, campaign: Campaign) -> int:
    return (stage.run("feedback.match_receipts", campaign_id=campaign.id) or {})["receipts"]


def arms(stage: Stage, campaign: Campaign) -> tuple[list[int], list[int]]:
    people = frozen_list(campaign, stage.workshop)
    return people.sid[people.arm == 0].tolist(), people.sid[people.arm == 1].tolist()


def buyers(stage: Stage, campaign: Campaign) -> list[int]:
    return audience_orders(campaign, stage.workshop, db.session).sids.tolist()


# -- receipts


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("DELIVRD", "delivered"),
        ("UNDELIV", "failed"),
        ("EXPIRED", "failed"),
        ("REJECTD", "failed"),
        ("UNKNOWN", "unknown"),
    ],
)
def test_a_receipt_says_what_became_of_the_message(sent: Sent, status: str, state: str) -> None:
    stage, campaign = sent
    contact = rows.contacts_of(campaign)[0]
    receipt(contact, status)
    assert match(stage, campaign) == 1
    assert contact.state == state
    assert {c.state for c in rows.contacts_of(campaign)[1:]} == {"handed_over"}


def test_a_receipt_that_says_less_changes_nothing(sent: Sent) -> None:
    stage, campaign = sent
    contact = rows.contacts_of(campaign)[0]
    receipt(contact, "UNKNOWN", 1)
    receipt(contact, "DELIVRD", 2)
    receipt(contact, "UNDELIV", 3)
    receipt(contact, "UNKNOWN", 4)
    assert match(stage, campaign) == 4
    assert contact.state == "delivered"


def test_a_late_receipt_is_matched_days_after_the_message(sent: Sent) -> None:
    stage, campaign = sent
    contact = rows.contacts_of(campaign)[0]
    assert match(stage, campaign) == 0
    stage.go_to(9)
    receipt(contact, "DELIVRD", minutes=4 * 24 * 60)
    assert match(stage, campaign) == 1
    assert contact.state == "delivered"


def test_a_receipt_is_applied_once(sent: Sent) -> None:
    stage, campaign = sent
    row = receipt(rows.contacts_of(campaign)[0], "DELIVRD")
    assert [match(stage, campaign), match(stage, campaign)] == [1, 0]
    assert (row.state, row.campaign_id) == ("matched", campaign.id)


def test_a_receipt_of_a_message_nobody_sent_stays_where_it_is(sent: Sent) -> None:
    stage, campaign = sent
    row = rows.answer(
        "receipt", "R-1", stage.now, message_id="NOT-OURS", body={"status": "DELIVRD"}, state="unknown"
    )
    assert match(stage, campaign) == 0
    assert (row.state, row.campaign_id) == ("unknown", None)


def test_receipts_of_another_campaign_are_left_to_it(sent: Sent) -> None:
    stage, campaign = sent
    other = small_campaign(stage)
    met(other, stage, {"handed_over": [1]})
    row = receipt(rows.contacts_of(other)[0], "DELIVRD")
    assert match(stage, campaign) == 0
    assert row.state == "new"


def test_who_was_reached_by_the_third_call_is_reached_and_keeps_the_answer(stage: Stage) -> None:
    campaign = small_campaign(stage, channels=("call",))
    met(campaign, stage, {"handed_over": [1, 2]}, channel="call")
    first, second = rows.contacts_of(campaign)
    result(first, "not_reached", 1)
    result(first, "not_reached", 2)
    result(first, "refuse", 3, reason="太贵")
    result(second, "not_reached", 1)
    match(stage, campaign)
    assert (first.state, first.outcome, first.reason) == ("reached", "refuse", "太贵")
    assert (second.state, second.outcome) == ("not_reached", "")


def test_who_was_reached_once_stays_reached(stage: Stage) -> None:
    campaign = small_campaign(stage, channels=("call",))
    met(campaign, stage, {"handed_over": [1]}, channel="call")
    (contact,) = rows.contacts_of(campaign)
    result(contact, "consider", 1)
    result(contact, "not_reached", 2)
    match(stage, campaign)
    assert (contact.state, contact.outcome) == ("reached", "consider")


# -- refusals and complaints


def said(feed: str, sid: int, at: datetime) -> Feedback:
    return rows.answer(feed, f"{feed}-{sid}-{at:%d%H%M}", at, sid=sid, body={"text": "TD"})


@pytest.mark.parametrize("feed", ["opt_out", "complaint"])
def test_words_after_the_message_belong_to_its_campaign(sent: Sent, feed: str) -> None:
    stage, campaign = sent
    mine = rows.contacts_of(campaign)[0].sid
    before = said(feed, mine, stage.now - timedelta(minutes=1))
    after = said(feed, mine, stage.now + timedelta(minutes=1))
    match(stage, campaign)
    db.session.expire_all()
    assert (before.state, before.campaign_id) == ("new", None)
    assert (after.state, after.campaign_id) == ("matched", campaign.id)


def test_words_of_somebody_never_met_belong_to_no_campaign(sent: Sent) -> None:
    stage, campaign = sent
    spared = said("opt_out", arms(stage, campaign)[1][0], stage.now + timedelta(hours=1))
    match(stage, campaign)
    db.session.expire_all()
    assert spared.state == "new"


def test_words_belong_to_the_campaign_that_met_the_customer_last(sent: Sent) -> None:
    stage, campaign = sent
    mine = rows.contacts_of(campaign)[0].sid
    other = small_campaign(stage)
    stage.go_to(6)
    met(other, stage, {"delivered": [mine]})
    early = said("opt_out", mine, stage.now - timedelta(hours=1))
    late = said("opt_out", mine, stage.now + timedelta(hours=1))
    for each in (campaign, other):
        match(stage, each)
    db.session.expire_all()
    assert (early.campaign_id, late.campaign_id) == (campaign.id, other.id)


# -- orders


def test_orders_of_both_arms_count_alike(sent: Sent) -> None:
    stage, campaign = sent
    treated, control = arms(stage, campaign)
    at = stage.now + timedelta(days=2)
    for sid in (treated[0], treated[1], control[0]):
        rows.order(sid, at)
    found = stage.run("feedback.match_orders", campaign_id=campaign.id)
    assert found == {"orders": 3}
    assert buyers(stage, campaign) == sorted([treated[0], treated[1], control[0]])
    assert {f.state for f in db.session.query(Feedback)} == {"matched"}


def test_the_contact_of_a_buyer_becomes_a_success_and_the_control_has_none(sent: Sent) -> None:
    stage, campaign = sent
    treated, control = arms(stage, campaign)
    rows.order(treated[0], stage.now)
    rows.order(control[0], stage.now)
    stage.run("feedback.match_orders", campaign_id=campaign.id)
    db.session.expire_all()
    assert [c.sid for c in rows.contacts_of(campaign, outcome="success")] == [treated[0]]
    assert rows.contacts_of(campaign, sid=control[0]) == []


FIRST = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
#: ten whole days after the day of the message: the 16th begins at 16:00 UTC on the 15th
LAST = datetime(2026, 3, 15, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (FIRST - timedelta(seconds=1), False),
        (FIRST, True),
        (LAST - timedelta(seconds=1), True),
        (LAST, False),
    ],
)
def test_an_order_counts_in_the_window_only(sent: Sent, at: datetime, counts: bool) -> None:
    stage, campaign = sent
    treated, control = arms(stage, campaign)
    rows.order(treated[0], at)
    rows.order(control[0], at)
    assert buyers(stage, campaign) == (sorted([treated[0], control[0]]) if counts else [])


def test_an_order_by_somebody_not_on_the_list_is_nobodys_success(sent: Sent) -> None:
    stage, campaign = sent
    treated, control = arms(stage, campaign)
    stranger = next(sid for sid in range(3000) if sid not in {*treated, *control})
    row = rows.order(stranger, stage.now)
    assert stage.run("feedback.match_orders", campaign_id=campaign.id) == {"orders": 0}
    assert (row.state, row.campaign_id) == ("new", None)


def test_an_order_of_another_product_is_none_of_this_campaign(sent: Sent) -> None:
    stage, campaign = sent
    rows.order(arms(stage, campaign)[0][0], stage.now, product="CLUB")
    assert stage.run("feedback.match_orders", campaign_id=campaign.id) == {"orders": 0}


def test_who_orders_twice_is_one_success_on_the_first_day(sent: Sent) -> None:
    stage, campaign = sent
    someone = arms(stage, campaign)[0][0]
    rows.order(someone, stage.now + timedelta(days=3))
    rows.order(someone, stage.now + timedelta(days=1))
    orders = audience_orders(campaign, stage.workshop, db.session)
    assert orders.sids.tolist() == [someone]
    assert [str(day) for day in orders.days] == ["2026-03-06"]


def test_an_order_just_before_midnight_belongs_to_the_local_day(sent: Sent) -> None:
    stage, campaign = sent
    rows.order(arms(stage, campaign)[0][0], datetime(2026, 3, 8, 15, 59, tzinfo=UTC))
    rows.order(arms(stage, campaign)[0][1], datetime(2026, 3, 8, 16, 1, tzinfo=UTC))
    days = sorted(str(day) for day in audience_orders(campaign, stage.workshop, db.session).days)
    assert days == ["2026-03-08", "2026-03-09"]


def test_matching_orders_again_changes_nothing(sent: Sent) -> None:
    stage, campaign = sent
    rows.order(arms(stage, campaign)[0][0], stage.now)
    results = [stage.run("feedback.match_orders", campaign_id=campaign.id) for _ in range(2)]
    assert results == [{"orders": 1}, {"orders": 1}]


# -- the window


def test_the_next_look_is_tomorrow_morning(sent: Sent) -> None:
    stage, campaign = sent
    found = stage.run("feedback.open_window", campaign_id=campaign.id) or {}
    assert datetime.fromisoformat(found["next_check"]) == datetime(2026, 3, 6, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hour", "is_over", "next_day", "next_hour"),
    [(10, 9, False, 11, 9), (15, 9, False, 16, 9), (16, 9, False, 16, 12), (16, 12, True, 17, 9)],
)
def test_the_window_is_over_when_the_files_of_its_last_day_have_come(
    sent: Sent, day: int, hour: int, is_over: bool, next_day: int, next_hour: int
) -> None:
    stage, campaign = sent
    stage.go_to(day, hour)
    found = stage.run("feedback.settle_contacts", campaign_id=campaign.id) or {}
    assert found["is_over"] is is_over
    check = datetime.fromisoformat(found["next_check"])
    assert check == datetime(2026, 3, next_day, next_hour, tzinfo=UTC) - timedelta(hours=8)
    (order,) = rows.work_orders_of(campaign)
    db.session.refresh(order)
    assert order.state == ("done" if is_over else "dispatched")


def test_who_was_never_met_is_free_for_others_once_the_window_is_over(ready: Sent) -> None:
    stage, campaign = ready
    stage.run("feedback.settle_contacts", campaign_id=campaign.id)
    assert {e.state for e in rows.entries_of(campaign)} == {"released"}


def test_while_the_window_is_open_what_is_reserved_stays_so(sent: Sent) -> None:
    stage, campaign = sent
    entry = rows.entries_of(campaign)[0]
    entry.state = "reserved"
    db.session.commit()
    stage.run("feedback.settle_contacts", campaign_id=campaign.id)
    assert {e.state for e in rows.entries_of(campaign)} == {"reserved", "settled"}


def test_a_campaign_that_met_nobody_does_not_wait(stage: Stage) -> None:
    campaign = small_campaign(stage)
    found = stage.run("feedback.settle_contacts", campaign_id=campaign.id) or {}
    assert found["is_over"] is True


def test_contacts_with_an_answer_are_closed_and_the_others_stay_open(sent: Sent) -> None:
    stage, campaign = sent
    answered, doubtful = rows.contacts_of(campaign)[:2]
    receipt(answered, "DELIVRD")
    receipt(doubtful, "UNKNOWN")
    match(stage, campaign)
    stage.go_to(6)
    stage.run("feedback.settle_contacts", campaign_id=campaign.id)
    db.session.expire_all()
    assert [c.sid for c in rows.contacts_of(campaign) if c.settled_at] == [answered.sid]


def test_figures_on_the_way_are_kept_as_not_final_and_replaced_by_the_next(sent: Sent) -> None:
    stage, campaign = sent
    rows.order(arms(stage, campaign)[0][0], stage.now)
    stage.run("feedback.measure_so_far", campaign_id=campaign.id)
    stage.go_to(6)
    rows.order(arms(stage, campaign)[0][1], stage.now)
    stage.run("feedback.measure_so_far", campaign_id=campaign.id)
    (row,) = db.session.query(Evaluation)
    assert (row.is_final, row.computed_at) == (False, stage.now)
    assert row.figures["lift"]["treated_orders"] == 2
    assert row.figures["window"]["is_over"] is False
