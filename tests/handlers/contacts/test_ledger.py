"""The ledger: what is budgeted, what was real, and what is given back."""

from datetime import UTC, date, datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.contacts import release, release_unsent, settle
from models.execution import Contact, WorkOrder
from models.ledger import LedgerEntry

#: 09:00 in Shanghai
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
TOMORROW = date(2026, 3, 3)


def reserved(session: Session, *sids: int, campaign_id: int = 1, channel: str = "sms") -> None:
    """Places as an approval leaves them."""
    session.add_all(
        LedgerEntry(campaign_id=campaign_id, channel=channel, sid=sid, day=TODAY, changed_at=NOW)
        for sid in sids
    )
    session.flush()


def entries(session: Session) -> list[tuple[int, str, int, date, int, str]]:
    """Campaign, channel, customer, day, contacts and state of every entry."""
    columns = (
        *(LedgerEntry.campaign_id, LedgerEntry.channel, LedgerEntry.sid),
        *(LedgerEntry.day, LedgerEntry.contacts, LedgerEntry.state),
    )
    return [tuple(row) for row in session.execute(select(*columns).order_by(LedgerEntry.id))]


def test_what_was_real_takes_the_place_of_what_was_budgeted(session: Session) -> None:
    reserved(session, 1, 2, 3, 4)
    sids = np.array([1, 2, 3])
    assert settle(session, 1, "sms", sids, np.array([1, 0, 2]), TOMORROW, NOW) == 3
    assert entries(session) == [
        (1, "sms", 1, TOMORROW, 1, "settled"),
        (1, "sms", 2, TOMORROW, 0, "settled"),
        (1, "sms", 3, TOMORROW, 2, "settled"),
        (1, "sms", 4, TODAY, 1, "reserved"),
    ]


def test_one_number_settles_all(session: Session) -> None:
    reserved(session, 1, 2)
    reserved(session, 1, campaign_id=2)
    reserved(session, 1, channel="call")
    assert settle(session, 1, "sms", np.array([2, 1]), 0, TODAY, NOW) == 2
    assert [(campaign, channel, state) for campaign, channel, *_, state in entries(session)] == [
        (1, "sms", "settled"),
        (1, "sms", "settled"),
        (2, "sms", "reserved"),
        (1, "call", "reserved"),
    ]


def test_who_has_no_place_gets_none_by_settling(session: Session) -> None:
    reserved(session, 1)
    assert settle(session, 7, "sms", np.array([1]), 1, TODAY, NOW) == 0
    assert settle(session, 1, "sms", np.array([], dtype=np.int64), 1, TODAY, NOW) == 0
    assert entries(session) == [(1, "sms", 1, TODAY, 1, "reserved")]


def test_what_is_still_reserved_is_given_back_and_what_was_real_stays(session: Session) -> None:
    reserved(session, 1, 2)
    reserved(session, 1, channel="call")
    reserved(session, 1, campaign_id=2)
    settle(session, 1, "sms", np.array([1]), 1, TODAY, NOW)
    assert release(session, 1, NOW) == 2
    assert [(campaign, channel, sid, state) for campaign, channel, sid, *_, state in entries(session)] == [
        (1, "sms", 1, "settled"),
        (1, "sms", 2, "released"),
        (1, "call", 1, "released"),
        (2, "sms", 1, "reserved"),
    ]
    assert release(session, 1, NOW) == 0


def test_a_channel_or_some_customers_alone_are_given_back(session: Session) -> None:
    reserved(session, 1, 2, 3)
    reserved(session, 1, channel="call")
    assert release(session, 1, NOW, channel="call") == 1
    assert release(session, 1, NOW, channel="sms", sids=np.array([3, 2, 9])) == 2
    assert release(session, 1, NOW, sids=np.array([], dtype=np.int64)) == 0
    assert [(sid, state) for _, _, sid, *_, state in entries(session)] == [
        (1, "reserved"),
        (2, "released"),
        (3, "released"),
        (1, "released"),
    ]


def test_at_the_end_all_is_given_back_but_what_has_left(session: Session) -> None:
    left, waiting = (
        WorkOrder(
            number=f"RW-{place}",
            campaign_id=1,
            submission=place,
            channel="sms",
            planned_on=TODAY,
            planned_at=NOW,
            handed_over_at=handed_over_at,
        )
        for place, handed_over_at in enumerate((NOW, None))
    )
    session.add_all((left, waiting))
    session.flush()
    contacts = ((left, 1, "unknown"), (left, 2, "suppressed"), (waiting, 3, "planned"))
    session.add_all(
        Contact(
            campaign_id=1, work_order_id=order.id, sid=sid, channel="sms", message_id=f"m{sid}", state=state
        )
        for order, sid, state in contacts
    )
    reserved(session, 1, 2, 3, 4)
    reserved(session, 1, channel="call")
    reserved(session, 1, campaign_id=2)
    assert release_unsent(session, 1, NOW) == 4
    still = [
        (campaign, channel, sid)
        for campaign, channel, sid, *_, state in entries(session)
        if state == "reserved"
    ]
    assert still == [(1, "sms", 1), (2, "sms", 1)]


def test_what_was_sent_though_given_back_counts_all_the_same(session: Session) -> None:
    reserved(session, 1)
    release(session, 1, NOW)
    assert settle(session, 1, "sms", np.array([1]), 1, TODAY, NOW) == 1
    assert entries(session) == [(1, "sms", 1, TODAY, 1, "settled")]
