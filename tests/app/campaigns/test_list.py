import pytest
from sqlalchemy import event

from models.base import db
from tests.app.campaigns import world


@pytest.fixture
def busy(session):
    """Campaigns in planning, returned, dispatched with answers, evaluated, and one of another office."""
    world.new_campaign(session, 1)
    world.new_campaign(session, 2, submissions=1, name="退回来的")
    sent = world.new_campaign(session, 3, stage="feedback", name="已发出的")
    world.with_list(session, sent)
    world.with_work_order(session, sent)
    world.new_campaign(session, 4, stage=None, planner="zhanghua", name="评估完的")
    world.new_campaign(session, 1, planner="caimin", name="青屿的")
    session.commit()


def test_an_empty_house_leads_to_a_new_campaign(app):
    page = world.browser(app, "yefang").get("/campaigns").text
    assert "There are no campaigns yet." in page
    assert 'href="/campaigns/new"' in page


def test_each_campaign_says_where_it_stands_and_how_it_goes(app, busy):
    page = world.browser(app, "yefang").get("/campaigns").text
    assert "to be adjusted" in page
    assert "drafting" in page
    assert "evaluated" in page
    assert "270" in page  # treated people of the frozen list
    assert "40.0 %" in page  # two orders of five people sent to


def test_a_county_sees_its_own_campaigns_and_the_province_all(app, busy):
    assert "青屿的" not in world.browser(app, "yefang").get("/campaigns").text
    assert "青屿的" in world.browser(app, "zhoulan").get("/campaigns").text
    assert "退回来的" in world.browser(app, "gaoyang").get("/campaigns").text


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("stage=feedback", "已发出的", "退回来的"),
        ("stage=ended", "评估完的", "已发出的"),
        ("q=退回", "退回来的", "已发出的"),
        ("q=0101-2026-003", "已发出的", "退回来的"),
        ("q=hd-0101-2026-003", "已发出的", "退回来的"),
        ("mine=1", "退回来的", "评估完的"),
        ("office=0101", "退回来的", "青屿的"),
    ],
)
def test_the_address_narrows_the_list(app, busy, query, shown, hidden):
    page = world.browser(app, "zhoulan" if "office" in query else "yefang").get(f"/campaigns?{query}").text
    assert shown in page
    assert hidden not in page


def test_a_percent_sign_is_searched_as_it_is(app, busy):
    assert "No campaign fits." in world.browser(app, "yefang").get("/campaigns?q=%25").text


def test_a_page_more_than_there_is_is_empty_and_says_so(app, busy):
    assert world.browser(app, "yefang").get("/campaigns?page=9").status_code == 200


@pytest.mark.parametrize(("state", "said"), [("to_dispatch", "to dispatch"), ("dispatched", "executing")])
def test_a_campaign_waits_to_dispatch_until_the_first_of_it_leaves(app, session, state, said):
    campaign = world.new_campaign(session, 1, stage="dispatch")
    world.with_list(session, campaign)
    world.with_work_order(session, campaign).state = state
    world.waits_for_its_time(session, campaign)
    session.commit()
    assert said in world.browser(app, "yefang").get("/campaigns").text


def statements(app, client, path: str) -> int:
    seen: list[str] = []
    with app.app_context():
        engine = db.engine
    listener = lambda conn, cursor, statement, *rest: seen.append(statement)  # noqa: E731
    event.listen(engine, "before_cursor_execute", listener)
    client.get(path)
    event.remove(engine, "before_cursor_execute", listener)
    return len(seen)


def test_the_number_of_statements_does_not_grow_with_the_rows(app, session):
    world.new_campaign(session, 1)
    session.commit()
    client = world.browser(app, "zhoulan")
    one = statements(app, client, "/campaigns")
    for serial in range(2, 25):
        campaign = world.new_campaign(session, serial, planner="caimin" if serial % 2 else "yefang")
        world.with_list(session, campaign)
        world.with_work_order(session, campaign)
    session.commit()
    assert statements(app, client, "/campaigns") == one


def test_a_call_agent_has_no_list_of_campaigns(app):
    assert world.browser(app, "dujuan").get("/campaigns").status_code == 403
