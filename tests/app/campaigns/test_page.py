import pytest

from app.campaigns.show import TABS
from models.campaign import Approval
from tests.app.campaigns import world

PAGE = "/campaigns/HD-0101-2026-001"


@pytest.fixture
def asked(session):
    """A campaign with the approver, one opinion given before."""
    campaign = world.new_campaign(session, stage="approve", submissions=1)
    world.with_list(session, campaign)
    world.new_to_do(
        session, campaign.process, "draft_campaign", ["yefang"], state="done", outcome="submit",
        answer=world.DRAFT, closed_by="yefang", closed_at=world.NOW,
    )  # fmt: skip
    world.new_to_do(session, campaign.process, "prefecture_review", ["gaoyang"], form="review")
    session.commit()
    return campaign


@pytest.fixture
def sending(session):
    """A campaign being sent: five met of whom two ordered, three not met yet."""
    campaign = world.new_campaign(session, stage="feedback", submissions=1)
    world.with_list(session, campaign)
    world.with_work_order(session, campaign)
    session.commit()
    return campaign


def test_every_tab_opens_before_and_after_anything_happened(app, session, sending):
    world.new_campaign(session, 2)
    session.commit()
    client = world.browser(app, "yefang")
    for tab in TABS:
        for serial in (1, 2):
            answer = client.get(f"/campaigns/HD-0101-2026-{serial:03d}?tab={tab}")
            assert answer.status_code == 200, tab


def test_the_page_says_who_has_it_and_since_when(app, asked):
    page = world.browser(app, "yefang").get(PAGE).text
    assert "in approval" in page
    assert "Gao Yang" in page
    assert "since today 10:42" in page
    assert 'aria-current="step"' in page


def test_the_one_who_is_asked_is_led_to_the_to_do(app, asked):
    assert "/to-dos/" in world.browser(app, "gaoyang").get(PAGE).text
    assert "Go on with it" not in world.browser(app, "zhanghua").get(PAGE).text


def test_the_audience_is_said_in_a_sentence_with_its_digest(app, asked):
    page = world.browser(app, "yefang").get(f"{PAGE}?tab=audience").text
    assert "age is between 18 and 40" in page
    assert "d" * 64 in page
    assert "f" * 64 in page


def test_approvals_show_the_route_and_what_was_bound(app, session, asked):
    session.add(
        Approval(
            campaign_id=asked.id,
            submission=1,
            digest="a" * 64,
            state="open",
            created_at=world.NOW,
            evidence={},
            bound={"people": 270, "cost_fen": 30_000, "start_on": "2026-03-05", "end_on": "2026-04-04"},
            route=[{"step": "prefecture", "mode": "any", "people": ["gaoyang"]}],
        )
    )
    session.commit()
    page = world.browser(app, "yefang").get(f"{PAGE}?tab=approvals").text
    assert "a" * 64 in page
    assert "Gao Yang" in page
    assert "300.00" in page


def test_progress_counts_people_by_what_became_of_them(app, sending):
    page = world.browser(app, "yefang").get(f"{PAGE}/progress").text
    assert "40.0 %" in page
    assert "RW-0101-2026-0001" in page
    assert "every 5s" in world.browser(app, "yefang").get(f"{PAGE}?tab=dispatch").text


def test_the_diagram_comes_with_the_diagram_of_the_open_stage_and_both_as_text(app, asked):
    page = world.browser(app, "yefang").get(f"{PAGE}?tab=diagram").text
    assert page.count("<bihuan-diagram") == 2
    assert "approve.bpmn" in page
    assert "prefecture_review" in page


def test_a_county_does_not_see_the_campaign_of_another_prefecture(app, asked):
    assert world.browser(app, "caimin").get(PAGE).status_code == 404
    assert world.browser(app, "zhoulan").get(PAGE).status_code == 200


def test_the_submitting_office_recalls_with_a_reason(app, asked):
    client = world.browser(app, "zhanghua")
    assert 'data-opens="recall"' in client.get(PAGE).text
    client.post(f"{PAGE}/recall", data={"reason": "资费写错了"})
    assert app.extensions["engine"].delivered == [("recall", str(asked.id), {"reason": "资费写错了"})]


def test_without_a_reason_nothing_is_recalled(app, asked):
    client = world.browser(app, "yefang")
    answer = client.post(f"{PAGE}/recall", data={"reason": " "}, follow_redirects=True)
    assert "Give a reason" in answer.text
    assert app.extensions["engine"].delivered == []


def test_another_office_recalls_nothing_and_the_try_is_history(app, asked):
    client = world.browser(app, "zhoulan")
    assert 'data-opens="recall"' not in client.get(PAGE).text
    answer = client.post(f"{PAGE}/recall", data={"reason": "x"}, follow_redirects=True)
    assert "cannot be done any more" in answer.text
    assert app.extensions["engine"].delivered == []
    assert app.extensions["engine"].refused == [(f"process:{asked.process_id}", "recall", "zhoulan")]


def test_stopping_says_how_many_will_not_be_met_and_keeps_the_reason(app, sending):
    client = world.browser(app, "yefang")
    assert "3 customers not yet met will not be met" in client.get(PAGE).text
    client.post(f"{PAGE}/stop", data={"reason": "投诉太多"})
    assert app.extensions["engine"].delivered == [("stop", str(sending.id), {"reason": "投诉太多"})]


def test_the_offices_above_may_stop_and_others_may_not(app, sending):
    assert 'data-opens="stop"' in world.browser(app, "zhoulan").get(PAGE).text
    assert 'data-opens="stop"' not in world.browser(app, "gaoyang").get(PAGE).text
    assert world.browser(app, "gaoyang").post(f"{PAGE}/stop", data={"reason": "x"}).status_code == 403


def test_what_is_not_sent_yet_cannot_be_stopped(app, asked):
    world.browser(app, "yefang").post(f"{PAGE}/stop", data={"reason": "x"})
    assert app.extensions["engine"].delivered == []
