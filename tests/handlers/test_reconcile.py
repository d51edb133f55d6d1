"""Reconciliation: a line is weighed anew, unknown messages are settled as said, the rest is explained."""

from collections.abc import Sequence

import pytest

from handlers.reconcile import NoMessages, NoSuchBalance
from models.base import db
from models.campaign import Campaign
from models.execution import Contact
from models.feedback import FEEDS, Balance, FeedbackFile
from models.sending import SendBatch
from tests.factories import rows
from tests.factories.arms import met, small_campaign
from tests.factories.stage import Stage


@pytest.fixture
def campaign(stage: Stage) -> Campaign:
    """Three messages of unknown fate among thirty delivered ones."""
    stage.go_to(5)
    campaign = small_campaign(stage)
    met(campaign, stage, {"delivered": range(30), "unknown": range(30, 33)})
    (order,) = rows.work_orders_of(campaign)
    ids = [contact.id for contact in rows.contacts_of(campaign)]
    db.session.add(
        SendBatch(
            work_order_id=order.id, number=1, first_id=min(ids), last_id=max(ids), people=33, state="settled",
            due_at=stage.now, intended_to=max(ids), ended_at=stage.now,
        )
    )  # fmt: skip
    db.session.query(Contact).filter_by(state="unknown").update({"contacted_at": None})
    order.handed_over_at = stage.now
    db.session.commit()
    return campaign


def line(stage: Stage, kind: str, subject_id: int) -> int:
    row = Balance(kind=kind, subject_id=subject_id, day=stage.now.date(), computed_at=stage.now, state="open")
    db.session.add(row)
    db.session.commit()
    return row.id


def of_order(stage: Stage, campaign: Campaign) -> int:
    return line(stage, "work_order", rows.work_orders_of(campaign)[0].id)


def weigh(stage: Stage, balance_id: int) -> tuple[str, str]:
    found = stage.run("reconcile.weigh", balance_id=balance_id) or {}
    return found["finding"], found["channel"]


def states(campaign: Campaign) -> Sequence[str]:
    db.session.expire_all()
    return [contact.state for contact in rows.contacts_of(campaign)[30:]]


def test_unknown_messages_come_first(stage: Stage, campaign: Campaign) -> None:
    balance = of_order(stage, campaign)
    assert weigh(stage, balance) == ("unknown", "sms")
    row = db.session.get_one(Balance, balance)
    assert (row.sent, row.accepted, row.pending, row.differences) == (33, 30, 3, {"unknown": 3})


@pytest.mark.parametrize(
    ("outcome", "state", "finding"),
    [
        ("count_as_sent", "accepted", "balanced"),
        ("send_again", "planned", "balanced"),
        ("write_off", "failed", "balanced"),
    ],
)
def test_all_unknown_messages_of_the_order_are_settled_as_said(
    stage: Stage, campaign: Campaign, outcome: str, state: str, finding: str
) -> None:
    balance = of_order(stage, campaign)
    weigh(stage, balance)
    assert stage.run("reconcile.settle", balance_id=balance, outcome=outcome) == {"settled": 3}
    assert states(campaign) == [state] * 3
    assert weigh(stage, balance) == (finding, "sms")
    row = db.session.get_one(Balance, balance)
    assert row.sent == row.accepted + row.rejected + row.pending == (30 if outcome == "send_again" else 33)


def test_settling_twice_changes_nothing_more(stage: Stage, campaign: Campaign) -> None:
    balance = of_order(stage, campaign)
    found = [stage.run("reconcile.settle", balance_id=balance, outcome="write_off") for _ in range(2)]
    assert found == [{"settled": 3}, {"settled": 0}]


def test_an_explained_line_is_weighed_as_such(stage: Stage, campaign: Campaign) -> None:
    balance = of_order(stage, campaign)
    weigh(stage, balance)
    stage.run("reconcile.explain", balance_id=balance)
    weigh(stage, balance)
    assert db.session.get_one(Balance, balance).state == "explained"


@pytest.mark.parametrize(("feed", "channel"), [("receipt", "sms"), ("call_result", "call"), ("order", "")])
def test_a_feed_is_of_the_channel_it_speaks_of(stage: Stage, feed: str, channel: str) -> None:
    assert weigh(stage, line(stage, "feed", FEEDS.index(feed) + 1)) == ("balanced", channel)


def test_a_refused_file_is_asked_about_until_it_comes_rightly(stage: Stage) -> None:
    file = FeedbackFile(
        feed="receipt", name="receipts-1.csv", digest="", day=stage.now.date(), state="refused", promised=9,
        received_at=stage.now,
    )  # fmt: skip
    db.session.add(file)
    db.session.flush()
    balance = line(stage, "file", file.id)
    assert weigh(stage, balance) == ("other", "sms")
    file.state, file.accepted = "read", 9
    assert weigh(stage, balance) == ("balanced", "sms")


def test_only_work_orders_have_messages_to_settle(stage: Stage) -> None:
    with pytest.raises(NoMessages):
        stage.run("reconcile.settle", balance_id=line(stage, "feed", 1), outcome="write_off")


def test_a_line_that_is_not_there_is_said(stage: Stage) -> None:
    with pytest.raises(NoSuchBalance):
        stage.run("reconcile.weigh", balance_id=99)
