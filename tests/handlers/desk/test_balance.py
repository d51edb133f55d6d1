"""Reconciliation: sent = accepted + rejected + pending, line by line, and what a person must look at."""

from datetime import UTC, date, datetime, timedelta

import pytest

from handlers.desk.balance import give_up_receipts, reckon
from models.base import db
from models.campaign import Campaign
from models.execution import Contact
from models.feedback import FEEDS, Balance, Feedback, FeedbackFile
from models.sending import SendBatch
from tests.factories import rows
from tests.factories.arms import met, small_campaign
from tests.factories.stage import Stage

FRIDAY, SATURDAY = date(2026, 3, 6), date(2026, 3, 7)


def reckoned(stage: Stage, *daily: str) -> list[Balance]:
    found = reckon(db.session, stage.now, daily)
    db.session.commit()
    return found


def of_orders(stage: Stage) -> list[Balance]:
    return [row for row in reckoned(stage) if row.kind == "work_order"]


def figures(row: Balance) -> tuple[int, int, int, int]:
    assert row.sent == row.accepted + row.rejected + row.pending
    return row.sent, row.accepted, row.rejected, row.pending


@pytest.fixture
def campaign(stage: Stage) -> Campaign:
    """Nothing sent yet, on Friday morning."""
    stage.go_to(6)
    return small_campaign(stage)


def sent(campaign: Campaign, stage: Stage, **states: int) -> None:
    """So many people in each state, sent to on Friday at nine; by now it is Sunday at eight."""
    first, sids = 0, {}
    for state, people in states.items():
        sids[state] = range(first, first + people)
        first += people
    met(campaign, stage, sids)
    for order in rows.work_orders_of(campaign):
        order.handed_over_at = stage.now
    db.session.commit()
    stage.go_to(8, 8)


# -- work orders


def test_every_message_that_left_is_accepted_rejected_or_pending(campaign: Campaign, stage: Stage) -> None:
    sent(campaign, stage, accepted=3, delivered=30, failed=5, unknown=2, handed_over=1, planned=4, stopped=6)
    (row,) = of_orders(stage)
    assert figures(row) == (41, 33, 5, 3)
    assert row.day == FRIDAY
    assert (row.state, row.differences) == ("open", {"unknown": 2})


def test_calls_count_alike(campaign: Campaign, stage: Stage) -> None:
    sent(campaign, stage, reached=20, not_reached=5)
    (row,) = of_orders(stage)
    assert (figures(row), row.state) == ((25, 25, 0, 0), "balanced")


def test_reckoning_again_changes_nothing(campaign: Campaign, stage: Stage) -> None:
    sent(campaign, stage, delivered=30, unknown=2)
    first, again = of_orders(stage), of_orders(stage)
    assert [row.id for row in again] == [row.id for row in first]
    assert db.session.query(Balance).count() == 1


def test_the_day_is_the_local_day_a_message_left(campaign: Campaign, stage: Stage) -> None:
    sent(campaign, stage, delivered=2)
    before, after = rows.contacts_of(campaign)
    before.contacted_at = datetime(2026, 3, 6, 15, 59, tzinfo=UTC)
    after.contacted_at = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
    db.session.commit()
    assert [(row.day, row.sent) for row in of_orders(stage)] == [(FRIDAY, 1), (SATURDAY, 1)]


def test_what_leaves_today_is_a_line_tomorrow(campaign: Campaign, stage: Stage) -> None:
    sent(campaign, stage, delivered=2)
    stage.go_to(6, 23, 59)
    assert of_orders(stage) == []
    stage.go_to(7, 0)
    assert [row.day for row in of_orders(stage)] == [FRIDAY]


def test_a_refused_message_belongs_to_the_day_it_was_refused(campaign: Campaign, stage: Stage) -> None:
    sent(campaign, stage, failed=1)
    (contact,) = rows.contacts_of(campaign)
    contact.contacted_at, contact.settled_at = None, datetime(2026, 3, 6, 2, 0, tzinfo=UTC)
    db.session.commit()
    assert [(row.day, row.rejected) for row in of_orders(stage)] == [(FRIDAY, 1)]


def test_a_message_of_unknown_fate_belongs_to_the_day_its_batch_ended(
    campaign: Campaign, stage: Stage
) -> None:
    sent(campaign, stage, unknown=1)
    (contact,) = rows.contacts_of(campaign)
    contact.contacted_at = None
    batch = SendBatch(
        work_order_id=contact.work_order_id, number=1, first_id=contact.id, last_id=contact.id, people=1,
        state="settled", due_at=stage.now, ended_at=datetime(2026, 3, 6, 16, 0, tzinfo=UTC),
    )  # fmt: skip
    db.session.add(batch)
    db.session.commit()
    assert [(row.day, row.pending) for row in of_orders(stage)] == [(SATURDAY, 1)]


def test_a_call_nobody_made_yet_has_not_left(campaign: Campaign, stage: Stage) -> None:
    sent(campaign, stage, handed_over=3)
    db.session.query(Contact).update({"contacted_at": None})
    db.session.commit()
    assert of_orders(stage) == []


@pytest.mark.parametrize(("state", "what"), [("handed_over", "no_answer"), ("accepted", "no_receipt")])
def test_what_is_missing_after_two_days_differs(
    campaign: Campaign, stage: Stage, state: str, what: str
) -> None:
    sent(campaign, stage, **{"delivered": 1, state: 4})
    stage.go_to(8, 8, 59)
    assert [row.differences for row in of_orders(stage)] == [{}]
    stage.go_to(8, 9)
    assert [row.differences for row in of_orders(stage)] == [{what: 4}]


def test_where_the_centre_reports_nothing_no_receipt_is_missed(campaign: Campaign, stage: Stage) -> None:
    sent(campaign, stage, accepted=4)
    stage.now += timedelta(days=3)
    assert [(row.pending, row.state) for row in of_orders(stage)] == [(0, "balanced")]


def test_a_line_that_balances_later_is_closed_by_itself(campaign: Campaign, stage: Stage) -> None:
    sent(campaign, stage, delivered=1, unknown=1)
    assert [row.state for row in of_orders(stage)] == ["open"]
    db.session.query(Contact).update({"state": "delivered"})
    assert [(row.state, row.differences) for row in of_orders(stage)] == [("balanced", {})]


def test_a_line_of_which_nothing_is_left_is_emptied(campaign: Campaign, stage: Stage) -> None:
    sent(campaign, stage, unknown=2)
    assert [row.state for row in of_orders(stage)] == ["open"]
    db.session.query(Contact).update({"state": "planned"})
    assert [(figures(row), row.state) for row in of_orders(stage)] == [((0, 0, 0, 0), "balanced")]


def test_an_explained_line_stays_so_until_it_differs_in_more(campaign: Campaign, stage: Stage) -> None:
    sent(campaign, stage, delivered=3, unknown=1)
    (row,) = of_orders(stage)
    row.state = "explained"
    db.session.commit()
    assert [row.state for row in of_orders(stage)] == ["explained"]
    rows.contacts_of(campaign)[0].state = "unknown"
    assert [(row.state, row.differences) for row in of_orders(stage)] == [("open", {"unknown": 2})]


def test_an_old_line_that_is_still_open_is_reckoned_on(campaign: Campaign, stage: Stage) -> None:
    sent(campaign, stage, unknown=1)
    of_orders(stage)
    stage.now += timedelta(days=90)
    db.session.query(Contact).update({"state": "delivered"})
    assert [row.state for row in of_orders(stage)] == ["balanced"]
    assert of_orders(stage) == []


# -- files


def file(stage: Stage, **fields: object) -> FeedbackFile:
    values = {"feed": "order", "name": "orders-1.csv", "digest": "", "day": FRIDAY, "received_at": stage.now}
    row = FeedbackFile(**values | {"promised": 10, "accepted": 10} | fields)
    db.session.add(row)
    db.session.commit()
    return row


def of_files(stage: Stage) -> list[Balance]:
    return [row for row in reckoned(stage) if row.kind == "file"]


def test_promised_is_accepted_and_repeated_and_refused(stage: Stage) -> None:
    file(stage, accepted=6, repeated=3, rejected=1)
    (row,) = of_files(stage)
    assert (figures(row), row.differences) == ((10, 9, 1, 0), {"refused_lines": 1})


def test_a_file_all_of_which_counts_balances(stage: Stage) -> None:
    file(stage, accepted=6, repeated=4, unknown=2)
    assert [row.state for row in of_files(stage)] == ["balanced"]


def test_a_file_refused_whole_differs_in_itself(stage: Stage) -> None:
    file(stage, state="refused", accepted=0)
    (row,) = of_files(stage)
    assert (figures(row), row.differences) == ((10, 0, 10, 0), {"file_refused": 1})


def test_a_file_still_being_read_is_no_line_yet(stage: Stage) -> None:
    file(stage, state="reading", accepted=5)
    assert of_files(stage) == []


# -- feeds


def receipts(stage: Stage, state: str, number: int, at: datetime) -> None:
    for place in range(number):
        rows.answer("receipt", f"{state}-{place}-{at}", at, state=state)


def of_feeds(stage: Stage, *daily: str) -> list[tuple[str, date, dict]]:
    found = [row for row in reckoned(stage, *daily) if row.kind == "feed"]
    return [(FEEDS[row.subject_id - 1], row.day, row.differences) for row in found]


def test_answers_for_nobody_are_a_line_of_their_day(stage: Stage) -> None:
    stage.go_to(7)
    receipts(stage, "matched", 5, stage.now - timedelta(days=1))
    receipts(stage, "unknown", 2, stage.now - timedelta(days=1))
    receipts(stage, "unmatched", 1, stage.now - timedelta(days=1))
    receipts(stage, "unknown", 4, stage.now)
    assert of_feeds(stage) == [("receipt", FRIDAY, {"nobodys": 3})]
    (row,) = db.session.query(Balance)
    assert figures(row) == (8, 5, 0, 3)


def test_a_file_that_must_come_every_day_and_did_not_is_missed(stage: Stage) -> None:
    stage.go_to(7)
    for back in (1, 2, 3):
        if back != 2:
            file(stage, name=f"orders-{back}.csv", day=SATURDAY - timedelta(days=back))
    assert of_feeds(stage, "order")[1] == ("order", date(2026, 3, 5), {"missing_file": 1})
    assert [differences for _, _, differences in of_feeds(stage, "order")] == [{}, {"missing_file": 1}, {}]


def test_a_refused_file_is_no_file_of_the_day_and_a_late_one_is(stage: Stage) -> None:
    stage.go_to(7)
    for back in (2, 3):
        file(stage, name=f"orders-{back}.csv", day=SATURDAY - timedelta(days=back))
    file(stage, name="orders-1.csv", day=FRIDAY, state="refused")
    assert of_feeds(stage, "order")[-1] == ("order", FRIDAY, {"missing_file": 1})
    stage.go_to(20)
    for day in range(17, 20):
        file(stage, name=f"orders-x{day}.csv", day=date(2026, 3, day))
    file(stage, name="orders-late.csv", day=FRIDAY)
    assert ("order", FRIDAY, {}) in of_feeds(stage, "order")


def test_feeds_that_need_not_come_by_file_are_not_missed(stage: Stage) -> None:
    assert of_feeds(stage) == []


def test_a_receipt_nobody_is_found_for_within_a_day_is_given_up(stage: Stage) -> None:
    receipts(stage, "new", 1, stage.now - timedelta(hours=25))
    receipts(stage, "new", 1, stage.now - timedelta(hours=23))
    rows.answer("receipt", "named", stage.now - timedelta(days=9), message_id="M-1", state="new")
    assert give_up_receipts(db.session, stage.now) == 1
    db.session.commit()
    assert sorted(row.state for row in db.session.query(Feedback)) == ["new", "new", "unmatched"]
