"""Evaluate: figures that agree with paper and pencil, an evaluator's words, a scenario, and labels."""

from datetime import timedelta

import pyarrow.parquet as pq
import pytest

from handlers.evaluate import NotMeasured
from models.base import db
from models.campaign import Campaign, Scenario
from models.evaluation import Evaluation
from tests.factories import rows
from tests.factories.arms import met, small_campaign
from tests.factories.stage import Stage

Sent = tuple[Stage, Campaign]


def concluded(campaign: Campaign, **answer: object) -> None:
    said = {"conclusion": "有效，建议推广", "verdict": "proven"} | answer
    rows.handed_in(campaign, "summarise", "done", answer=said, closed_by="jiangtao")


@pytest.fixture
def measured(stage: Stage) -> Campaign:
    """80 treated with 8 orders, 20 control with 1; 70 messages arrived, 6 failed, 4 were suppressed."""
    campaign = small_campaign(stage)
    stage.go_to(5)
    states = {"delivered": range(70), "failed": range(70, 76), "suppressed": range(76, 80)}
    met(campaign, stage, states)
    for sid in (0, 1, 2, 3, 4, 5, 70, 76, 80):
        rows.order(sid, stage.now + timedelta(days=1))
    stage.go_to(20)
    return campaign


def test_the_final_figures_replace_the_interim_ones(stage: Stage, measured: Campaign) -> None:
    stage.run("feedback.measure_so_far", campaign_id=measured.id)
    found = stage.run("evaluate.measure_lift", campaign_id=measured.id) or {}
    assert found["is_evaluable"] is True
    assert found["lift_points"] == pytest.approx(5.0)
    (row,) = db.session.query(Evaluation)
    assert (row.is_final, row.computed_at) == (True, stage.now)
    assert row.figures["window"]["is_over"] is True


def test_a_second_measurement_says_the_same(stage: Stage, measured: Campaign) -> None:
    stage.run("evaluate.measure_lift", campaign_id=measured.id)
    first = db.session.query(Evaluation).one().figures
    stage.run("evaluate.measure_lift", campaign_id=measured.id)
    assert db.session.query(Evaluation).one().figures == first


def test_the_cost_is_what_left_the_house_and_a_gift_a_success(stage: Stage, measured: Campaign) -> None:
    stage.run("evaluate.measure_lift", campaign_id=measured.id)
    assert stage.run("evaluate.measure_cost", campaign_id=measured.id) == {"cost_fen": 76 * 10 + 8 * 300}


def test_without_a_control_group_there_is_no_lift_but_an_answer(stage: Stage) -> None:
    campaign = rows.drafted_campaign(hold_out_basis_points=0)
    stage.plan(campaign)
    stage.approve(campaign)
    stage.dispatch(campaign)
    found = stage.run("evaluate.measure_lift", campaign_id=campaign.id) or {}
    assert found == {"lift_points": None, "is_evaluable": False}
    why = db.session.query(Evaluation).one().figures["lift"]["why"]
    assert "no control group" in why


def test_words_stand_beside_the_figures_they_are_about(stage: Stage, measured: Campaign) -> None:
    stage.run("evaluate.measure_lift", campaign_id=measured.id)
    concluded(measured)
    found = stage.run("evaluate.record_summary", campaign_id=measured.id)
    assert found == {"keep_as_scenario_wanted": False}
    row = db.session.query(Evaluation).one()
    assert (row.conclusion, row.verdict) == ("有效，建议推广", "proven")
    assert (row.concluded_by, row.concluded_at) == ("jiangtao", stage.now)


def test_nobody_concludes_about_nothing(stage: Stage) -> None:
    campaign = small_campaign(stage)
    concluded(campaign)
    for operation in ("measure_cost", "record_summary", "keep_as_scenario"):
        with pytest.raises(NotMeasured):
            stage.run(f"evaluate.{operation}", campaign_id=campaign.id)


def test_a_good_campaign_becomes_a_scenario_with_what_it_reached(stage: Stage, measured: Campaign) -> None:
    stage.run("evaluate.measure_lift", campaign_id=measured.id)
    concluded(measured, keep_as_scenario=True, scenario_name="彩铃高分客户")
    wanted = stage.run("evaluate.record_summary", campaign_id=measured.id)
    assert wanted == {"keep_as_scenario_wanted": True}
    for _ in range(2):
        stage.run("evaluate.keep_as_scenario", campaign_id=measured.id)
    (kept,) = db.session.query(Scenario)
    assert (kept.name, kept.kept_from_id, kept.family) == ("彩铃高分客户", measured.id, "product")
    assert kept.result is not None
    assert kept.result["success_rate"] == pytest.approx(0.1)
    assert kept.result["lift_points"] == pytest.approx(5.0)
    first = kept.first_values
    assert (first["product_codes"], first["definition"]) == (["CRBT"], rows.LIKELY)
    assert first["channels"] == [{"channel": "sms", "content": rows.SMS, "hours": "09:00-20:00"}]
    assert "start_on" not in first
    assert "people_cap" not in first


def test_a_kept_scenario_is_a_draft_that_only_lacks_its_name_budget_and_days(
    stage: Stage, measured: Campaign
) -> None:
    stage.run("evaluate.measure_lift", campaign_id=measured.id)
    concluded(measured, keep_as_scenario=True)
    stage.run("evaluate.keep_as_scenario", campaign_id=measured.id)
    first = db.session.query(Scenario).one().first_values
    campaign = rows.new_campaign()
    own = {"name": "再来一次", "budget_yuan": "100", "start_on": "2026-03-25", "end_on": "2026-03-30"}
    rows.handed_in(campaign, "draft_campaign", "submit", answer=first | own)
    stage.run("plan.record_campaign", campaign_id=campaign.id)
    assert campaign.hold_out_basis_points == 2000
    assert campaign.target_basis_points == 1200


def test_a_scenario_without_a_name_of_its_own_is_called_like_the_campaign(
    stage: Stage, measured: Campaign
) -> None:
    stage.run("evaluate.measure_lift", campaign_id=measured.id)
    concluded(measured, keep_as_scenario=True, scenario_name="")
    stage.run("evaluate.keep_as_scenario", campaign_id=measured.id)
    assert db.session.query(Scenario).one().name == measured.name


def test_the_models_get_every_customer_with_arm_and_answer(stage: Stage, measured: Campaign) -> None:
    stage.run("evaluate.measure_lift", campaign_id=measured.id)
    assert stage.run("evaluate.return_labels", campaign_id=measured.id) == {"labels": 100}
    row = db.session.query(Evaluation).one()
    labels = pq.read_table(stage.province.warehouse.root / row.labels_file).to_pandas()
    assert labels.sid.tolist() == list(range(100))
    assert labels[labels.ordered].sid.tolist() == [0, 1, 2, 3, 4, 5, 70, 76, 80]
    assert labels.arm.tolist() == [0] * 80 + [1] * 20


def test_a_campaign_that_met_nobody_is_evaluated_without_a_fault(stage: Stage) -> None:
    campaign = small_campaign(stage)
    found = stage.run("evaluate.measure_lift", campaign_id=campaign.id) or {}
    assert found["lift_points"] == 0.0
    assert stage.run("evaluate.return_labels", campaign_id=campaign.id) == {"labels": 100}
    assert stage.run("evaluate.measure_cost", campaign_id=campaign.id) == {"cost_fen": 0}
