"""Who may be met: refusals and sliding limits over history and our own rows."""

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
    Limit,
    Limits,
    Refusal,
    check,
    do_not_disturb,
    met,
    over_limit,
    refuse,
    window,
)
from handlers.contacts.counting import BY_NAME
from handlers.warehouse import Warehouse
from models.campaign import CampaignProduct
from models.execution import Contact, DoNotDisturb
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
SERIAL = count()


def _own(session: Session, sid: int, channel: str, at: datetime | None, campaign_id: int = 1) -> None:
    session.add(
        Contact(
            campaign_id=campaign_id,
            work_order_id=next(SERIAL),
            sid=sid,
            channel=channel,
            message_id=f"m{next(SERIAL)}",
            contacted_at=at,
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
    _own(session, 1, "sms", NOW - timedelta(days=1))
    assert _over(warehouse, session) == [1]
    assert _over(warehouse, session, "call") == []


def test_the_window_slides_by_local_days(warehouse: Warehouse, session: Session) -> None:
    first, last = window(NOW, 30)
    assert (first, last) == (date(2026, 2, 1), TODAY)
    midnight = datetime(2026, 1, 31, 16, 0, tzinfo=UTC)
    for _ in range(2):
        _own(session, 1, "sms", midnight - timedelta(seconds=1))
        _own(session, 2, "sms", midnight)
    for channel_day in (30, 29):
        _elsewhere(warehouse, channel_day, sid=5, channel="sms")
        _elsewhere(warehouse, channel_day - 1, sid=6, channel="sms")
    assert _over(warehouse, session) == [2, 6]


def test_the_total_counts_every_channel_but_the_website(warehouse: Warehouse, session: Session) -> None:
    for sid, channels in ((1, ("sms", "call", "shop")), (2, ("sms", "web", "web"))):
        for days_ago, channel in enumerate(channels, start=1):
            _elsewhere(warehouse, days_ago, sid=sid, channel=channel)
    assert _over(warehouse, session) == [1]


def test_what_was_only_planned_is_not_counted(warehouse: Warehouse, session: Session) -> None:
    for _ in range(3):
        _own(session, 1, "sms", None)
    assert _over(warehouse, session) == []


def test_the_campaigns_own_contacts_do_not_count_against_it(warehouse: Warehouse, session: Session) -> None:
    for campaign_id in (1, 2):
        _own(session, 4, "sms", NOW - timedelta(days=2), campaign_id)
    assert _over(warehouse, session) == [4]
    assert _over(warehouse, session, campaign_id=2) == []


def test_a_campaign_type_without_limits_blocks_nobody(warehouse: Warehouse, session: Session) -> None:
    for _ in range(9):
        _own(session, 1, "sms", NOW - timedelta(days=1))
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


def test_met_about_a_product_whatever_the_channel(warehouse: Warehouse, session: Session) -> None:
    _elsewhere(warehouse, 5, sid=1, channel="shop", product="CRBT")
    _elsewhere(warehouse, 5, sid=2, channel="sms", product="PAPER")
    session.add(CampaignProduct(campaign_id=1, product_code="CRBT"))
    _own(session, 3, "call", NOW - timedelta(days=9))
    _own(session, 4, "call", NOW - timedelta(days=9), campaign_id=2)

    def found(days: int, **more: Any) -> list[int]:
        return met(["CRBT"], NOW, days, warehouse=warehouse, session=session, **more).tolist()

    assert found(30) == [1, 3]
    assert found(6) == [1]
    assert found(30, campaign_id=1) == [1]


def test_check_answers_beside_the_customers_asked_about(warehouse: Warehouse, session: Session) -> None:
    for _ in range(2):
        _own(session, 5, "sms", NOW - timedelta(days=1))
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
    st.tuples(st.integers(0, 9), st.sampled_from(("sms", "call", "web")), st.integers(0, 40), st.booleans()),
    max_size=40,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contacts=CONTACTS)
def test_few_and_many_are_answered_alike(
    warehouse: Warehouse, contacts: list[tuple[int, str, int, bool]]
) -> None:
    """Asking by name and reading the whole window say the same, and the same as counting by hand."""
    for path in (warehouse.root / "contacts").glob("*"):
        path.unlink()
    with databases.without_keys() as engine, Session(engine) as session:
        seen = set()
        for sid, channel, days_ago, is_own in contacts:
            if is_own:
                _own(session, sid, channel, NOW - timedelta(days=days_ago))
                seen.add((sid, channel, days_ago, len(seen)))
            else:
                _elsewhere(warehouse, days_ago, sid, channel)
                seen.add((sid, channel, days_ago, -1))
        used = [[s for s in seen if s[0] == sid and s[2] < 30] for sid in range(10)]
        expected = [
            sum(s[1] == "sms" for s in mine) >= 2 or sum(s[1] != "web" for s in mine) >= 3 for mine in used
        ]
        for times in (1, BY_NAME // 10 + 1):
            asked = np.tile(EVERYBODY, times)
            blocked = check(asked, "sms", now=NOW, limits=LIMITS, warehouse=warehouse, session=session)
            assert blocked.over_limit.tolist() == expected * times
            assert np.flatnonzero(blocked.do_not_disturb[:10]).tolist() == [3]
