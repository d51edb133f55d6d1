import pytest
from sqlalchemy import select

from models.campaign import Campaign
from models.process import Process
from tests.app.campaigns import world


def begin(app, **form):
    return world.browser(app, "yefang").post(
        "/campaigns/new", data={"name": "迎新飞信", "campaign_type": "precision", "scenario": "", **form}
    )


def test_the_first_page_offers_the_scenarios_and_says_what_each_type_needs(app):
    page = world.browser(app, "yefang").get("/campaigns/new").text
    assert "Campus welcome" in page
    assert "16.0 %" in page
    assert "approval, then confirmation by the channels" in page
    assert "cannot be started here yet" in page


def test_starting_gives_a_number_a_process_and_the_wizard(app, session):
    answer = begin(app, scenario="campus")
    campaign = session.scalars(select(Campaign)).one()
    assert answer.headers["Location"].endswith(f"/campaigns/{campaign.number}/plan")
    assert campaign.number == "HD-0101-2026-001"
    assert campaign.purpose == "acquire"
    assert session.get_one(Process, campaign.process_id).subject_id == campaign.id


def test_numbers_count_up(app, session):
    begin(app)
    begin(app)
    assert sorted(session.scalars(select(Campaign.number))) == ["HD-0101-2026-001", "HD-0101-2026-002"]


def test_looking_for_an_opportunity_first_does_not_open_the_wizard(app, session):
    answer = begin(app, find_opportunity="1")
    assert answer.headers["Location"].endswith("/campaigns/HD-0101-2026-001")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "x"}, "needs a name"),
        ({"campaign_type": "realtime"}, "campaign types that can be started"),
        ({"campaign_type": "nonsense"}, "campaign types that can be started"),
        ({"scenario": "gone"}, "does not exist any more"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_started(app, session, form, said):
    answer = begin(app, **form)
    assert answer.status_code == 422
    assert said in answer.text
    assert session.scalars(select(Campaign)).all() == []


def test_an_approver_starts_nothing(app):
    assert world.browser(app, "gaoyang").get("/campaigns/new").status_code == 403
