"""Receipts of a link meet their messages: by the centre's id, by the one in question, in any order."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from models.base import db
from models.call import Call
from models.campaign import Campaign
from models.execution import Contact
from models.feedback import Feedback
from models.ledger import LedgerEntry
from models.sending import DirectMessage, SendAnswer, SendBatch
from tests.factories import rows
from tests.factories.arms import met, small_campaign
from tests.factories.stage import Stage

SENT_AT = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def campaign(stage: Stage) -> Campaign:
    """Three customers sent to over the link on Thursday the 5th; the centre took every message."""
    stage.go_to(5)
    campaign = small_campaign(stage)
    met(campaign, stage, {"accepted": [1, 2, 3]})
    stage.go_to(5, 10)
    return campaign


def answered(contact: Contact, *centre_ids: str, parts: int = 0) -> None:
    """What the centre said to the parts of a message."""
    batch = db.session.query(SendBatch).filter_by(work_order_id=contact.work_order_id).first()
    if batch is None:
        batch = SendBatch(
            work_order_id=contact.work_order_id, number=1, first_id=1, last_id=10**6, people=3,
            state="settled", due_at=SENT_AT, intended_to=10**6, ended_at=SENT_AT,
        )  # fmt: skip
        db.session.add(batch)
        db.session.flush()
    for part, centre_id in enumerate(centre_ids, start=1):
        db.session.add(
            SendAnswer(
                batch_id=batch.id,
                contact_id=contact.id,
                part=part,
                parts=parts or len(centre_ids),
                status=0,
                centre_id=centre_id,
                at=SENT_AT,
            )
        )
    db.session.commit()


def receipt(
    centre_id: str, status: str = "DELIVRD", sid: int | None = None, at: datetime = SENT_AT
) -> Feedback:
    return rows.answer(
        "receipt", f"{centre_id}:{status}:{sid}", at, centre_id=centre_id, sid=sid, body={"status": status}
    )


def match(stage: Stage, campaign: Campaign) -> int:
    found = stage.run("feedback.match_receipts", campaign_id=campaign.id) or {}
    db.session.expire_all()
    return int(found["receipts"])


def states(campaign: Campaign) -> list[str]:
    return [contact.state for contact in rows.contacts_of(campaign)]


# -- parts


def test_a_receipt_finds_its_message_by_the_centres_id(stage: Stage, campaign: Campaign) -> None:
    contact = rows.contacts_of(campaign)[0]
    answered(contact, "17")
    row = receipt("17", sid=1)
    assert match(stage, campaign) == 1
    assert states(campaign) == ["delivered", "accepted", "accepted"]
    assert (row.state, row.campaign_id, row.message_id) == ("matched", campaign.id, contact.message_id)


def test_a_message_of_three_parts_is_delivered_when_all_are(stage: Stage, campaign: Campaign) -> None:
    answered(rows.contacts_of(campaign)[0], "a", "b", "c")
    for centre_id in ("c", "a"):
        receipt(centre_id, sid=1)
        match(stage, campaign)
        assert states(campaign)[0] == "accepted"
    receipt("b", sid=1)
    match(stage, campaign)
    assert states(campaign)[0] == "delivered"


@pytest.mark.parametrize("status", ["UNDELIV", "EXPIRED", "DELETED", "REJECTD"])
def test_one_failed_part_and_the_message_has_failed(stage: Stage, campaign: Campaign, status: str) -> None:
    answered(rows.contacts_of(campaign)[0], "a", "b")
    receipt("a", sid=1)
    receipt("b", status, sid=1)
    match(stage, campaign)
    contact = rows.contacts_of(campaign)[0]
    assert (contact.state, contact.cause) == ("failed", status)


@pytest.mark.parametrize("status", ["ENROUTE", "ACCEPTD", "UNKNOWN", "QUEUED-OF-OURS"])
def test_a_word_after_which_more_may_be_heard_changes_nothing(
    stage: Stage, campaign: Campaign, status: str
) -> None:
    answered(rows.contacts_of(campaign)[0], "17")
    receipt("17", status, sid=1)
    match(stage, campaign)
    assert states(campaign)[0] == "accepted"
    receipt("17", "DELIVRD", sid=1)
    match(stage, campaign)
    assert states(campaign)[0] == "delivered"


def test_of_two_ends_of_one_part_the_delivery_counts_whichever_came_first(
    stage: Stage, campaign: Campaign
) -> None:
    for contact, centre_id in zip(rows.contacts_of(campaign), "abc", strict=True):
        answered(contact, centre_id)
    for order, sid, centre_id in (("ED", 1, "a"), ("DE", 2, "b"), ("E+D", 3, "c")):
        for at, end in enumerate(order):
            if end == "+":
                match(stage, campaign)
                assert states(campaign)[2] == "failed"
            else:
                status = {"E": "EXPIRED", "D": "DELIVRD"}[end]
                receipt(centre_id, status, sid=sid, at=SENT_AT + at * HOUR)
    match(stage, campaign)
    assert states(campaign) == ["delivered"] * 3


def test_a_receipt_before_the_answer_is_written_down_waits_for_it(stage: Stage, campaign: Campaign) -> None:
    row = receipt("17", sid=1)
    assert match(stage, campaign) == 0
    assert (row.state, row.message_id) == ("new", "")
    answered(rows.contacts_of(campaign)[0], "17")
    assert match(stage, campaign) == 1
    assert states(campaign)[0] == "delivered"


def test_a_receipt_of_another_campaign_is_named_but_left_to_it(stage: Stage, campaign: Campaign) -> None:
    other = small_campaign(stage)
    met(other, stage, {"accepted": [1]})
    (contact,) = rows.contacts_of(other)
    answered(contact, "17")
    row = receipt("17", sid=1)
    assert match(stage, campaign) == 0
    assert (row.state, row.message_id) == ("new", contact.message_id)
    assert match(stage, other) == 1


# -- ids given out anew


def test_an_id_given_out_anew_is_not_taken_for_another_customers(stage: Stage, campaign: Campaign) -> None:
    first, second, _ = rows.contacts_of(campaign)
    answered(first, "17")
    answered(second, "17")
    row = receipt("17", sid=1)
    match(stage, campaign)
    assert (states(campaign), row.state) == (["accepted"] * 3, "new")
    receipt("17", sid=2)
    match(stage, campaign)
    assert states(campaign) == ["accepted", "delivered", "accepted"]


def test_a_receipt_of_a_number_we_do_not_know_goes_by_the_id_alone(stage: Stage, campaign: Campaign) -> None:
    answered(rows.contacts_of(campaign)[0], "17")
    receipt("17", sid=None)
    assert match(stage, campaign) == 1
    assert states(campaign)[0] == "delivered"


# -- messages of unknown fate


def in_question(campaign: Campaign, *sids: int) -> None:
    for contact in rows.contacts_of(campaign):
        if contact.sid in sids:
            contact.state, contact.contacted_at = "unknown", None
    db.session.commit()


def ledger(stage: Stage, campaign: Campaign, sid: int) -> LedgerEntry:
    row = LedgerEntry(
        campaign_id=campaign.id, channel="sms", sid=sid, day=stage.now.date(), contacts=1, state="reserved",
        changed_at=stage.now,
    )  # fmt: skip
    db.session.add(row)
    db.session.commit()
    return row


def test_a_late_receipt_settles_a_message_of_unknown_fate(stage: Stage, campaign: Campaign) -> None:
    contact = rows.contacts_of(campaign)[0]
    answered(contact)
    in_question(campaign, 1)
    entry = ledger(stage, campaign, 1)
    receipt("x-9", sid=1)
    match(stage, campaign)
    assert (contact.state, contact.contacted_at) == ("delivered", SENT_AT)
    assert (entry.state, entry.contacts) == ("settled", 1)


def test_it_waits_until_the_answer_must_have_been_written_down(stage: Stage, campaign: Campaign) -> None:
    answered(rows.contacts_of(campaign)[0])
    in_question(campaign, 1)
    receipt("x-9", sid=1, at=stage.now - timedelta(minutes=9))
    match(stage, campaign)
    assert states(campaign)[0] == "unknown"


def test_of_two_in_question_neither_is_taken(stage: Stage, campaign: Campaign) -> None:
    other = small_campaign(stage)
    met(other, stage, {"unknown": [1]})
    in_question(campaign, 1)
    row = receipt("x-9", sid=1)
    match(stage, campaign)
    assert (states(campaign)[0], row.state) == ("unknown", "new")


def test_one_part_heard_of_shows_that_the_message_left(stage: Stage, campaign: Campaign) -> None:
    contact = rows.contacts_of(campaign)[0]
    answered(contact, "a", parts=2)
    in_question(campaign, 1)
    receipt("a", sid=1)
    match(stage, campaign)
    assert contact.state == "accepted"
    receipt("b", sid=1, at=SENT_AT)
    match(stage, campaign)
    assert contact.state == "accepted", "it is no longer in question, so nobody knows whose part b is"


def test_what_was_written_off_and_is_heard_of_counts_after_all(stage: Stage, campaign: Campaign) -> None:
    contact = rows.contacts_of(campaign)[0]
    answered(contact, "17")
    contact.state, contact.cause, contact.contacted_at = "failed", "written_off", None
    entry = ledger(stage, campaign, 1)
    receipt("17", sid=1, at=SENT_AT + HOUR)
    match(stage, campaign)
    assert (contact.state, contact.cause, contact.contacted_at) == ("delivered", "", SENT_AT + HOUR)
    assert (entry.state, entry.contacts) == ("settled", 1)


# -- everything else


def test_the_receipt_of_a_question_to_a_customer_ends_that_message(stage: Stage, campaign: Campaign) -> None:
    message = DirectMessage(
        purpose="order_confirmation", key="order-1", sid=1, text="?", state="accepted", centre_id="d-1",
        created_at=SENT_AT,
    )  # fmt: skip
    db.session.add(message)
    row = receipt("d-1", sid=1)
    match(stage, campaign)
    assert (message.state, row.state) == ("delivered", "matched")


def test_a_result_for_a_call_worked_here_changes_nothing(stage: Stage) -> None:
    campaign = small_campaign(stage, channels=("call",))
    met(campaign, stage, {"handed_over": [1, 2]}, channel="call")
    worked, handed_out = rows.contacts_of(campaign)
    db.session.add(
        Call(
            contact_id=worked.id,
            work_order_id=worked.work_order_id,
            campaign_id=campaign.id,
            sid=1,
            state="waiting",
            due_at=stage.now,
        )
    )
    for contact in (worked, handed_out):
        rows.answer(
            "call_result", f"K-{contact.id}", stage.now, message_id=contact.message_id,
            body={"outcome": "consider"},
        )  # fmt: skip
    assert match(stage, campaign) == 2
    assert [(c.state, c.outcome) for c in (worked, handed_out)] == [
        ("handed_over", ""),
        ("reached", "consider"),
    ]


def test_any_word_of_a_customer_belongs_to_the_campaign_that_met_him(
    stage: Stage, campaign: Campaign
) -> None:
    row = rows.answer("reply", "W-1", SENT_AT + HOUR, sid=1, body={"text": "多少钱"})
    match(stage, campaign)
    assert (row.state, row.campaign_id) == ("matched", campaign.id)


def test_more_receipts_than_fit_one_look_are_all_applied(stage: Stage) -> None:
    stage.go_to(5)
    campaign = small_campaign(stage)
    met(campaign, stage, {"accepted": list(range(80))})
    for contact in rows.contacts_of(campaign):
        answered(contact, *(f"{contact.sid}-{part}" for part in range(70)))
    now = stage.now - HOUR
    db.session.add_all(
        Feedback(
            feed="receipt", key=f"{sid}-{part}", centre_id=f"{sid}-{part}", sid=sid, occurred_at=now,
            received_at=now, body={"status": "DELIVRD"},
        )
        for part in range(70)
        for sid in range(80)
    )  # fmt: skip
    db.session.commit()
    assert match(stage, campaign) == 5_600
    assert set(states(campaign)) == {"delivered"}
    assert db.session.scalars(select(Feedback.id).where(Feedback.state == "new")).first() is None


def test_while_a_batch_is_open_the_window_is_not_over(stage: Stage, campaign: Campaign) -> None:
    answered(rows.contacts_of(campaign)[0])
    batch = db.session.query(SendBatch).one()
    batch.state = "held"
    db.session.commit()
    stage.go_to(16, 12)
    found = stage.run("feedback.settle_contacts", campaign_id=campaign.id) or {}
    assert found["is_over"] is False
    assert datetime.fromisoformat(found["next_check"]) == datetime(2026, 3, 17, 1, 0, tzinfo=UTC)
    batch.state = "settled"
    db.session.commit()
    assert (stage.run("feedback.settle_contacts", campaign_id=campaign.id) or {})["is_over"] is True
