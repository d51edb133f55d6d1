"""What comes over the link: receipts once, refusals at once, a yes to what was asked; all else is kept."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from app.intake.link import number_of, take_deliveries
from app.intake.rows import Taken
from app.intake.telling import tell_of_receipts
from handlers.channels.wire import Incoming, Receipt
from handlers.contacts import do_not_disturb
from models.base import db
from models.call import OrderRequest
from models.feedback import Feedback
from models.process import MessageWait
from models.sending import SendAnswer
from tests.app.intake.conftest import Door
from tests.app.intake.drop import kept
from tests.factories import rows

DONE = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)


def receipt(number: str, centre_id: str = "17", status: str = "DELIVRD") -> Receipt:
    return Receipt(centre_id=centre_id, status=status, at=DONE, number=number, text=f"id:{centre_id}")


def words(number: str, text: str) -> Incoming:
    return Incoming(number=number, text=text, destination="10086")


def take(door: Door, *deliveries: Receipt | Incoming) -> Taken:
    taken = take_deliveries(deliveries, door.stage.province.warehouse, door.stage.now)
    assert not db.session().in_transaction(), "committed before the centre is told"
    return taken


# -- receipts


def test_a_receipt_is_kept_with_the_centres_id_and_the_customer(door: Door) -> None:
    assert take(door, receipt(door.number(7))).received == 1
    (row,) = kept()
    assert (row.feed, row.centre_id, row.sid, row.message_id) == ("receipt", "17", 7, "")
    assert (row.body, row.occurred_at, row.state) == ({"status": "DELIVRD"}, DONE, "new")
    assert door.number(7) not in str(vars(row))


def test_the_same_receipt_again_is_a_repeat_also_within_one_delivery(door: Door) -> None:
    one = receipt(door.number(7))
    take(door, one, one)
    taken = take(door, one)
    assert (taken.received, taken.repeated) == (0, 1)
    assert [row.repeats for row in kept()] == [2]


def test_two_words_on_one_message_are_two_receipts(door: Door) -> None:
    number = door.number(7)
    take(door, receipt(number, status="ENROUTE"), receipt(number))
    assert [row.body["status"] for row in kept()] == ["ENROUTE", "DELIVRD"]


def test_an_id_the_centre_gives_out_anew_is_another_message(door: Door) -> None:
    take(door, receipt(door.number(7)))
    assert take(door, receipt(door.number(8))).received == 1


def test_a_receipt_for_nobody_and_one_without_an_id_or_a_moment_are_kept(door: Door) -> None:
    lost = Receipt(centre_id="", status="UNKNOWN", at=None, number="13900000000", text="what is this")
    take(door, lost, receipt("13900000000", centre_id="x" * 65))
    assert [(row.centre_id, row.sid) for row in kept()] == [("", None), ("x" * 65, None)]
    assert kept()[0].occurred_at == door.stage.now


def test_a_receipt_that_was_kept_by_another_connection_meanwhile_is_a_repeat(door: Door) -> None:
    """The centre may repeat itself over a second link while the first has it in hand."""
    take(door, receipt(door.number(7), centre_id="1"))
    key = kept()[0].key.replace("1:", "2:", 1)
    now = door.stage.now
    db.session.execute(
        insert(Feedback).values(
            feed="receipt", key=key, body={}, occurred_at=now, received_at=now, message_id="", centre_id="2",
            token="", product="", channel="sms", repeats=0, state="new",
        )
    )  # fmt: skip
    db.session.commit()
    taken = take(door, receipt(door.number(7), centre_id="2"))
    assert (taken.received, taken.repeated) == (0, 1)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("8613800000001", "13800000001"),
        ("+8613800000001", "13800000001"),
        ("008613800000001", "13800000001"),
        ("13800000001", "13800000001"),
        ("86138", "86138"),
        ("10086", "10086"),
    ],
)
def test_a_number_is_known_with_the_country_before_it(written: str, number: str) -> None:
    assert number_of(written) == number


# -- words


@pytest.mark.parametrize("text", ["TD", "td", " Td ", "ＴＤ", "T", "退订", "0000", "QX", "０００0", "退订\n"])
def test_a_word_of_refusal_is_in_force_at_once(door: Door, text: str) -> None:
    take(door, words("86" + door.number(7), text))
    assert 7 in do_not_disturb("sms", door.stage.province.warehouse, db.session)
    assert 7 not in do_not_disturb("call", door.stage.province.warehouse, db.session)
    (row,) = kept()
    assert (row.feed, row.sid, row.channel, row.body["text"]) == ("opt_out", 7, "sms", text)


@pytest.mark.parametrize("text", ["TD请", "你好", "KTCL", "", "退订吗", "是的吧"])
def test_any_other_word_is_kept_and_does_nothing(door: Door, text: str) -> None:
    take(door, words(door.number(7), text))
    assert [(row.feed, row.sid, row.state) for row in kept()] == [("reply", 7, "new")]
    assert 7 not in do_not_disturb("sms", door.stage.province.warehouse, db.session)


def test_a_refusal_repeated_by_the_centre_counts_once(door: Door) -> None:
    one = words(door.number(7), "TD")
    take(door, one)
    door.stage.now += timedelta(minutes=4)
    taken = take(door, one)
    assert (taken.received, taken.repeated) == (0, 1)
    door.stage.now += timedelta(hours=1)
    assert take(door, one).received == 1


def test_a_refusal_by_somebody_we_do_not_know_is_kept(door: Door) -> None:
    assert take(door, words("13900000000", "TD")).unknown == 1
    assert [(row.feed, row.state) for row in kept()] == [("opt_out", "unknown")]


def test_a_long_word_is_kept_as_far_as_we_can(door: Door) -> None:
    take(door, words(door.number(7), "好" * 900))
    assert len(kept()[0].body["text"]) == 500


# -- a yes


def asked(door: Door, sid: int) -> OrderRequest:
    contact = next(c for c in rows.contacts_of(door.campaign) if c.sid == sid)
    row = OrderRequest(
        contact_id=contact.id,
        campaign_id=door.campaign.id,
        sid=sid,
        product="CRBT",
        asked_by="dujuan",
        asked_at=door.stage.now - timedelta(minutes=5),
    )
    db.session.add(row)
    db.session.commit()
    return row


def test_a_yes_confirms_what_the_customer_was_asked(door: Door) -> None:
    sid = rows.contacts_of(door.campaign)[0].sid
    request = asked(door, sid)
    take(door, words(door.number(sid), " 是 "))
    db.session.refresh(request)
    assert (request.state, request.confirmed_at) == ("confirmed", door.stage.now)
    assert [(row.feed, row.state) for row in kept()] == [("reply", "matched")]


def test_a_yes_to_nothing_is_a_reply_like_any_other(door: Door) -> None:
    take(door, words(door.number(7), "是"), words("13900000000", "是"))
    assert [(row.feed, row.state) for row in kept()] == [("reply", "new"), ("reply", "unknown")]


def test_a_yes_the_centre_repeats_confirms_nothing_that_was_asked_later(door: Door) -> None:
    sid = rows.contacts_of(door.campaign)[0].sid
    take(door, words(door.number(sid), "是"))
    request = asked(door, sid)
    take(door, words(door.number(sid), "是"))
    db.session.refresh(request)
    assert request.state == "asked"


# -- telling


def test_campaigns_whose_receipts_came_over_the_link_are_told_by_and_by(door: Door) -> None:
    rows.handed_in(door.campaign, "draft_campaign", "submit")
    process, contact = door.campaign.process, rows.contacts_of(door.campaign)[0]
    assert process is not None
    db.session.add(
        MessageWait(process_id=process.id, token="-", name="answers_in", correlation=str(door.campaign.id))
    )
    db.session.add(
        SendAnswer(batch_id=1, contact_id=contact.id, part=1, status=0, centre_id="17", at=door.stage.now)
    )
    db.session.commit()
    assert tell_of_receipts(door.stage.now, door.stage.now) == 0
    take(door, receipt(door.number(contact.sid)))
    assert tell_of_receipts(door.stage.now, door.stage.now) == 1
    assert door.engine.heard == [("answers_in", str(door.campaign.id))]
    door.stage.run("feedback.match_receipts", campaign_id=door.campaign.id)
    assert rows.contacts_of(door.campaign)[0].state == "delivered"
    assert tell_of_receipts(door.stage.now, door.stage.now) == 0
