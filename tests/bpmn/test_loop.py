"""The loop: seven stages in order, the ways back, recall, stop, and the four ways it ends."""

import pytest

from app.engine import SYSTEM, NobodyWaits
from tests.bpmn.walk import REAL, STAGES, Walk, files, the_loop, with_answer


def test_a_campaign_goes_round_all_seven_stages(walk: Walk) -> None:
    walk.start(skip_analysis=False)
    walk.decide("choose_opportunity", "choose")
    walk.submit()
    walk.approve()
    walk.decide("confirm_channel", "confirm")
    walk.go_to(5)
    walk.go_to(6)
    walk.decide("summarise", "done")
    entered = [s.element for s in walk.engine.stage_times(walk.process_id) if s.element in STAGES]
    assert entered == list(STAGES)
    assert (walk.process.state, walk.process.outcome) == ("done", "end_evaluated")
    assert walk.open_to_dos() == []


def test_one_round_calls_every_operation_but_those_of_other_ways(walk: Walk) -> None:
    walk.start(skip_analysis=False)
    walk.decide("choose_opportunity", "choose")
    walk.submit()
    walk.approve()
    walk.decide("confirm_channel", "confirm")
    walk.go_to(5)
    walk.go_to(6)
    walk.decide("summarise", "done")
    others = {
        "plan.withdraw_submission",
        "approve.file_for_record",
        "confirm.release",
        "dispatch.stop_work_orders",
        "evaluate.keep_as_scenario",
    }
    of_stages = {name for name in REAL if name.split(".")[0] in STAGES}
    assert set(walk.called()) == of_stages - others
    assert len(walk.called()) == len(set(walk.called()))


def test_an_abandoned_draft_ends_the_campaign(walk: Walk) -> None:
    walk.start()
    walk.decide("draft_campaign", "abandon")
    assert walk.process.outcome == "end_abandoned"
    assert walk.called() == []


def test_a_rejection_ends_the_campaign(walk: Walk) -> None:
    walk.to_approve()
    walk.decide("prefecture_review", "reject", opinion="不宜开展")
    assert walk.process.outcome == "end_rejected"
    assert walk.open_to_dos() == []


def test_a_wish_to_adjust_returns_to_the_draft_and_a_second_approval_passes(walk: Walk) -> None:
    walk.to_approve()
    walk.decide("prefecture_review", "adjust", opinion="短信请写明资费")
    assert walk.open_elements() == ["draft_campaign"]
    walk.submit()
    walk.approve()
    assert walk.open_elements() == ["confirm_channel"]
    assert walk.given("approve.record_decision")["votes"] == ["pass", "pass"]
    assert walk.called("approve.bind") == ["approve.bind"] * 2


def test_a_channel_that_asks_for_changes_sends_the_campaign_back_to_the_draft(walk: Walk) -> None:
    walk.to_confirm()
    walk.decide("confirm_channel", "adjust", opinion="周末无坐席")
    assert walk.open_elements() == ["draft_campaign"]
    walk.submit()
    walk.approve()
    walk.decide("confirm_channel", "confirm")
    assert walk.stages() == {"dispatch"}
    assert walk.called("confirm.release", "confirm.book") == ["confirm.release", "confirm.book"]


def test_a_recall_during_approval_cleans_up_and_returns_to_the_draft(walk: Walk) -> None:
    walk.to_approve()
    assert walk.send("recall") == 1
    assert walk.called()[-1] == "plan.withdraw_submission"
    assert walk.open_elements() == ["draft_campaign"]
    assert [t.state for t in walk.to_dos("prefecture_review")] == ["cancelled"]
    assert walk.to_dos("prefecture_review")[0].closed_by == "yefang"


def test_a_recall_in_the_middle_of_a_countersign_cancels_what_is_open(walk: Walk) -> None:
    walk.to_approve()
    walk.decide("prefecture_review", "pass")
    walk.send("recall")
    walk.submit()
    assert walk.open_elements() == ["prefecture_review"]
    assert [t.state for t in walk.to_dos("province_review")] == ["cancelled"]


def test_a_recall_during_confirmation_cancels_the_open_channels_and_returns_to_the_draft(walk: Walk) -> None:
    walk.says("confirm.ask_capacity", {"channels": ["sms", "call"], "confirmations": []})
    walk.to_confirm()
    walk.decide("confirm_channel", "confirm", by="huangzhiyong")
    walk.send("recall")
    assert [t.state for t in walk.to_dos("confirm_channel")] == ["done", "cancelled"]
    assert walk.called("plan.withdraw_submission", "confirm.book") == ["plan.withdraw_submission"]
    assert walk.open_elements() == ["draft_campaign"]


def test_nothing_can_be_recalled_while_it_is_a_draft_or_once_it_is_dispatched(walk: Walk) -> None:
    walk.start()
    with pytest.raises(NobodyWaits):
        walk.send("recall")
    walk.submit()
    walk.approve()
    walk.decide("confirm_channel", "confirm")
    with pytest.raises(NobodyWaits):
        walk.send("recall")


def test_a_message_about_another_campaign_is_not_heard(walk: Walk) -> None:
    walk.to_approve()
    with pytest.raises(NobodyWaits):
        walk.send("recall", campaign=18)
    assert walk.open_elements() == ["prefecture_review"]


def test_a_stop_before_the_list_leaves_takes_away_the_timer_and_ends_the_campaign(walk: Walk) -> None:
    walk.to_dispatch()
    assert walk.process.next_due is not None
    walk.send("stop")
    assert (walk.process.outcome, walk.process.next_due) == ("end_stopped", None)
    walk.go_to(6)
    assert walk.called("dispatch.stop_work_orders", "dispatch.hand_over") == ["dispatch.stop_work_orders"]


def test_a_stop_during_feedback_ends_the_campaign(walk: Walk) -> None:
    walk.to_feedback()
    assert walk.stages() == {"feedback"}
    walk.send("stop")
    assert walk.process.outcome == "end_stopped"
    assert walk.waits() == set()


def test_a_notice_needs_no_confirmation(walk: Walk) -> None:
    walk.says("plan.record_campaign", {"campaign_type": "notice", "purpose": "notice"})
    walk.to_approve()
    walk.approve()
    assert walk.stages() == {"dispatch"}
    assert walk.called("confirm.ask_capacity") == []


def test_two_campaigns_do_not_disturb_each_other(walk: Walk) -> None:
    first = walk.start(campaign=17)
    walk.submit()
    second = walk.start(campaign=18)
    walk.submit()
    walk.send("recall", campaign=18)
    assert walk.open_elements() == ["draft_campaign"]
    walk.process_id = first
    assert walk.open_elements() == ["prefecture_review"]
    assert first != second


def test_a_type_that_needs_no_approval_goes_straight_to_the_channels(walk: Walk) -> None:
    table = files("rules", "dmn")["campaign_type.dmn"]
    walk.publish_tables(with_answer(table, "campaign_type_campaign", "needs_approval", "false"))
    walk.engine.publish(the_loop(), SYSTEM)
    walk.to_approve()
    assert walk.open_elements() == ["confirm_channel"]
    assert walk.called("approve.bind", "approve.reserve_contacts") == ["approve.reserve_contacts"]
