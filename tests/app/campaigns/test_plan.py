import pytest
from sqlalchemy import select

from app.campaigns.draft import LAST_STEP
from models.base import db
from models.campaign import Campaign
from models.process import ToDo
from tests.app.campaigns import world

PLAN = "/campaigns/HD-0101-2026-001/plan"
GOAL = {
    "name": "学林校园迎新飞信推广",
    "reason": "差78户",
    "product_codes": ["FETION"],
    "purpose": "acquire",
    "target_percent": "20",
    "budget_yuan": "3,000",
    "response_days": "30",
}
ROWS = {
    "k.r": "all",
    "k.0": "condition",
    "s.0": "tag:age",
    "o.0": "between",
    "v.0": "18",
    "w.0": "40",
    "k.1": "condition",
    "s.1": "tag:v_fetion",
    "o.1": "no",
    "hold_out_percent": "10",
    "people_cap": "",
}
CHANNELS = {
    "channels": ["sms"],
    "content-sms": world.TEXT,
    "from-sms": "09:00",
    "to-sms": "20:00",
    "start_on": "2026-03-05",
    "end_on": "2026-04-04",
}


@pytest.fixture
def to_do(session) -> ToDo:
    campaign = world.new_campaign(session)
    to_do = world.new_to_do(session, campaign.process, "draft_campaign", ["yefang"])
    session.commit()
    return to_do


def kept(session, to_do) -> dict:
    """The draft as stored; the transaction ends, or nobody else could write."""
    session.expire_all()
    draft = session.get_one(ToDo, to_do.id).draft
    session.rollback()
    return draft


def save(client, step: int, go: str, **form):
    return client.post(f"{PLAN}?step={step}", data={"go": go, **form})


def with_draft(session, to_do, **changed):
    to_do.draft = {**world.DRAFT, **changed}
    session.commit()


def test_every_step_of_a_new_draft_can_be_opened(app, to_do):
    client = world.browser(app, "yefang")
    for step in range(1, LAST_STEP + 1):
        assert client.get(f"{PLAN}?step={step}").status_code == 200


def test_a_step_is_saved_and_leads_on(app, session, to_do):
    answer = save(world.browser(app, "yefang"), 1, "next", **GOAL)
    assert answer.headers["Location"].endswith("/plan?step=2")
    draft = kept(session, to_do)
    assert (draft["product_codes"], draft["target_percent"], draft["budget_yuan"]) == (["FETION"], 20, "3000")


def test_conditions_are_saved_as_a_tree(app, session, to_do):
    with_draft(session, to_do, definition={"version": 1, "all": []})
    answer = save(world.browser(app, "yefang"), 2, "next", **ROWS)
    assert answer.headers["Location"].endswith("/plan?step=3")
    assert kept(session, to_do)["definition"] == world.YOUNG


def test_going_back_saves_what_is_wrong_and_asks_nothing(app, session, to_do):
    answer = save(world.browser(app, "yefang"), 2, "back", **{**ROWS, "hold_out_percent": "lots"})
    assert answer.headers["Location"].endswith("/plan?step=1")
    assert kept(session, to_do)["hold_out_percent"] == "lots"
    assert "lots" in world.browser(app, "yefang").get(f"{PLAN}?step=2").text


def test_leaving_a_field_saves_and_says_when(app, session, to_do):
    client = world.browser(app, "yefang")
    answer = client.post(f"{PLAN}?step=1&auto=1", data={**GOAL, "name": "还没写完"})
    assert "Draft saved 10:42" in answer.text
    assert kept(session, to_do)["name"] == "还没写完"


def test_other_steps_stay_as_they_were(app, session, to_do):
    with_draft(session, to_do)
    save(world.browser(app, "yefang"), 1, "stay", **{**GOAL, "name": "新名字"})
    draft = kept(session, to_do)
    assert (draft["name"], draft["definition"], draft["channels"]) == (
        "新名字",
        world.YOUNG,
        world.DRAFT["channels"],
    )


@pytest.mark.parametrize(
    ("campaign_type", "purpose", "step"),
    [("notice", "notice", 2), ("notice", "acquire", 1), ("precision", "notice", 1)],
)
def test_a_notice_needs_no_product_and_aims_at_nothing(app, session, to_do, campaign_type, purpose, step):
    session.scalars(select(Campaign)).one().campaign_type = campaign_type
    session.commit()
    form = {**GOAL, "product_codes": [], "target_percent": "0", "purpose": purpose}
    answer = save(world.browser(app, "yefang"), 1, "next", **form)
    assert answer.status_code == (303 if step == 2 else 422)
    assert ("No product is chosen" in answer.text) == (step == 1)


@pytest.mark.parametrize(
    ("step", "form", "said"),
    [
        (1, {**GOAL, "name": ""}, "needs a name"),
        (1, {**GOAL, "product_codes": []}, "No product is chosen"),
        (1, {**GOAL, "target_percent": "140"}, "Write a number from 0.01 to 100"),
        (1, {**GOAL, "budget_yuan": "plenty"}, "Write an amount in yuan"),
        (1, {**GOAL, "response_days": "0"}, "Write a number from 1 to 90"),
        (2, {**ROWS, "v.0": "", "s.1": ""}, "There is no condition yet"),
        (2, {**ROWS, "v.0": "90", "w.0": "95"}, "No customer fulfils these conditions"),
        (2, {**ROWS, "v.0": "40", "w.0": "18"}, "Put the smaller value first"),
        (2, {**ROWS, "hold_out_percent": "80"}, "Write a number from 0 to 50"),
        (3, {**CHANNELS, "channels": []}, "No channel is chosen"),
        (3, {**CHANNELS, "content-sms": "开通飞信，0元/月【东屿移动】"}, "put the word TD into the text"),
        (3, {**CHANNELS, "content-sms": "开通飞信，0元/月。退订回TD"}, "signature in 【 】"),
        (3, {**CHANNELS, "content-sms": ""}, "The text is empty"),
        (3, {**CHANNELS, "start_on": "2026-03-01"}, "has passed"),
        (3, {**CHANNELS, "end_on": "2026-03-04"}, "The last day must lie between"),
        (3, {**CHANNELS, "from-sms": "21:00"}, "Write hours as from 09:00 to 20:00"),
    ],
)
def test_a_mistake_is_told_beside_its_field(app, session, to_do, step, form, said):
    with_draft(session, to_do)
    answer = save(world.browser(app, "yefang"), step, "next", **form)
    assert answer.status_code == 422
    assert said in answer.text
    assert (
        'aria-invalid="true"' in answer.text
        or "err-definition" in answer.text
        or "err-channels" in answer.text
    )


def test_a_mistake_is_told_in_chinese_too(app, session, to_do):
    with_draft(session, to_do)
    answer = save(world.browser(app, "yefang", "zh"), 1, "next", **{**GOAL, "name": ""})
    assert "活动名称" in answer.text


def test_the_estimate_says_reach_cost_proof_and_route(app, session, to_do):
    with_draft(session, to_do)
    page = world.browser(app, "yefang").get(f"{PLAN}?step=4").text
    assert "will be contacted" in page
    assert "chance to prove it" in page
    assert "Gao Yang" in page
    assert "Chen Liqun" in page  # more than 200 people go through the province


def test_a_small_list_is_a_warning_while_planning_not_a_mistake(app, session, to_do):
    with_draft(session, to_do, people_cap=40)
    page = world.browser(app, "yefang").get(f"{PLAN}?step=5").text
    assert "Too small to prove an effect" in page
    assert "Everything needed is there." in page


def test_a_text_without_the_price_is_a_warning_an_approver_may_ask_for_it(app, session, to_do):
    text = [{"channel": "sms", "content": "开通飞信，退订回TD【东屿移动】", "hours": "09:00-20:00"}]
    with_draft(session, to_do, channels=text)
    client = world.browser(app, "yefang")
    assert "does not say the price" in client.get(f"{PLAN}?step=5").text
    assert save(client, 5, "submit").headers["Location"].endswith("/campaigns/HD-0101-2026-001")


def test_a_budget_below_the_cost_is_told_and_not_submitted(app, session, to_do):
    with_draft(session, to_do, budget_yuan="1")
    answer = save(world.browser(app, "yefang"), 5, "submit", remark="")
    assert answer.status_code == 422
    assert "more than the budget of 1.00" in answer.text
    session.expire_all()
    assert session.get_one(ToDo, to_do.id).state == "open"


def test_submitting_hands_in_the_whole_draft(app, session, to_do):
    with_draft(session, to_do)
    answer = save(world.browser(app, "yefang"), 5, "submit", remark="请审")
    assert answer.headers["Location"].endswith("/campaigns/HD-0101-2026-001")
    session.expire_all()
    done = session.get_one(ToDo, to_do.id)
    assert (done.state, done.outcome, done.answer["remark"]) == ("done", "submit", "请审")
    assert set(world.DRAFT) <= set(done.answer)


def test_abandoning_is_asked_twice_and_keeps_the_reason(app, session, to_do):
    with_draft(session, to_do)
    client = world.browser(app, "yefang")
    assert 'data-opens="abandon"' in client.get(PLAN).text
    save(client, 4, "abandon", reason="没有预算")
    session.expire_all()
    done = session.get_one(ToDo, to_do.id)
    assert (done.outcome, done.opinion) == ("abandon", "没有预算")


def test_a_returned_campaign_shows_what_was_asked_and_what_was_written(app, session):
    campaign = world.new_campaign(session, submissions=1)
    first = world.new_to_do(
        session, campaign.process, "draft_campaign", ["yefang"], state="done", outcome="submit",
        answer={**world.DRAFT, "remark": "旧的说明"}, closed_by="yefang", closed_at=world.NOW,
    )  # fmt: skip
    world.new_to_do(
        session, campaign.process, "prefecture_review", ["gaoyang"], form="review", state="done",
        outcome="adjust", opinion="短信请写明资费", closed_by="gaoyang", closed_at=world.NOW,
    )  # fmt: skip
    world.new_to_do(session, campaign.process, "draft_campaign", ["yefang"])
    session.commit()
    page = world.browser(app, "yefang").get(PLAN).text
    assert "短信请写明资费" in page
    assert "Gao Yang" in page
    assert world.DRAFT["name"] in page
    preview = world.browser(app, "yefang").post("/audiences/preview?number=HD-0101-2026-001", data=ROWS).text
    assert (
        "the chance to prove it is" in preview
    )  # counted with the purpose, channels and aim handed in before
    assert "旧的说明" not in world.browser(app, "yefang").get(f"{PLAN}?step=5").text
    assert first.answer["remark"] == "旧的说明"


def test_a_scenario_gives_the_first_values(app, session):
    world.browser(app, "yefang").post(
        "/campaigns/new", data={"name": "校园迎新", "campaign_type": "precision", "scenario": "campus"}
    )
    page = world.browser(app, "yefang").get(PLAN).text
    assert 'value="FETION" checked' in page
    assert 'value="20"' in page


def test_somebody_else_is_led_to_the_page_of_the_campaign(app, session, to_do):
    answer = world.browser(app, "zhoulan").get(PLAN)
    assert answer.headers["Location"].endswith("/campaigns/HD-0101-2026-001")
    assert world.browser(app, "caimin").get(PLAN).status_code == 404


def test_a_draft_offered_to_several_is_claimed_by_the_first_who_writes(app, session):
    campaign = world.new_campaign(session)
    to_do = world.new_to_do(session, campaign.process, "draft_campaign", ["yefang", "zhanghua"])
    session.commit()
    client = world.browser(app, "zhanghua")
    assert client.get(PLAN).status_code == 200
    session.expire_all()
    assert session.get_one(ToDo, to_do.id).assignee is None
    session.rollback()
    save(client, 1, "stay", **GOAL)
    session.expire_all()
    assert session.get_one(ToDo, to_do.id).assignee == "zhanghua"


def test_the_message_is_shown_as_the_customer_sees_it_while_it_is_written(app, session, to_do):
    client = world.browser(app, "yefang")
    page = client.post("/campaigns/HD-0101-2026-001/look", data={"content-sms": "长" * 71}).text
    assert "2 messages" in page
    assert "0.10" in page


def test_no_transaction_is_left_open_by_the_wizard(app, session, to_do):
    with_draft(session, to_do)
    world.browser(app, "yefang").get(f"{PLAN}?step=4")
    with app.app_context():
        assert db.session.scalar(select(ToDo.state).where(ToDo.id == to_do.id)) == "open"
