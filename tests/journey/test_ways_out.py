"""The ways out of the loop besides its end: recalled, rejected, stopped, and stuck until it is repaired."""

from collections import Counter
from datetime import date

import pytest
from sqlalchemy import select

from app.engine import Actor
from demo.visitor import Refused
from models.base import db
from models.campaign import Approval, Campaign
from models.execution import Contact, WorkOrder
from models.ledger import LedgerEntry
from models.process import Incident, ToDo
from tests.journey.office import Office

NAME = "彩铃潜在用户推荐"
THURSDAY = date(2026, 3, 5)
#: days from the Monday to the Thursday
LATER = 3


def submitted(office: Office) -> str:
    """A campaign of the province that waits for its approver."""
    number = office.staff.begin("zhoulan", "H01", NAME)
    office.staff.submit("zhoulan", number, THURSDAY, 10)
    office.settle()
    return number


def confirmed(office: Office) -> str:
    """A campaign approved and confirmed for Thursday; its work orders wait for that day."""
    number = submitted(office)
    office.staff.decide("chenliqun", number, "province_review", "pass")
    office.staff.confirm("huangzhiyong", number, THURSDAY, THURSDAY)
    office.settle()
    return number


def contacts(number: str) -> Counter[str]:
    """How many contacts of a campaign are in which state."""
    asked = select(Contact.state).join(Campaign).where(Campaign.number == number)
    return Counter(db.session.scalars(asked))


def work_orders(number: str) -> list[str]:
    """The states of a campaign's work orders."""
    return list(db.session.scalars(select(WorkOrder.state).join(Campaign).where(Campaign.number == number)))


def places(number: str) -> Counter[str]:
    """How many entries of a campaign in the contact ledger are in which state."""
    asked = select(LedgerEntry.state).join(Campaign, Campaign.id == LedgerEntry.campaign_id)
    return Counter(db.session.scalars(asked.where(Campaign.number == number)))


def sent_lists(office: Office) -> list[str]:
    """The lists that left the house."""
    return sorted(path.name for path in (office.instance / "out").glob("*/*.age"))


def test_a_recalled_campaign_is_a_draft_again_and_what_was_said_is_void(office: Office) -> None:
    number = submitted(office)
    to_do = office.staff.waiting("chenliqun", number, "province_review")
    page = office.press("zhoulan", number, "recall", "价格写错了")
    assert "已撤回，草稿可以修改了。" in page.text
    office.settle()
    with office.app.app_context():
        assert [row.state for row in db.session.scalars(select(Approval))] == ["voided"]
        assert db.session.get_one(ToDo, to_do).state == "cancelled"
    assert "此待办已由周岚于今天 09:00处理。" in office.look("chenliqun", f"/to-dos/{to_do}")
    chenliqun = office.staff.person("chenliqun")
    form = chenliqun.get(f"/to-dos/{to_do}").form("/decide")
    with pytest.raises(Refused, match="409"):
        chenliqun.submit(form, {"outcome": "pass"})
    office.staff.submit("zhoulan", number, THURSDAY, 10, {"remark": "已改价格"})
    office.staff.decide("chenliqun", number, "province_review", "pass")
    assert office.staff.waiting("huangzhiyong", number, "confirm_channel")


def test_a_rejected_campaign_has_ended_and_meets_nobody(office: Office) -> None:
    number = submitted(office)
    with pytest.raises(Refused) as refused:
        office.staff.decide("chenliqun", number, "province_review", "reject")
    assert "“不通过”须写意见。" in refused.value.text
    office.staff.decide("chenliqun", number, "province_review", "reject", opinion="本季度不做彩铃")
    office.go_to(days=30)
    shown = office.look("zhoulan", f"/campaigns/{number}")
    assert "未通过" in shown
    assert "本季度不做彩铃" in shown
    with office.app.app_context():
        assert contacts(number) == {}
    assert sent_lists(office) == []


def test_a_campaign_stopped_before_its_day_meets_nobody_on_that_day(office: Office) -> None:
    number = confirmed(office)
    with office.app.app_context():
        planned = contacts(number)["planned"]
        assert planned > 100
        assert places(number) == {"reserved": planned}
    assert "已中止。" in office.press("zhoulan", number, "stop", "资费方案有变").text
    office.go_to(days=30)
    with office.app.app_context():
        assert contacts(number) == {"stopped": planned}
        assert places(number) == {"released": planned}
        assert set(work_orders(number)) == {"stopped"}
    assert sent_lists(office) == []
    assert "已中止" in office.look("zhoulan", f"/campaigns/{number}")
    assert "资费方案有变" in office.look("shilei", f"/trail/{office.process_of(number)}?show=all")


def test_an_emergency_stop_past_the_diagram_frees_what_was_reserved_too(office: Office) -> None:
    number = confirmed(office)
    process = office.process_of(number)
    with office.app.app_context():
        reserved = places(number)["reserved"]
        office.app.extensions["engine"].stop(process, Actor(login="admin"), "短信中心要求全部停发")
        assert places(number) == {"released": reserved}


def test_a_stop_needs_a_reason_and_the_right_office(office: Office) -> None:
    number = confirmed(office)
    assert "请写理由，以后查看的人会问。" in office.press("zhoulan", number, "stop", " ").text
    with pytest.raises(Refused, match="404"):
        office.press("yefang", number, "stop", "县里不同意")
    with office.app.app_context():
        assert set(work_orders(number)) == {"to_dispatch"}


def test_work_that_gives_up_is_told_where_people_look_and_goes_on_when_repaired(office: Office) -> None:
    number = confirmed(office)
    key = next((office.instance / "keys").glob("channel_sms*"))
    kept = key.read_bytes()
    key.unlink()
    office.go_to(days=LATER, hour=12)
    told = "没有办成的后台作业；修好以前，活动在此等待。"
    assert told in office.look("zhoulan", f"/campaigns/{number}")
    shown = office.look("shilei", "/incidents")
    assert NAME in shown
    assert "dispatch.hand_over" in shown
    assert sent_lists(office) == []
    key.write_bytes(kept)
    with office.app.app_context():
        stuck = db.session.scalars(select(Incident.id).where(Incident.state == "open")).one()
        office.app.extensions["engine"].retry(stuck, Actor(login="admin"), "短信渠道的公钥已装好")
    office.settle()
    assert told not in office.look("zhoulan", f"/campaigns/{number}")
    with office.app.app_context():
        assert set(contacts(number)) == {"handed_over"}
        assert [(row.state, row.repaired_by) for row in db.session.scalars(select(Incident))] == [
            ("repaired", "admin")
        ]
    assert len(sent_lists(office)) == 1
    assert "已修复" in office.look("shilei", "/incidents")
