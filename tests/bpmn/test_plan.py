"""Plan: the draft, the list, the estimate; an empty list goes back to the draft."""

from app.engine import Actor
from tests.bpmn.walk import Walk

IN_ORDER = [
    "plan.record_campaign",
    "plan.build_audience",
    "plan.exclude",
    "plan.hold_out",
    "plan.size",
]


def test_a_submitted_draft_becomes_a_sized_list_in_five_steps(walk: Walk) -> None:
    walk.start()
    walk.submit()
    assert walk.called()[:5] == IN_ORDER
    assert walk.stages() == {"approve"}


def test_the_long_steps_are_jobs_and_leave_the_planner_at_once(walk: Walk) -> None:
    walk.start()
    to_do = walk.open_to_dos()[0]
    walk.engine.complete(to_do.id, Actor("yefang"), "submit", {}, "")
    assert walk.called() == ["plan.record_campaign"]
    assert walk.jobs("ready") == ["plan.build_audience"]
    assert walk.open_to_dos() == []


def test_the_table_of_campaign_types_names_the_exclusions(walk: Walk) -> None:
    walk.says("plan.record_campaign", {"campaign_type": "recurring", "purpose": "retain"})
    walk.start()
    walk.submit()
    assert walk.given("plan.exclude") == {"campaign_id": 17, "exclusion_set": "retain"}


def test_a_campaign_that_calls_itself_a_notice_gets_the_strictest_exclusions(walk: Walk) -> None:
    walk.says("plan.record_campaign", {"campaign_type": "precision", "purpose": "notice"})
    walk.start()
    walk.submit()
    assert walk.given("plan.exclude")["exclusion_set"] == "acquire"


def test_an_empty_list_returns_to_the_draft_until_somebody_is_left(walk: Walk) -> None:
    walk.says("plan.size", {"people": 0}, {"people": 1})
    walk.start()
    walk.submit()
    assert walk.open_elements() == ["draft_campaign"]
    walk.submit()
    assert walk.stages() == {"approve"}
    assert walk.called("plan.size") == ["plan.size"] * 2


def test_an_abandoned_draft_builds_no_list(walk: Walk) -> None:
    walk.start()
    walk.decide("draft_campaign", "abandon")
    assert walk.called() == []
    assert walk.process.state == "done"


def test_a_campaign_with_an_empty_list_can_still_be_abandoned(walk: Walk) -> None:
    walk.says("plan.size", {"people": 0})
    walk.start()
    walk.submit()
    walk.decide("draft_campaign", "abandon")
    assert walk.process.outcome == "end_abandoned"
