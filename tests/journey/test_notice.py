"""A notice goes its short way round: one approval, nobody kept back, nothing sold, and still on record."""

from datetime import date

from sqlalchemy import select

from demo.story import UPGRADE
from models.base import db
from models.campaign import Approval, Campaign
from models.execution import Contact, WorkOrder
from tests.journey.office import Office

NAME = "云麓系统升级暂停办理公告"
TUESDAY = date(2026, 3, 3)


def submitted(office: Office) -> str:
    """A notice to one prefecture, handed in by its planner."""
    number = office.staff.begin("dengshaofeng", "G01", NAME, campaign_type="notice")
    text = UPGRADE.format(day="3月4日")
    office.staff.submit("dengshaofeng", number, TUESDAY, 0, {"content-sms": text})
    return number


def test_a_notice_leaves_after_one_approval_and_is_closed_without_a_lift(office: Office) -> None:
    number = submitted(office)
    office.staff.decide("pengyuzhen", number, "prefecture_review", "pass")
    office.go_to(days=1)
    with office.app.app_context():
        campaign = db.session.scalars(select(Campaign)).one()
        assert campaign.audience is not None
        assert (campaign.audience.control, list(campaign.products)) == (0, [])
        assert [len(row.route) for row in db.session.scalars(select(Approval))] == [1]
        order = db.session.scalars(select(WorkOrder)).one()
        assert (order.state, order.is_promotion) == ("dispatched", False)
        assert order.content == UPGRADE.format(day="3月4日")
        places = set(campaign.definition["all"][0]["in"]) if campaign.definition else set()
        assert places == {"04"}
        assert db.session.scalars(select(Contact.sid)).first() is not None
    office.go_to(days=4)
    told = office.look("jiangtao", f"/to-dos/{office.staff.waiting('jiangtao', number, 'summarise')}")
    assert "无法得出净提升" in told
    answer = {"verdict": "not_proven", "conclusion": "公告已按时发出。"}
    office.staff.decide("jiangtao", number, "summarise", "done", answer)
    office.settle()
    assert "已评估" in office.look("dengshaofeng", f"/campaigns/{number}")


def test_a_notice_is_shown_without_a_price_or_a_way_to_refuse(office: Office) -> None:
    number = submitted(office)
    shown = office.look("pengyuzhen", f"/campaigns/{number}")
    assert "3月4日0点至6点暂停缴费" in office.look("pengyuzhen", f"/campaigns/{number}?tab=channels")
    assert "公告通知" in shown
