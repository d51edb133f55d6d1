"""The reconciliation of every day: who is asked, once, and how a to-do goes when its line balances."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.engine import Actor, Engine
from app.reconciliation import reconcile_yesterday
from models.base import db
from models.campaign import Campaign
from models.clock import DemoClock
from models.execution import Contact, WorkOrder
from models.feedback import Balance, Feedback
from models.organisation import Staff
from models.process import Process, ToDo
from tests.journey.office import MONDAY, Office, opened

TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The whole product, with a campaign of which fifty messages left on Monday."""
    with opened(tmp_path / "instance") as office, office.app.app_context():
        _sent(office, delivered=45, failed=2, unknown=3)
        yield office


def _sent(office: Office, **states: int) -> None:
    planner = db.session.query(Staff).filter_by(login="zhoulan").one()
    campaign = Campaign(
        number="HD-00-2026-900", name="彩铃推荐", office_id=planner.office_id, planner_id=planner.id,
        campaign_type="precision", created_at=MONDAY,
    )  # fmt: skip
    db.session.add(campaign)
    db.session.flush()
    order = WorkOrder(
        number="RW-00-2026-0900", campaign_id=campaign.id, submission=1, channel="sms",
        planned_on=MONDAY.date(), planned_at=MONDAY, people=sum(states.values()), state="dispatched",
        handed_over_at=MONDAY,
    )  # fmt: skip
    db.session.add(order)
    db.session.flush()
    every = [state for state, people in states.items() for _ in range(people)]
    db.session.add_all(
        Contact(
            campaign_id=campaign.id, work_order_id=order.id, sid=sid, channel="sms",
            message_id=f"{order.number}-{sid}", state=state, contacted_at=MONDAY,
        )
        for sid, state in enumerate(every)
    )  # fmt: skip
    db.session.commit()


def reconcile(at: datetime = TUESDAY) -> int:
    """It is this moment, and the day's reconciliation is due."""
    db.session.query(DemoClock).update({"now": at})
    db.session.commit()
    asked = reconcile_yesterday(at, at)
    db.session.rollback()
    return asked


def to_dos(state: str = "open") -> list[ToDo]:
    db.session.rollback()
    return list(db.session.query(ToDo).filter_by(subject_type="balance", state=state).order_by(ToDo.id))


def test_the_keeper_is_asked_once_about_a_line_that_differs(office: Office) -> None:
    assert reconcile() == 1
    (to_do,) = to_dos()
    assert (to_do.element, to_do.assignee) == ("settle_unknown", "huangzhiyong")
    assert to_do.title == "彩铃推荐 · RW-00-2026-0900"
    (line,) = db.session.query(Balance)
    assert (line.sent, line.accepted, line.rejected, line.pending) == (50, 45, 2, 3)
    assert line.process_id == to_do.process_id
    assert reconcile() == 0
    assert reconcile(TUESDAY + timedelta(days=1)) == 0
    assert len(to_dos()) == 1


def test_what_the_keeper_decides_is_done_and_kept_in_history(office: Office) -> None:
    reconcile()
    engine: Engine = office.app.extensions["engine"]
    (to_do,) = to_dos()
    engine.complete(to_do.id, Actor("huangzhiyong"), "write_off", {}, "短信中心查不到")
    assert to_dos() == []
    (line,) = db.session.query(Balance)
    assert (line.rejected, line.pending, line.state) == (5, 0, "balanced")
    process = db.session.get_one(Process, line.process_id)
    assert (process.state, process.outcome) == ("done", "end_balanced")
    path = f"/trail/{process.id}"
    db.session.rollback()
    assert "短信中心查不到" in office.look("shilei", path)


def test_a_to_do_goes_by_itself_when_the_line_balances(office: Office) -> None:
    reconcile()
    db.session.query(Contact).filter_by(state="unknown").update({"state": "delivered"})
    db.session.commit()
    assert reconcile() == 0
    assert (len(to_dos()), len(to_dos("cancelled"))) == (0, 1)
    assert reconcile() == 0


def test_an_explained_line_is_asked_about_again_only_where_it_differs_in_more(office: Office) -> None:
    db.session.query(Contact).filter_by(state="unknown").update({"state": "handed_over"})
    db.session.commit()
    later = TUESDAY + timedelta(days=2)
    assert reconcile(later) == 1
    (to_do,) = to_dos()
    assert to_do.element == "explain_difference"
    office.app.extensions["engine"].complete(to_do.id, Actor("huangzhiyong"), "explain", {}, "网关停机")
    assert reconcile(later) == 0
    first = db.session.query(Contact).filter_by(state="delivered").first()
    assert first is not None
    first.state = "handed_over"
    db.session.commit()
    assert reconcile(later) == 1


def test_a_late_receipt_counts_although_the_campaign_is_over(office: Office) -> None:
    engine: Engine = office.app.extensions["engine"]
    campaign = db.session.query(Campaign).one()
    data = {"campaign_id": campaign.id, "skip_analysis": True}
    process = engine.start("loop", "campaign", campaign.id, data, Actor("zhoulan")).id
    engine.stop(process, Actor("zhoulan"), "换了方案")
    contact = db.session.query(Contact).filter_by(state="unknown").first()
    assert contact is not None
    db.session.query(Contact).filter_by(id=contact.id).update({"state": "handed_over"})
    message = {"message_id": contact.message_id, "body": {"status": "DELIVRD"}}
    at = {"occurred_at": MONDAY, "received_at": TUESDAY}
    db.session.add(Feedback(feed="receipt", key="R-1", state="new", **message, **at))
    db.session.commit()
    reconcile()
    assert db.session.get_one(Contact, contact.id).state == "delivered"


def test_a_line_nobody_keeps_does_not_keep_the_others_from_being_asked_about(office: Office) -> None:
    at = {"occurred_at": MONDAY, "received_at": MONDAY, "body": {}}
    db.session.add(Feedback(feed="receipt", key="R-9", state="unknown", **at))
    db.session.add(Feedback(feed="call_result", key="K-9", state="unknown", **at))
    keeper = db.session.query(Staff).filter_by(login="zhenghaiyan").one()
    keeper.is_active = False
    db.session.commit()
    assert reconcile() == 2
    assert {to_do.assignee for to_do in to_dos()} == {"huangzhiyong"}
    assert db.session.query(Balance).filter_by(state="open").count() == 3
