"""Reserving: who has room gets a place and nobody else, whatever was reserved, moved or settled before."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from handlers.contacts import Limit, Limits, move, release, reserve, settle
from handlers.warehouse import Warehouse
from models.base import Base
from models.ledger import LedgerEntry

#: 09:00 in Shanghai
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
LIMITS = Limits(
    by_scope={
        "sms": Limit(max_contacts=2, window_days=5),
        "call": Limit(max_contacts=1, window_days=7),
        "total": Limit(max_contacts=3, window_days=6),
    }
)


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


@dataclass(kw_only=True)
class Desk:
    """Somebody who reserves, in one session."""

    session: Session
    warehouse: Warehouse

    def reserve(self, campaign: int, channel: str, sids: list[int], offset: int) -> list[int]:
        asked = np.array(sids, dtype=np.int64)
        rules = {"limits": LIMITS, "warehouse": self.warehouse, "now": NOW}
        return reserve(self.session, campaign, channel, asked, day(offset), **rules).tolist()

    def move(self, campaign: int, channel: str, sids: list[int], offset: int) -> list[int]:
        asked = np.array(sids, dtype=np.int64)
        rules = {"limits": LIMITS, "warehouse": self.warehouse, "now": NOW}
        return move(self.session, campaign, channel, asked, day(offset), **rules).tolist()

    def entries(self) -> dict[tuple[int, str, int], tuple[int, int, str]]:
        """(campaign, channel, customer): (days from today, contacts, state)."""
        self.session.expire_all()
        return {
            (e.campaign_id, e.channel, e.sid): ((e.day - TODAY).days, e.contacts, e.state)
            for e in self.session.scalars(select(LedgerEntry))
        }


@pytest.fixture
def desk(session: Session, warehouse: Warehouse) -> Desk:
    return Desk(session=session, warehouse=warehouse)


def test_who_has_room_gets_a_place_in_the_order_asked(desk: Desk) -> None:
    assert desk.reserve(1, "sms", [5, 3, 4], 0) == [5, 3, 4]
    assert desk.reserve(2, "sms", [3], 4) == [3]
    assert desk.reserve(3, "sms", [5, 3, 4], 4) == [5, 4]
    assert desk.entries()[2, "sms", 3] == (4, 1, "reserved")
    assert (3, "sms", 3) not in desk.entries()


def test_a_place_far_enough_away_is_no_hindrance(desk: Desk) -> None:
    for campaign, offset in ((1, 0), (2, 1), (3, 6), (4, 7)):
        assert desk.reserve(campaign, "sms", [1], offset) == [1]
    assert [desk.reserve(5, "sms", [1], offset) for offset in (-3, 2, 5, 10)] == [[], [], [], []]
    assert desk.reserve(5, "sms", [1], -4) == [1]


def test_what_other_systems_did_counts(desk: Desk) -> None:
    for ago in (1, 2):
        desk.warehouse.append_contacts(day(-ago), np.array([1]), ["sms"], ["CRBT"])
    assert desk.reserve(1, "sms", [1, 2], 2) == [2]
    assert desk.reserve(1, "sms", [1, 2], 3) == [1, 2]


def test_a_second_channel_of_the_same_campaign_is_not_hindered_by_the_first(desk: Desk) -> None:
    assert desk.reserve(1, "sms", [1], 0) == desk.reserve(2, "sms", [1], 1) == [1]
    assert desk.reserve(3, "call", [1], 2) == [1]
    assert desk.reserve(1, "call", [1], -6) == [1]
    assert desk.reserve(4, "sms", [1], 5) == []
    assert desk.reserve(3, "sms", [1], 5) == [1]


def test_reserving_again_changes_nothing(desk: Desk) -> None:
    for campaign in (1, 2):
        assert desk.reserve(campaign, "sms", [1, 2], 0) == [1, 2]
    before = desk.entries()
    assert desk.reserve(1, "sms", [1, 2], 0) == [1, 2]
    assert desk.reserve(3, "sms", [1, 2], 0) == []
    assert desk.entries() == before


def test_what_was_given_back_is_free_for_others_and_can_be_taken_again(desk: Desk) -> None:
    assert desk.reserve(1, "call", [1, 2], 0) == [1, 2]
    release(desk.session, 1, NOW)
    assert desk.reserve(2, "call", [1], 3) == [1]
    assert desk.reserve(1, "call", [1, 2], 0) == [2]
    assert desk.entries()[1, "call", 1] == (0, 0, "released")
    assert desk.entries()[1, "call", 2] == (0, 1, "reserved")


def test_who_was_not_met_after_all_leaves_room(desk: Desk) -> None:
    desk.reserve(1, "call", [1, 2], 0)
    settle(desk.session, 1, "call", np.array([1, 2]), np.array([0, 1]), day(0), NOW)
    assert desk.reserve(2, "call", [1, 2], 2) == [1]


def test_who_was_really_met_stays_met(desk: Desk) -> None:
    desk.reserve(1, "call", [1], 0)
    settle(desk.session, 1, "call", np.array([1]), 1, day(0), NOW)
    assert desk.reserve(1, "call", [1], 3) == [1]
    assert desk.entries()[1, "call", 1] == (0, 1, "settled")


def test_a_place_goes_over_to_another_day_or_is_lost(desk: Desk) -> None:
    desk.reserve(1, "call", [1, 2], 0)
    desk.reserve(2, "call", [1], 8)
    assert desk.move(1, "call", [2, 1], 3) == [1]
    entries = desk.entries()
    assert entries[1, "call", 1] == (0, 0, "released")
    assert entries[1, "call", 2] == (3, 1, "reserved")
    assert desk.reserve(3, "call", [1], 1) == [1]


def test_who_has_no_place_yet_may_get_one_by_moving(desk: Desk) -> None:
    assert desk.move(1, "call", [1], 3) == []
    assert desk.entries()[1, "call", 1] == (3, 1, "reserved")


def test_a_campaign_without_limits_leaves_no_entries(desk: Desk) -> None:
    asked, free = np.array([2, 1]), Limits(by_scope={"call": Limit(max_contacts=1, window_days=7)})
    rules = {"limits": free, "warehouse": desk.warehouse, "now": NOW}
    assert reserve(desk.session, 1, "sms", asked, TODAY, **rules).tolist() == [2, 1]
    assert move(desk.session, 1, "sms", asked, TODAY, **rules).tolist() == []
    assert desk.entries() == {}


def test_nobody_asked_nobody_reserved(desk: Desk) -> None:
    assert desk.reserve(1, "sms", [], 0) == []
    assert desk.move(1, "sms", [], 0) == []


# -- against a model that counts day by day


@dataclass(kw_only=True)
class Model:
    """The same ledger, kept and counted the slow way."""

    #: (customer, channel, offset)
    history: set[tuple[int, str, int]]
    entries: dict[tuple[int, str, int], tuple[int, int, str]] = field(default_factory=dict)

    def contacts(self, sid: int, but: int = 0) -> list[tuple[str, int, int]]:
        """(channel, offset, campaign) of each contact of a customer, without those of one campaign."""
        elsewhere = [(channel, at, -1) for who, channel, at in self.history if who == sid]
        own = [
            (channel, at, campaign)
            for (campaign, channel, who), (at, contacts, _) in self.entries.items()
            if who == sid and campaign != but
            for _ in range(contacts)
        ]
        return elsewhere + own

    def has_room(self, campaign: int, channel: str, sid: int, offset: int) -> bool:
        met = self.contacts(sid, but=campaign)
        for scope in (channel, "total") if channel != "web" else ():
            limit = LIMITS.by_scope[scope]
            for begin in range(offset - limit.window_days + 1, offset + 1):
                inside = [c for c, at, _ in met if begin <= at < begin + limit.window_days]
                counted = [c for c in inside if (c == channel if scope == channel else c != "web")]
                if len(counted) + 1 > limit.max_contacts:
                    return False
        return True

    def reserve(self, campaign: int, channel: str, sids: list[int], offset: int) -> list[int]:
        placed = []
        for sid in sids:
            at, contacts, state = self.entries.get((campaign, channel, sid), (0, 0, ""))
            is_placed = (state, at) == ("reserved", offset) or (state == "settled" and contacts > 0)
            if is_placed or self.has_room(campaign, channel, sid, offset):
                placed.append(sid)
                if not is_placed:
                    self.entries[campaign, channel, sid] = (offset, 1, "reserved")
        return placed

    def move(self, campaign: int, channel: str, sids: list[int], offset: int) -> list[int]:
        refused = sorted(set(sids) - set(self.reserve(campaign, channel, sids, offset)))
        self.release(campaign, channel, refused)
        return refused

    def release(self, campaign: int, channel: str, sids: list[int]) -> None:
        for sid in self.reserved(campaign, channel, sids):
            at, _, _ = self.entries[campaign, channel, sid]
            self.entries[campaign, channel, sid] = (at, 0, "released")

    def settle(self, campaign: int, channel: str, sids: list[int], contacts: int, offset: int) -> None:
        for sid in sids:
            self.entries[campaign, channel, sid] = (offset, contacts, "settled")

    def reserved(self, campaign: int, channel: str, sids: list[int]) -> list[int]:
        return [s for s in sids if self.entries.get((campaign, channel, s), (0, 0, ""))[2] == "reserved"]

    def breaches(self) -> list[object]:
        """Windows of ours with more than allowed; further channels of one campaign do not count."""
        found: list[object] = []
        for sid in range(4):
            met = [one for one in self.contacts(sid) if one[0] != "web"]
            for scope, limit in LIMITS.by_scope.items():
                for begin in range(-30, 31):
                    inside = [
                        (channel, campaign)
                        for channel, at, campaign in met
                        if begin <= at < begin + limit.window_days and scope in (channel, "total")
                    ]
                    campaigns = [campaign for _, campaign in inside if campaign > 0]
                    free = max((campaigns.count(one) for one in campaigns), default=1) - 1
                    if campaigns and len(inside) - free > limit.max_contacts:
                        found.append((sid, scope, begin, inside))
        return found


CHANNELS = st.sampled_from(("sms", "call"))
SIDS = st.lists(st.integers(0, 3), min_size=1, unique=True)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(("reserve", "reserve", "reserve", "move", "settle", "release")),
        st.integers(1, 6),
        CHANNELS,
        SIDS,
        st.integers(-2, 12),
        st.integers(0, 1),
    ),
    max_size=25,
)
HISTORY = st.sets(
    st.tuples(st.integers(0, 3), st.sampled_from(("sms", "call", "web")), st.integers(-9, 3)), max_size=8
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORY, acts=ACTS)
def test_never_a_breach_and_never_refused_who_fits(
    warehouse: Warehouse,
    history: set[tuple[int, str, int]],
    acts: list[tuple[str, int, str, list[int], int, int]],
) -> None:
    for path in (warehouse.root / "contacts").glob("*"):
        path.unlink()
    for sid, channel, offset in history:
        warehouse.append_contacts(day(offset), np.array([sid]), [channel], ["CRBT"])
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        desk, model = Desk(session=session, warehouse=warehouse), Model(history=history)
        for act, campaign, channel, sids, offset, contacts in acts:
            if act in ("reserve", "move"):
                asked = (campaign, channel, sids, offset)
                assert getattr(desk, act)(*asked) == getattr(model, act)(*asked)
            elif act == "release":
                release(session, campaign, NOW, channel, np.array(sids))
                model.release(campaign, channel, sids)
            else:
                mine = model.reserved(campaign, channel, sids)
                at = model.entries[campaign, channel, mine[0]][0] if mine else 0
                mine = [s for s in mine if model.entries[campaign, channel, s][0] == at]
                settle(session, campaign, channel, np.array(mine, dtype=np.int64), contacts, day(at), NOW)
                model.settle(campaign, channel, mine, contacts, at)
            assert desk.entries() == model.entries
            assert model.breaches() == []
    engine.dispose()
