"""Who may be met: refusals and sliding limits over history and our own ledger."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.contacts import (
    Imported,
    Limit,
    Limits,
    Refusal,
    check,
    do_not_disturb,
    lift,
    met,
    over_limit,
    refuse,
    refuse_numbers,
    window,
)
from handlers.contacts.counting import BY_NAME
from handlers.warehouse import Warehouse
from models.campaign import CampaignProduct
from models.execution import DoNotDisturb
from models.ledger import LedgerEntry
from tests import databases

#: 09:00 in Shanghai
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
EVERYBODY = np.arange(10)
LIMITS = Limits(
    by_scope={
        "sms": Limit(max_contacts=2, window_days=30),
        "call": Limit(max_contacts=1, window_days=30),
        "total": Limit(max_contacts=3, window_days=30),
    }
)
SERIAL = count(100)


def _own(
    session: Session, sid: int, channel: str, days_ago: int, campaign_id: int = 0, state: str = "settled"
) -> None:
    """An entry of this campaign, or of one that has no other."""
    session.add(
        LedgerEntry(
            campaign_id=campaign_id or next(SERIAL),
            channel=channel,
            sid=sid,
            day=TODAY - timedelta(days=days_ago),
            contacts=0 if state == "released" else 1,
            state=state,
            changed_at=NOW,
        )
    )
    session.flush()


def _elsewhere(warehouse: Warehouse, days_ago: int, sid: int, channel: str, product: str = "CRBT") -> None:
    warehouse.append_contacts(TODAY - timedelta(days=days_ago), np.array([sid]), [channel], [product])


def _over(warehouse: Warehouse, session: Session, channel: str = "sms", **more: Any) -> list[int]:
    return over_limit(channel, now=NOW, limits=LIMITS, warehouse=warehouse, session=session, **more).tolist()


def test_a_customer_met_as_often_as_allowed_is_over(warehouse: Warehouse, session: Session) -> None:
    _elsewhere(warehouse, 5, sid=1, channel="sms")
    assert _over(warehouse, session) == []
    _own(session, 1, "sms", days_ago=1)
    assert _over(warehouse, session) == [1]
    assert _over(warehouse, session, "call") == []


def test_the_window_slides_by_local_days(warehouse: Warehouse, session: Session) -> None:
    first, last = window(NOW, 30)
    assert (first, last) == (date(2026, 2, 1), TODAY)
    assert window(datetime(2026, 1, 31, 16, 0, tzinfo=UTC), 1) == (date(2026, 2, 1), date(2026, 2, 1))
    for _ in range(2):
        _own(session, 1, "sms", days_ago=30)
        _own(session, 2, "sms", days_ago=29)
    for channel_day in (30, 29):
        _elsewhere(warehouse, channel_day, sid=5, channel="sms")
        _elsewhere(warehouse, channel_day - 1, sid=6, channel="sms")
    assert _over(warehouse, session) == [2, 6]


def test_the_total_counts_every_channel_but_the_website(warehouse: Warehouse, session: Session) -> None:
    for sid, channels in ((1, ("sms", "call", "shop")), (2, ("sms", "web", "web"))):
        for days_ago, channel in enumerate(channels, start=1):
            _elsewhere(warehouse, days_ago, sid=sid, channel=channel)
    assert _over(warehouse, session) == [1]


def test_what_is_reserved_counts_like_what_was_made_and_what_was_given_back_does_not(
    warehouse: Warehouse, session: Session
) -> None:
    for sid, state in ((1, "reserved"), (2, "settled"), (3, "released")):
        for days_ago in (0, 3):
            _own(session, sid, "sms", days_ago, state=state)
    assert _over(warehouse, session) == [1, 2]


def test_what_is_reserved_for_later_counts_in_the_windows_it_shares_with_the_day(
    warehouse: Warehouse, session: Session
) -> None:
    """Two in thirty days: 20 days ago and 9 days ahead share a window, 20 days ago and 10 ahead do not."""
    for sid, ahead in ((1, 5), (2, 9), (3, 10), (4, 29), (5, 30)):
        _own(session, sid, "sms", days_ago=20, state="reserved")
        _own(session, sid, "sms", days_ago=-ahead, state="reserved")
    assert _over(warehouse, session) == [1, 2]
    for day, over in ((TODAY + timedelta(days=9), [1, 2]), (TODAY + timedelta(days=10), [])):
        assert _over(warehouse, session, day=day) == over


def test_the_campaigns_own_entries_do_not_count_against_it(warehouse: Warehouse, session: Session) -> None:
    for campaign_id in (1, 2):
        _own(session, 4, "sms", 2, campaign_id)
    assert _over(warehouse, session) == [4]
    assert _over(warehouse, session, campaign_id=2) == []


def test_the_total_is_no_limit_of_a_channel_that_does_not_count_in_it(
    warehouse: Warehouse, session: Session
) -> None:
    for days_ago in range(3):
        _own(session, 1, "sms", days_ago)
    assert _over(warehouse, session, "call") == [1]
    assert _over(warehouse, session, "web") == []


def test_a_campaign_type_without_limits_blocks_nobody(warehouse: Warehouse, session: Session) -> None:
    for _ in range(9):
        _own(session, 1, "sms", days_ago=1)
    free = Limits(by_scope={})
    found = over_limit("sms", now=NOW, limits=free, warehouse=warehouse, session=session)
    assert found.tolist() == []


def test_limits_come_from_the_decision_table() -> None:
    asked = []

    def decide(table: str, inputs: Mapping[str, Any]) -> dict[str, Any] | None:
        asked.append((table, dict(inputs)))
        rows: dict[str, dict[str, Any]] = {
            "sms": {"max_contacts": 4, "window_days": 30},
            "call": {"max_contacts": None, "window_days": 30},
        }
        return rows.get(inputs["scope"])

    limits = Limits.in_force(decide, "precision", ["sms", "call"])
    assert limits.by_scope == {"sms": Limit(max_contacts=4, window_days=30)}
    assert [inputs["scope"] for _, inputs in asked] == ["sms", "call", "total"]
    assert {(table, inputs["campaign_type"]) for table, inputs in asked} == {("contact_limits", "precision")}


def test_refusals_are_kept_per_channel(warehouse: Warehouse, session: Session) -> None:
    session.add(DoNotDisturb(sid=7, channel="sms", since=NOW, source="reply"))
    session.add(DoNotDisturb(sid=3, channel="sms", since=NOW, source="load"))
    session.add(DoNotDisturb(sid=8, channel="call", since=NOW, source="reply"))
    session.flush()
    assert do_not_disturb("sms", warehouse, session).tolist() == [3, 7]
    assert do_not_disturb("call", warehouse, session).tolist() == [8]
    assert do_not_disturb("shop", warehouse, session).tolist() == []
    assert do_not_disturb("sms", warehouse, session, np.array([7, 8])).tolist() == [7]


def test_the_first_refusal_of_a_channel_counts(warehouse: Warehouse, session: Session) -> None:
    later = [Refusal(sid=7, channel="sms", since=NOW), Refusal(sid=7, channel="call", since=NOW)]
    earlier = Refusal(sid=7, channel="sms", since=NOW - timedelta(hours=1))
    assert refuse(session, [later[0], earlier, later[1]], source="reply") == 2
    assert refuse(session, later, source="reply") == 0
    rows = session.execute(select(DoNotDisturb.channel, DoNotDisturb.since).order_by("channel")).all()
    assert rows == [("call", NOW), ("sms", earlier.since)]
    assert do_not_disturb("sms", warehouse, session).tolist() == [3, 7]


def test_a_list_of_numbers_is_taken_in_and_told_apart(warehouse: Warehouse, session: Session) -> None:
    numbers = warehouse.numbers(np.array([4, 5]))
    session.add(DoNotDisturb(sid=5, channel="call", since=NOW, source="reply"))
    session.flush()
    given = [numbers[0], f" {numbers[1]}", numbers[0], "13900000000", "", "彩铃"]
    found = refuse_numbers(session, warehouse, given, "call", since=NOW, source="load")
    assert found == Imported(new=1, known=2, unknown=3)
    assert do_not_disturb("call", warehouse, session).tolist() == [4, 5]
    assert refuse_numbers(session, warehouse, [], "call", since=NOW, source="load").new == 0


def test_who_takes_a_refusal_back_may_be_met_again_through_that_channel(
    warehouse: Warehouse, session: Session
) -> None:
    for channel in ("sms", "call"):
        refuse(session, [Refusal(sid=sid, channel=channel, since=NOW) for sid in (3, 7, 8)], source="reply")
    assert lift(session, np.array([3, 7, 9]), "sms") == 2
    assert do_not_disturb("sms", warehouse, session).tolist() == [3, 8], "3 is refused by the customer data"
    assert do_not_disturb("call", warehouse, session).tolist() == [3, 7, 8]
    assert refuse(session, [Refusal(sid=7, channel="sms", since=NOW)], source="reply") == 1


def test_met_about_a_product_whatever_the_channel(warehouse: Warehouse, session: Session) -> None:
    _elsewhere(warehouse, 5, sid=1, channel="shop", product="CRBT")
    _elsewhere(warehouse, 5, sid=2, channel="sms", product="PAPER")
    session.add(CampaignProduct(campaign_id=1, product_code="CRBT"))
    _own(session, 3, "call", 9, campaign_id=1)
    _own(session, 4, "call", 9, campaign_id=2)
    _own(session, 5, "sms", 9, campaign_id=1, state="released")
    _own(session, 6, "sms", -4, campaign_id=1, state="reserved")

    def found(days: int, **more: Any) -> list[int]:
        return met(["CRBT"], NOW, days, warehouse=warehouse, session=session, **more).tolist()

    assert found(30) == [1, 3, 6]
    assert found(6) == [1, 6]
    assert found(4) == []
    assert found(30, campaign_id=1) == [1]


def test_check_answers_beside_the_customers_asked_about(warehouse: Warehouse, session: Session) -> None:
    for _ in range(2):
        _own(session, 5, "sms", days_ago=1)
    asked = np.array([5, 3, 0])
    blocked = check(asked, "sms", now=NOW, limits=LIMITS, warehouse=warehouse, session=session)
    assert blocked.do_not_disturb.tolist() == [False, True, False]
    assert blocked.over_limit.tolist() == [True, False, False]
    assert blocked.either.tolist() == [True, True, False]


def test_nobody_asked_nobody_blocked(warehouse: Warehouse, session: Session) -> None:
    nobody = np.empty(0, dtype=np.int64)
    blocked = check(nobody, "sms", now=NOW, limits=LIMITS, warehouse=warehouse, session=session)
    assert len(blocked.either) == 0


CONTACTS = st.lists(
    st.tuples(
        st.integers(0, 9), st.sampled_from(("sms", "call", "web")), st.integers(-40, 40), st.booleans()
    ),
    max_size=60,
)


def by_hand(met: list[tuple[str, int]]) -> bool:
    """Whether some thirty days around today have two messages or three contacts of any kind but the web."""
    spans = [[channel for channel, ago in met if end <= ago < end + 30] for end in range(-29, 1)]
    return any(span.count("sms") >= 2 or len(span) - span.count("web") >= 3 for span in spans)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contacts=CONTACTS)
def test_few_and_many_are_answered_alike(
    warehouse: Warehouse, contacts: list[tuple[int, str, int, bool]]
) -> None:
    """Asking by name and reading the whole window say the same, and the same as counting by hand."""
    for path in (warehouse.root / "contacts").glob("*"):
        path.unlink()
    with databases.without_keys() as engine, Session(engine) as session:
        seen: dict[object, tuple[int, str, int]] = {}
        for sid, channel, days_ago, is_own in contacts:
            if is_own:
                _own(session, sid, channel, days_ago)
            else:
                _elsewhere(warehouse, days_ago, sid, channel)
            key = object() if is_own else (sid, channel, days_ago)
            seen[key] = (sid, channel, days_ago)
        expected = [by_hand([(c, ago) for who, c, ago in seen.values() if who == sid]) for sid in range(10)]
        for times in (1, BY_NAME // 10 + 1):
            asked = np.tile(EVERYBODY, times)
            blocked = check(asked, "sms", now=NOW, limits=LIMITS, warehouse=warehouse, session=session)
            assert blocked.over_limit.tolist() == expected * times
            assert np.flatnonzero(blocked.do_not_disturb[:10]).tolist() == [3]
