"""Many campaigns reserve the same customers at once: one after the other they see what is left."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine, func, insert, select
from sqlalchemy.orm import Session

from benchmarks.ledger import LIMITS, NOW, TODAY, Crowd
from handlers import approve, plan
from handlers.contacts import Limit, Limits, Refusal, met, over_limit, refuse, release, reserve, settle
from handlers.contacts.ledger import TURN
from models.base import db
from models.campaign import Approval, CampaignProduct
from models.execution import DoNotDisturb
from models.ledger import LedgerEntry
from tests.factories import rows
from tests.postgresql.installation import Installation
from tests.postgresql.journey import Journey
from tests.postgresql.test_races import at_once, locked

pytestmark = pytest.mark.postgresql

EVERYBODY = np.arange(40)
#: what a reservation takes before it looks
THE_TURN = select(func.pg_advisory_xact_lock(func.hashtextextended(TURN, 0)))


def test_no_window_of_any_limit_overflows(database: str, tmp_path: Path) -> None:
    crowd = Crowd(url=database, folder=tmp_path, customers=300, campaigns=20, processes=2)
    crowd.gather()
    assert crowd.reserve_at_once() == 24
    assert len(crowd.breaches()) == 0
    engine = create_engine(database)
    with Session(engine) as session:
        state, count = LedgerEntry.state, func.count()
        found = {kind: n for kind, n in session.execute(select(state, count).group_by(state))}
        overfull = session.scalars(select(LedgerEntry).where(LedgerEntry.contacts == 1).limit(1)).one()
        sid, overfull.contacts = overfull.sid, 7
        session.commit()
    engine.dispose()
    assert min(found["reserved"], found["settled"], found["released"]) > 100
    assert sid in crowd.breaches()["sid"].tolist()


def test_of_campaigns_that_reserve_at_once_each_customer_is_met_by_as_many_as_allowed(
    office: Installation,
) -> None:
    warehouse = office.app.extensions["warehouse"]
    limits = Limits(by_scope={"call": Limit(max_contacts=2, window_days=7)})
    campaigns = [rows.new_campaign().id for _ in range(5)]
    db.session.rollback()

    def act(campaign: int) -> Any:
        placed = reserve(
            *(db.session, campaign, "call", EVERYBODY, TODAY + timedelta(days=campaign % 3)),
            **{"limits": limits, "warehouse": warehouse, "now": NOW},
        )
        db.session.commit()
        return len(placed)

    said = at_once(office, [lambda c=c: act(c) for c in campaigns], THE_TURN)
    assert sorted(said) == [0, 0, 0, len(EVERYBODY), len(EVERYBODY)]
    assert db.session.scalar(select(func.count(LedgerEntry.id))) == 2 * len(EVERYBODY)


def test_a_campaign_that_reserves_twice_at_once_has_each_customer_once(office: Installation) -> None:
    warehouse = office.app.extensions["warehouse"]
    campaign = rows.new_campaign().id
    db.session.rollback()

    def act() -> Any:
        rules: dict[str, Any] = {"limits": LIMITS, "warehouse": warehouse, "now": NOW}
        placed = reserve(db.session, campaign, "call", EVERYBODY, TODAY, **rules)
        db.session.commit()
        return placed.tolist()

    assert at_once(office, [act, act], THE_TURN) == [EVERYBODY.tolist()] * 2
    assert db.session.scalar(select(func.count(LedgerEntry.id))) == len(EVERYBODY)


def test_a_recall_leaves_nothing_reserved_whoever_comes_first(office: Installation) -> None:
    """The reservation holds the approval: a recall comes before it or after it, never between."""
    workshop = office.app.extensions["workshop"]
    campaign = approved(office)
    release(db.session, campaign, NOW)
    db.session.commit()

    def reserve_contacts() -> Any:
        return approve.reserve_contacts(campaign_id=campaign, workshop=workshop, now=NOW)

    def recall() -> Any:
        plan.withdraw_submission(campaign_id=campaign, now=NOW)
        db.session.commit()

    said = at_once(office, [reserve_contacts, recall], locked(Approval, Approval.campaign_id == campaign))
    assert said[0]["reserved"] in (0, reservable(office))
    assert said[1] is None
    assert set(db.session.scalars(select(LedgerEntry.state))) == {"released"}


def approved(office: Installation) -> int:
    """A campaign that passed, and waits for its channel to confirm."""
    journey = Journey(office=office, number=office.begin("yefang", "彩铃潜在用户推荐").number)
    journey.submit()
    office.decide("gaoyang", "prefecture_review", "pass", opinion="同意")
    office.decide("chenliqun", "province_review", "pass", opinion="同意")
    return journey.campaign.id


def reservable(office: Installation) -> int:
    """All whom the campaign reserved for when it passed."""
    return office.session.scalar(select(func.count(LedgerEntry.id))) or 0


def test_a_refusal_written_twice_at_once_is_kept_once(office: Installation) -> None:
    first = {"sid": 7, "channel": "shop", "since": NOW, "source": "reply"}
    db.session.rollback()

    def write() -> int:
        said = refuse(db.session, [Refusal(sid=7, channel="shop", since=NOW)], source="load")
        db.session.commit()
        return said

    assert at_once(office, [write, write], insert(DoNotDisturb).values(first)) == [1, 1]
    assert db.session.scalar(select(func.count()).where(DoNotDisturb.channel == "shop")) == 1


def test_the_ledger_is_read_as_on_sqlite(office: Installation) -> None:
    warehouse = office.app.extensions["warehouse"]
    first, second = rows.new_campaign().id, rows.new_campaign().id
    db.session.add(CampaignProduct(campaign_id=second, product_code="CRBT"))
    db.session.commit()
    limits = Limits(by_scope={"shop": Limit(max_contacts=2, window_days=7)})
    rules: dict[str, Any] = {"limits": limits, "warehouse": warehouse, "now": NOW}
    for campaign, ahead in ((first, 0), (second, 3)):
        day = TODAY + timedelta(days=ahead)
        assert len(reserve(db.session, campaign, "shop", EVERYBODY, day, **rules)) == len(EVERYBODY)
    settle(db.session, first, "shop", EVERYBODY[:30], EVERYBODY[:30] % 2, TODAY, NOW)
    release(db.session, second, NOW, "shop", EVERYBODY[20:])
    db.session.commit()
    asked: dict[str, Any] = {"warehouse": warehouse, "session": db.session}
    expected = [sid for sid in range(20) if sid % 2]
    for sids in (EVERYBODY, None):
        assert over_limit("shop", now=NOW, limits=limits, sids=sids, **asked).tolist() == expected
    before = warehouse.history.met(["CRBT"], TODAY - timedelta(days=29), TODAY)
    found = met(["CRBT"], NOW, 30, **asked)
    assert found.tolist() == np.union1d(before, EVERYBODY[:20]).tolist()
    assert met(["CRBT"], NOW, 30, campaign_id=second, **asked).tolist() == before.tolist()
