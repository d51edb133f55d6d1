"""Plan: what is written down, who is on the list, who is kept back, and what it will cost."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from handlers.audience import GROUP_CODES, NobodyMeant, hold_out, read_frozen
from handlers.desk.answers import NothingHandedIn
from handlers.plan import DraftNotReady, salt
from models.audience import Audience
from models.base import db
from models.campaign import Approval, Campaign
from models.execution import DoNotDisturb
from models.process import ToDo
from tests.factories import rows
from tests.factories.stage import Stage


def hand_in(campaign: Campaign, **changed: object) -> ToDo:
    return rows.handed_in(campaign, "draft_campaign", "submit", answer=rows.DRAFT | changed)


def frozen(stage: Stage, campaign: Campaign) -> dict[str, np.ndarray]:
    assert campaign.audience is not None
    return read_frozen(stage.folder / campaign.audience.file, campaign.audience.file_digest)


def test_the_draft_is_written_into_the_campaign_and_counted(stage: Stage) -> None:
    campaign = rows.new_campaign()
    hand_in(campaign)
    found = stage.run("plan.record_campaign", campaign_id=campaign.id)
    assert found == {"campaign_type": "precision", "purpose": "acquire"}
    assert (campaign.name, campaign.submissions) == ("彩铃潜在用户推荐", 1)
    assert (campaign.budget_fen, campaign.target_basis_points) == (250_000, 1200)
    assert (campaign.start_on, campaign.end_on) == (date(2026, 3, 5), date(2026, 3, 15))
    assert [(c.channel, c.content) for c in campaign.channels] == [("sms", rows.SMS)]
    assert [p.product_code for p in campaign.products] == ["CRBT"]


def test_a_second_submission_replaces_what_the_first_one_said(stage: Stage) -> None:
    campaign = rows.new_campaign()
    hand_in(campaign)
    stage.run("plan.record_campaign", campaign_id=campaign.id)
    call = {"channel": "call", "content": rows.SCRIPT, "hours": "10:00-18:00"}
    rows.handed_in(
        campaign,
        "draft_campaign",
        "submit",
        answer=rows.DRAFT | {"product_codes": ["CLUB"], "channels": [call]},
        closed_at=rows.MONDAY + timedelta(days=1),
    )
    stage.run("plan.record_campaign", campaign_id=campaign.id)
    assert campaign.submissions == 2
    assert [p.product_code for p in campaign.products] == ["CLUB"]
    assert [(c.channel, c.hours) for c in campaign.channels] == [("call", "10:00-18:00")]


def test_a_draft_with_mistakes_is_not_written_and_all_of_them_are_named(stage: Stage) -> None:
    campaign = rows.new_campaign()
    hand_in(campaign, name="", start_on="2026-03-01", product_codes=["NOPE"])
    with pytest.raises(DraftNotReady) as refused:
        stage.run("plan.record_campaign", campaign_id=campaign.id)
    assert {problem.field for problem in refused.value.problems} >= {"name"}
    assert (campaign.submissions, campaign.name) == (0, "")


def test_nothing_is_recorded_before_anybody_handed_in(stage: Stage) -> None:
    campaign = rows.new_campaign()
    with pytest.raises(NothingHandedIn):
        stage.run("plan.record_campaign", campaign_id=campaign.id)


def test_the_audience_is_everybody_the_conditions_mean(stage: Stage) -> None:
    brand = {"tag": "brand", "op": "=", "value": "全球通"}
    tree = {"version": 1, "all": [{"tag": "pref", "in": ["01"]}, brand]}
    campaign = rows.drafted_campaign(definition=tree)
    stage.run("plan.build_audience", campaign_id=campaign.id)
    meant = stage.province.sids_where("pref = '01' AND brand = '全球通'")
    assert campaign.audience is not None
    assert campaign.audience.matched == len(meant) > 0
    assert campaign.audience.generation == stage.province.warehouse.current().id


def test_a_condition_on_the_fourteen_groups_is_understood(stage: Stage) -> None:
    campaign = rows.drafted_campaign(definition={"version": 1, "all": [{"group": ["低潜力型"]}]})
    stage.plan(campaign)
    listed = frozen(stage, campaign)
    assert set(listed["group"].tolist()) == {GROUP_CODES["低潜力型"]}


def test_each_rule_says_whom_it_took_and_the_rest_is_the_list(stage: Stage) -> None:
    campaign = rows.drafted_campaign()
    stage.plan(campaign)
    row = campaign.audience
    assert row is not None
    assert row.matched - sum(step["removed"] for step in row.waterfall) == row.reachable
    left = [step["left"] for step in row.waterfall]
    assert left == sorted(left, reverse=True)
    assert row.waterfall[-1]["rule"] == "sms_averse_group"
    assert (row.exclusion_set, row.frozen) == ("acquire", row.reachable)


def test_who_refused_messages_yesterday_is_not_on_the_list_of_messages(stage: Stage) -> None:
    first = rows.drafted_campaign()
    stage.plan(first)
    someone = int(frozen(stage, first)["sid"][0])
    db.session.add(DoNotDisturb(sid=someone, channel="sms", since=stage.now, source="reply"))
    db.session.commit()
    second = rows.drafted_campaign()
    stage.plan(second)
    assert someone not in frozen(stage, second)["sid"]


def test_who_has_no_room_on_the_first_day_is_not_on_the_list(stage: Stage) -> None:
    first = rows.drafted_campaign()
    stage.plan(first)
    busy, free = frozen(stage, first)["sid"][:2].tolist()
    for number in range(4):
        rows.met_by_another(busy, date(2026, 3, 20 + number), state="reserved")
        rows.met_by_another(free, date(2026, 4, 4 + number), state="reserved")
    second = rows.drafted_campaign()
    stage.plan(second)
    found = frozen(stage, second)["sid"].tolist()
    assert busy not in found
    assert free in found


def test_whom_another_campaign_will_tell_about_the_product_is_not_asked_twice(stage: Stage) -> None:
    first = stage.to_dispatch()
    assert rows.entries_of(first)
    reserved = {entry.sid for entry in rows.entries_of(first)}
    second = rows.drafted_campaign()
    stage.plan(second)
    assert reserved.isdisjoint(frozen(stage, second)["sid"].tolist())


def test_who_ordered_since_the_snapshot_is_not_asked_again(stage: Stage) -> None:
    first = rows.drafted_campaign()
    stage.plan(first)
    someone = int(frozen(stage, first)["sid"][0])
    rows.order(someone, stage.now)
    second = rows.drafted_campaign()
    stage.plan(second)
    assert someone not in frozen(stage, second)["sid"]


def test_promotional_messages_never_go_to_the_groups_that_hate_them(stage: Stage) -> None:
    campaign = rows.drafted_campaign()
    stage.plan(campaign)
    averse = {GROUP_CODES["高潜力型"], GROUP_CODES["中潜力型"]}
    assert averse.isdisjoint(frozen(stage, campaign)["group"].tolist())


def test_the_control_group_is_the_lot_of_this_campaign_and_stays_the_same(stage: Stage) -> None:
    grown_up = {"version": 1, "all": [{"tag": "age", "op": ">=", "value": 20}]}
    campaign = rows.drafted_campaign(definition=grown_up)
    stage.plan(campaign, exclusion_set="notice")
    listed = frozen(stage, campaign)
    drawn = hold_out(listed["sid"], salt(campaign), 1000)
    assert (listed["arm"] == drawn).all()
    row = campaign.audience
    assert row is not None
    assert row.control == int(drawn.sum())
    assert 0.08 < row.control / row.frozen < 0.12
    first_file = row.file
    stage.plan(campaign, exclusion_set="notice")
    assert campaign.audience is not None
    assert campaign.audience.file == first_file


def test_a_cap_keeps_the_best_scores_and_both_arms(stage: Stage) -> None:
    whole = rows.drafted_campaign()
    stage.plan(whole)
    capped = rows.drafted_campaign(people_cap=100)
    stage.plan(capped)
    listed = frozen(stage, capped)
    assert len(listed["sid"]) == 100
    left_out = np.setdiff1d(frozen(stage, whole)["sid"], listed["sid"])
    scores = frozen(stage, whole)
    best_left_out = scores["score"][np.isin(scores["sid"], left_out)].max()
    assert listed["score"].min() >= best_left_out
    assert 0 < int(listed["arm"].sum()) < 100


def test_a_product_without_scores_still_gets_its_list(stage: Stage) -> None:
    tree = {"version": 1, "all": [{"tag": "county", "in": ["0101"]}]}
    campaign = rows.drafted_campaign(definition=tree, products=("CLUB",))
    stage.plan(campaign)
    assert set(frozen(stage, campaign)["score"].tolist()) == {-1}


def test_every_step_may_run_twice(stage: Stage) -> None:
    campaign = rows.drafted_campaign()
    stage.plan(campaign)
    assert campaign.audience is not None
    before = (campaign.audience.file, campaign.audience.frozen, campaign.audience.waterfall)
    stage.run("plan.hold_out", campaign_id=campaign.id)
    stage.run("plan.size", campaign_id=campaign.id)
    db.session.refresh(campaign.audience)
    assert (campaign.audience.file, campaign.audience.frozen, campaign.audience.waterfall) == before


def test_nothing_but_the_frozen_list_is_left_in_the_folder(stage: Stage) -> None:
    campaign = rows.drafted_campaign()
    stage.plan(campaign)
    assert campaign.audience is not None
    left = [path.name for path in (stage.folder / "audiences").rglob("*") if path.is_file()]
    assert left == [Path(campaign.audience.file).name]


def test_the_estimate_is_what_a_clerk_would_reckon(stage: Stage) -> None:
    campaign = rows.drafted_campaign(channels=("sms", "call"))
    stage.plan(campaign)
    row = campaign.audience
    assert row is not None
    treated = row.frozen - row.control
    successes = round(treated * 0.12)
    assert row.cost_fen == treated * (10 + 150) + successes * (300 + 200)
    assert row.power_basis_points is not None


def test_a_campaign_without_control_group_can_prove_nothing(stage: Stage) -> None:
    campaign = rows.drafted_campaign(hold_out_basis_points=0)
    stage.plan(campaign)
    assert campaign.audience is not None
    assert (campaign.audience.control, campaign.audience.power_basis_points) == (0, None)


def test_conditions_that_mean_nobody_leave_nobody(stage: Stage) -> None:
    tree = {"version": 1, "all": [{"tag": "age", "op": ">", "value": 120}]}
    campaign = rows.drafted_campaign(definition=tree)
    stage.run("plan.build_audience", campaign_id=campaign.id)
    stage.run("plan.exclude", campaign_id=campaign.id, exclusion_set="acquire")
    stage.run("plan.hold_out", campaign_id=campaign.id)
    assert stage.run("plan.size", campaign_id=campaign.id) == {"people": 0}


def test_nobody_is_excluded_before_an_audience_was_built(stage: Stage) -> None:
    campaign = rows.drafted_campaign()
    with pytest.raises(NobodyMeant):
        stage.run("plan.exclude", campaign_id=campaign.id, exclusion_set="acquire")
    assert db.session.query(Audience).count() == 0


def test_a_recall_voids_what_was_said_and_what_channels_confirmed(stage: Stage) -> None:
    campaign = rows.drafted_campaign()
    stage.plan(campaign)
    stage.approve(campaign)
    campaign.channels[0].confirmed_people = 50
    db.session.commit()
    stage.run("plan.withdraw_submission", campaign_id=campaign.id)
    assert [a.state for a in db.session.query(Approval)] == ["voided"]
    assert campaign.channels[0].confirmed_people is None
    assert {e.state for e in rows.entries_of(campaign)} == {"released"}
