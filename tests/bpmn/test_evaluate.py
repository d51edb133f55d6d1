"""Evaluate: figures first, then an evaluator's words, and what is good is kept as a scenario."""

from datetime import timedelta

from tests.bpmn.walk import Walk


def test_figures_come_before_words(walk: Walk) -> None:
    walk.to_evaluate()
    assert walk.called()[-2:] == ["evaluate.measure_lift", "evaluate.measure_cost"]
    (to_do,) = walk.open_to_dos()
    assert (to_do.element, to_do.assignee, to_do.properties["level"]) == ("summarise", "jiangtao", "province")
    assert to_do.due_at == to_do.created_at + timedelta(days=5)


def test_what_is_not_kept_only_gives_its_labels_back(walk: Walk) -> None:
    walk.to_evaluate()
    walk.decide("summarise", "done")
    assert walk.called()[-2:] == ["evaluate.record_summary", "evaluate.return_labels"]
    assert walk.process.outcome == "end_evaluated"


def test_what_is_kept_becomes_a_scenario_before_the_labels_go_back(walk: Walk) -> None:
    walk.says("evaluate.record_summary", {"keep_as_scenario_wanted": True})
    walk.to_evaluate()
    walk.decide("summarise", "done", keep_as_scenario=True)
    assert walk.called()[-2:] == ["evaluate.keep_as_scenario", "evaluate.return_labels"]
    assert walk.process.outcome == "end_evaluated"
