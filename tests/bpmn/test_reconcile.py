"""Reconciliation: unknown messages first, then what else differs, until the line balances or is explained."""

from datetime import UTC, datetime

import pytest

from app.engine import Actor, OpinionMissing
from tests.bpmn.walk import BALANCE, Walk

UNKNOWN = {"finding": "unknown", "channel": "sms"}
OTHER = {"finding": "other", "channel": "sms"}
BALANCED = {"finding": "balanced", "channel": "sms"}


def test_a_line_that_balances_by_now_bothers_nobody(walk: Walk) -> None:
    walk.says("reconcile.weigh", BALANCED)
    walk.reconcile()
    assert walk.to_dos() == []
    assert walk.process.outcome == "end_balanced"


@pytest.mark.parametrize("verdict", ["count_as_sent", "send_again", "write_off"])
def test_unknown_messages_are_settled_as_the_keeper_says_and_the_line_weighed_again(
    walk: Walk, verdict: str
) -> None:
    walk.says("reconcile.weigh", UNKNOWN, BALANCED)
    walk.reconcile()
    assert walk.open_elements() == ["settle_unknown"]
    walk.decide("settle_unknown", verdict, opinion="短信中心确认")
    assert walk.given("reconcile.settle") == {"balance_id": BALANCE, "outcome": verdict}
    assert walk.called() == ["reconcile.weigh", "reconcile.settle", "reconcile.weigh"]
    assert walk.process.outcome == "end_balanced"


def test_what_differs_besides_is_asked_for_after_the_unknown_messages(walk: Walk) -> None:
    walk.says("reconcile.weigh", UNKNOWN, OTHER)
    walk.reconcile()
    walk.decide("settle_unknown", "write_off", opinion="不再追查")
    assert walk.open_elements() == ["explain_difference"]


def test_an_explanation_is_kept_and_ends_it(walk: Walk) -> None:
    walk.reconcile()
    walk.decide("explain_difference", "explain", opinion="短信中心丢失回执")
    assert walk.called() == ["reconcile.weigh", "reconcile.explain"]
    assert walk.process.outcome == "end_explained"


def test_an_explanation_without_a_word_is_none(walk: Walk) -> None:
    walk.reconcile()
    (to_do,) = walk.open_to_dos()
    with pytest.raises(OpinionMissing):
        walk.engine.complete(to_do.id, Actor("huangzhiyong"), "explain", {}, " ")


def test_who_asks_again_is_asked_again_the_day_after(walk: Walk) -> None:
    walk.says("reconcile.weigh", OTHER, OTHER, BALANCED)
    walk.reconcile()
    for day in (3, 5):
        walk.decide("explain_difference", "ask_again")
        assert walk.open_to_dos() == []
        walk.go_to(day, 10)
    assert walk.called() == ["reconcile.weigh"] * 3
    assert walk.process.outcome == "end_balanced"


def test_a_to_do_goes_by_itself_when_the_figures_move(walk: Walk) -> None:
    walk.says("reconcile.weigh", OTHER, UNKNOWN, BALANCED)
    walk.reconcile()
    assert walk.open_elements() == ["explain_difference"]
    walk.send("balance_moved", BALANCE)
    assert walk.open_elements() == ["settle_unknown"]
    walk.send("balance_moved", BALANCE)
    assert [to_do.state for to_do in walk.to_dos()] == ["cancelled", "cancelled"]
    assert walk.process.outcome == "end_balanced"


def test_another_line_that_moves_is_none_of_this_ones(walk: Walk) -> None:
    walk.reconcile()
    first = walk.process_id
    walk.reconcile(BALANCE + 1)
    walk.says("reconcile.weigh", BALANCED)
    walk.send("balance_moved", BALANCE + 1)
    assert walk.process.outcome == "end_balanced"
    walk.process_id = first
    assert walk.open_elements() == ["explain_difference"]


def test_the_keeper_has_two_days(walk: Walk) -> None:
    walk.reconcile()
    (to_do,) = walk.open_to_dos()
    assert to_do.due_at == datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
    assert (to_do.assignee, to_do.subject_type, to_do.subject_id) == ("huangzhiyong", "balance", BALANCE)
