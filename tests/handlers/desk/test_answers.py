"""What people handed in is found again, the latest first."""

from datetime import timedelta

import pytest

from handlers.desk.answers import NoSuchCampaign, NothingHandedIn, answers, campaign_of, latest_answer
from handlers.desk.looking import looking
from models.base import db
from models.campaign import Campaign
from tests.factories import rows
from tests.factories.stage import Stage


def test_the_latest_answer_counts(stage: Stage) -> None:
    campaign = rows.new_campaign()
    rows.handed_in(campaign, "summarise", "done", answer={"n": 1}, closed_at=rows.MONDAY)
    rows.handed_in(campaign, "summarise", "done", answer={"n": 3}, closed_at=rows.MONDAY + timedelta(hours=2))
    rows.handed_in(campaign, "summarise", "done", answer={"n": 2}, closed_at=rows.MONDAY + timedelta(hours=1))
    assert latest_answer(campaign.id, "summarise") == {"n": 3}
    assert [(done.answer or {})["n"] for done in answers(campaign.id, "summarise")] == [3, 2, 1]


def test_open_and_cancelled_to_dos_are_no_answers(stage: Stage) -> None:
    campaign = rows.new_campaign()
    for state in ("open", "cancelled"):
        rows.handed_in(campaign, "summarise", "done").state = state
    db.session.commit()
    with pytest.raises(NothingHandedIn):
        latest_answer(campaign.id, "summarise")


def test_answers_of_another_campaign_are_not_ours(stage: Stage) -> None:
    first, second = rows.new_campaign(), rows.new_campaign()
    rows.handed_in(first, "summarise", "done")
    assert answers(second.id, "summarise") == []


def test_a_campaign_that_is_not_there_is_said_so(stage: Stage) -> None:
    with pytest.raises(NoSuchCampaign):
        campaign_of(99)


def test_who_only_looks_does_not_keep_others_from_writing(stage: Stage) -> None:
    rows.new_campaign()
    with looking():
        assert db.session.query(Campaign).count() == 1
        with db.engine.begin() as other:
            other.execute(db.update(Campaign).values(name="written meanwhile"))
    assert db.session.query(Campaign).one().name == "written meanwhile"
