"""Analyse: look for an opportunity and choose one, or skip what is decided already."""

from tests.bpmn.walk import Walk


def test_who_knows_already_what_to_sell_skips_the_analysis(walk: Walk) -> None:
    walk.start(skip_analysis=True)
    assert walk.open_elements() == ["draft_campaign"]
    assert walk.called() == []


def test_opportunities_are_listed_from_the_scores_for_the_planner(walk: Walk) -> None:
    walk.start(skip_analysis=False)
    assert walk.called() == ["analyse.read_scores", "analyse.list_opportunities"]
    (to_do,) = walk.open_to_dos()
    assert (to_do.element, to_do.form) == ("choose_opportunity", "choose_opportunity")
    assert to_do.assignee == "yefang"
    assert [option["value"] for option in to_do.variables["opportunities"]] == ["CRBT"]


def test_the_choice_is_recorded_before_the_draft_opens(walk: Walk) -> None:
    walk.start(skip_analysis=False)
    walk.decide("choose_opportunity", "choose", opportunity="CRBT")
    assert walk.given("analyse.record_opportunity") == {"campaign_id": 17, "chosen": "choose"}
    assert walk.open_elements() == ["draft_campaign"]


def test_a_planner_may_choose_none_of_them(walk: Walk) -> None:
    walk.start(skip_analysis=False)
    walk.decide("choose_opportunity", "skip")
    assert walk.given("analyse.record_opportunity")["chosen"] == "skip"
    assert walk.open_elements() == ["draft_campaign"]


def test_nothing_of_the_analysis_is_carried_into_the_next_stage(walk: Walk) -> None:
    walk.start(skip_analysis=False)
    walk.decide("choose_opportunity", "choose")
    assert set(walk.open_to_dos()[0].variables) == {"campaign_id"}
