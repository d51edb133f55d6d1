"""Every figure of the evaluation page against a case reckoned by hand: 80 treated, 20 kept back."""

from datetime import timedelta
from typing import Any

import pytest

from handlers.desk.measure import measure
from models.base import db
from models.campaign import Campaign
from tests.factories import rows
from tests.factories.arms import met, small_campaign
from tests.factories.stage import Stage


def figures(stage: Stage, campaign: Campaign) -> dict[str, Any]:
    return measure(campaign, stage.workshop, db.session, stage.now)


@pytest.fixture
def told(stage: Stage) -> dict[str, Any]:
    """8 of 80 treated ordered: six got the message, one's failed, one was not met; and 1 of 20 control."""
    campaign = small_campaign(stage, groups=(1, 2))
    stage.go_to(5)
    met(
        campaign,
        stage,
        {"delivered": range(70), "failed": range(70, 76), "suppressed": range(76, 79), "stopped": [79]},
    )
    for sid in (0, 1, 2, 3, 4, 5, 70, 76, 80):
        rows.order(sid, stage.now + timedelta(days=sid % 3))
    stage.go_to(8)
    return figures(stage, campaign)


def test_the_lift_is_by_the_arm_assigned_met_or_not(told: dict[str, Any]) -> None:
    lift = told["lift"]
    assert (lift["treated"], lift["treated_orders"]) == (80, 8)
    assert (lift["control"], lift["control_orders"]) == (20, 1)
    assert lift["rate"] == pytest.approx(0.10)
    assert lift["spontaneous"] == pytest.approx(0.05)
    assert lift["points"] == pytest.approx(5.0)
    # Newcombe's hybrid score interval of 8/80 against 1/20, by his formula 10
    assert lift["low"] == pytest.approx(-14.2334, abs=1e-3)
    assert lift["high"] == pytest.approx(14.4519, abs=1e-3)
    assert (lift["evaluable"], lift["why"], lift["relative"]) == (True, None, None)


def test_the_funnel_counts_distinct_people_of_the_treated_arm(told: dict[str, Any]) -> None:
    assert told["funnel"] == [
        {"step": "target", "n": 80},
        {"step": "contactable", "n": 77},
        {"step": "reached", "n": 70},
        {"step": "ordered", "n": 6},
    ]


def test_the_cost_per_success_and_per_net_success(told: dict[str, Any]) -> None:
    cost = told["cost"]
    assert (cost["contacts_fen"], cost["gifts_fen"]) == (760, 2400)
    assert cost["total_fen"] == 3160
    assert cost["per_success_fen"] == 3160 / 8
    assert (cost["net_successes"], cost["per_net_success_fen"]) == (4, 790)


def test_groups_channels_and_counties_add_up_to_the_whole(told: dict[str, Any]) -> None:
    assert [g["group"] for g in told["by_group"]] == [1, 2]
    assert sum(g["treated_orders"] for g in told["by_group"]) == 8
    assert sum(g["control"] for g in told["by_group"]) == 20
    assert told["by_channel"] == [
        {"channel": "sms", "contacts": 76, "orders": 7, "rate": 7 / 76, "cost_fen": 760}
    ]
    counties = {c["county"]: (c["treated"], c["orders"]) for c in told["by_county"]}
    assert counties == {"0101": (40, 5), "0102": (40, 3)}


def test_a_group_is_judged_by_itself_only_where_enough_were_kept_back(stage: Stage) -> None:
    whole, halves = small_campaign(stage), small_campaign(stage, groups=(1, 2))
    for campaign in (whole, halves):
        met(campaign, stage, {"delivered": [0]})
        stage.go_to(3)
    assert [group["evaluable"] for group in figures(stage, whole)["by_group"]] == [True]
    parts = figures(stage, halves)["by_group"]
    assert [(part["evaluable"], part["why_fields"]) for part in parts] == [(False, {"control": 10})] * 2


def test_refusals_and_complaints_are_counted_for_the_campaign_they_were_matched_to(stage: Stage) -> None:
    campaign, other = small_campaign(stage), small_campaign(stage)
    for number, (feed, owner) in enumerate(
        (("opt_out", campaign), ("opt_out", campaign), ("complaint", campaign), ("opt_out", other))
    ):
        rows.answer(feed, f"W-{number}", stage.now, sid=number, state="matched", campaign_id=owner.id)
    assert figures(stage, campaign)["words"] == {"opt_outs": 2, "complaints": 1}


def test_orders_are_cumulated_by_day_up_to_today(told: dict[str, Any]) -> None:
    assert told["by_day"] == [
        {"day": "2026-03-05", "treated_orders": 2, "control_orders": 0},
        {"day": "2026-03-06", "treated_orders": 6, "control_orders": 0},
        {"day": "2026-03-07", "treated_orders": 8, "control_orders": 1},
        {"day": "2026-03-08", "treated_orders": 8, "control_orders": 1},
    ]


def test_the_arms_are_in_proportion_and_nobody_of_the_control_was_met(told: dict[str, Any]) -> None:
    assert told["checks"]["sample_ratio_ok"] is True
    assert told["checks"]["control_contacted"] == 0
    assert told["target_rate"] == 0.12


def test_a_contact_with_the_control_group_does_not_go_unseen(stage: Stage) -> None:
    campaign = small_campaign(stage)
    met(campaign, stage, {"delivered": [0, 1, 85]})
    assert figures(stage, campaign)["checks"]["control_contacted"] == 1


def test_arms_out_of_proportion_are_told(stage: Stage) -> None:
    campaign = small_campaign(stage, hold_out_basis_points=5000)
    met(campaign, stage, {"delivered": [0]})
    assert figures(stage, campaign)["checks"]["sample_ratio_ok"] is False


def test_two_channels_to_one_person_are_two_contacts_and_one_success(stage: Stage) -> None:
    campaign = small_campaign(stage, channels=("sms", "call"))
    met(campaign, stage, {"delivered": [0, 1]})
    met(campaign, stage, {"reached": [0]}, channel="call")
    rows.order(0, stage.now)
    told = figures(stage, campaign)
    assert told["cost"]["contacts_fen"] == 2 * 10 + 150
    assert told["cost"]["gifts_fen"] == 300 + 200
    assert {row["channel"]: row["orders"] for row in told["by_channel"]} == {"call": 1, "sms": 1}
    assert told["funnel"][2:] == [{"step": "reached", "n": 2}, {"step": "ordered", "n": 1}]


def test_before_anybody_was_met_there_is_no_window_and_no_order_counts(stage: Stage) -> None:
    campaign = small_campaign(stage)
    rows.order(0, stage.now)
    told = figures(stage, campaign)
    assert told["window"] == {"from": None, "to": None, "is_over": False}
    assert (told["by_day"], told["lift"]["treated_orders"]) == ([], 0)


def test_a_campaign_without_a_list_is_measured_as_nothing(stage: Stage) -> None:
    told = figures(stage, rows.drafted_campaign())
    assert (told["lift"]["treated"], told["lift"]["evaluable"]) == (0, False)
    assert (told["by_group"], told["by_channel"], told["by_county"]) == ([], [], [])
