"""Approve: what is bound under which digest, who must say yes, and what voids a yes."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from handlers.approve import NobodyToApprove, NothingSubmitted, UnknownStep
from handlers.desk.binding import NotApproved, current_approval, require_approval
from handlers.desk.reach import control, treated
from models.base import db
from models.campaign import Approval, Campaign, CampaignProduct
from models.organisation import StaffRole
from tests.factories import rows
from tests.factories.stage import Stage, digests

Ready = tuple[Stage, Campaign]


def step(name: str, level: str, **changed: Any) -> dict[str, Any]:
    row = {"step": name, "level": level, "department": "market", "role": "approver", "mode": "any"}
    return row | {"share": None, "flow": "submit"} | changed


def submitted(stage: Stage, **changed: Any) -> Campaign:
    campaign = rows.drafted_campaign(**changed)
    stage.plan(campaign)
    stage.run("approve.bind", campaign_id=campaign.id)
    return campaign


def test_a_submission_is_bound_with_what_the_route_needs_and_the_rules_seen(stage: Stage) -> None:
    campaign = rows.drafted_campaign()
    stage.plan(campaign)
    given = stage.run("approve.bind", campaign_id=campaign.id)
    row = campaign.audience
    assert row is not None
    assert given == {
        "office_level": "county",
        "department": "market",
        "campaign_type": "precision",
        "people": row.frozen - row.control,
        "cost": 2500.0,
    }
    approval = current_approval(campaign.id)
    assert approval is not None
    assert (approval.submission, approval.state) == (1, "open")
    assert approval.bound["definition"] == row.definition_digest
    assert approval.evidence["decisions"]["approval_route"] == digests()["approval_route"]
    assert approval.evidence["snapshot"] == row.snapshot.isoformat()


def test_somebody_without_a_department_submits_as_the_market_department(stage: Stage) -> None:
    campaign = rows.drafted_campaign(department_id=None)
    assert (stage.run("approve.bind", campaign_id=campaign.id) or {})["department"] == "market"


def test_the_people_of_each_step_are_found_in_the_office_above(stage: Stage) -> None:
    campaign = submitted(stage)
    steps = [step("prefecture", "prefecture"), step("leader", "province", department="leader")]
    found = stage.run("approve.find_route", campaign_id=campaign.id, steps=steps) or {}
    assert found["flow"] == "submit"
    assert (found["prefecture_signers"], found["prefecture_needed"]) == ([["gaoyang"]], 1)
    assert (found["leader_signers"], found["leader_needed"]) == ([["xujianping"]], 1)
    assert (found["province_signers"], found["province_needed"], found["province_votes"]) == ([], 0, [])
    assert [(s["step"], s["people"]) for s in current(campaign).route] == [
        ("prefecture", ["gaoyang"]),
        ("leader", ["xujianping"]),
    ]


def current(campaign: Campaign) -> Approval:
    found = current_approval(campaign.id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("mode", "share", "to_dos", "needed"),
    [("any", None, 1, 1), ("all", None, 3, 3), ("ratio", 0.5, 3, 2), ("ratio", 0.01, 3, 1)],
)
def test_the_way_of_signing_makes_the_to_dos_and_the_number_that_must_pass(
    stage: Stage, mode: str, share: float | None, to_dos: int, needed: int
) -> None:
    for login in ("zhoulan", "hejing"):
        person = rows.staff(login)
        person.roles.append(StaffRole(role="approver"))
        person.department_id = rows.staff("chenliqun").department_id
    db.session.commit()
    campaign = submitted(stage)
    asked = [step("province", "province", mode=mode, share=share)]
    found = stage.run("approve.find_route", campaign_id=campaign.id, steps=asked) or {}
    assert len(found["province_signers"]) == to_dos
    assert found["province_needed"] == needed
    assert sorted(login for signers in found["province_signers"] for login in signers) == [
        "chenliqun",
        "hejing",
        "zhoulan",
    ]


def test_who_plans_a_campaign_is_never_asked_to_approve_it(stage: Stage) -> None:
    person = rows.staff("chenliqun")
    person.roles.append(StaffRole(role="planner"))
    db.session.commit()
    campaign = rows.drafted_campaign(planner="chenliqun")
    stage.run("approve.bind", campaign_id=campaign.id)
    with pytest.raises(NobodyToApprove) as refused:
        stage.run("approve.find_route", campaign_id=campaign.id, steps=[step("province", "province")])
    assert refused.value.fields["step"] == "province"


def test_who_has_left_is_not_asked(stage: Stage) -> None:
    rows.staff("gaoyang").is_active = False
    db.session.commit()
    campaign = submitted(stage)
    with pytest.raises(NobodyToApprove):
        stage.run("approve.find_route", campaign_id=campaign.id, steps=[step("prefecture", "prefecture")])


def test_a_step_the_diagram_does_not_draw_is_told_apart(stage: Stage) -> None:
    campaign = submitted(stage)
    with pytest.raises(UnknownStep):
        stage.run("approve.find_route", campaign_id=campaign.id, steps=[step("board", "province")])


@pytest.mark.parametrize(
    ("votes", "is_passed", "outcome", "state"),
    [
        (["pass", "pass"], True, "pass", "passed"),
        (["pass", "adjust", "pass"], True, "pass", "passed"),
        (["pass", "adjust"], False, "adjust", "returned"),
        (["adjust", "reject"], False, "reject", "rejected"),
        (["reject"], False, "reject", "rejected"),
    ],
)
def test_what_is_not_passed_is_rejected_by_one_rejection_and_else_returned(
    stage: Stage, votes: list[str], is_passed: bool, outcome: str, state: str
) -> None:
    campaign = submitted(stage)
    found = stage.run("approve.record_decision", campaign_id=campaign.id, votes=votes, is_passed=is_passed)
    assert found == {"approval": outcome}
    assert (current(campaign).state, current(campaign).ended_at) == (state, stage.now)


def test_a_filing_counts_as_passed(stage: Stage) -> None:
    campaign = submitted(stage)
    assert stage.run("approve.file_for_record", campaign_id=campaign.id) == {"approval": "pass"}
    require_approval(campaign)


def test_nothing_can_be_decided_about_what_was_never_submitted(stage: Stage) -> None:
    campaign = rows.drafted_campaign()
    with pytest.raises(NothingSubmitted):
        stage.run("approve.record_decision", campaign_id=campaign.id, votes=["pass"], is_passed=True)
    with pytest.raises(NothingSubmitted):
        stage.run("approve.file_for_record", campaign_id=campaign.id)


# -- reserving contacts


def passed(stage: Stage, campaign: Campaign) -> Campaign:
    stage.run("approve.bind", campaign_id=campaign.id)
    stage.run("approve.record_decision", campaign_id=campaign.id, votes=["pass"], is_passed=True)
    return campaign


def reserved(campaign: Campaign, **wanted: Any) -> list[tuple[str, int, date]]:
    return [(e.channel, e.sid, e.day) for e in rows.entries_of(campaign, state="reserved", **wanted)]


def had_enough(stage: Stage, channel: str) -> set[int]:
    """Who was met as often by other systems as a channel allows in thirty days, Thursday the last of them."""
    met = stage.province.warehouse.history.counts(date(2026, 2, 4), date(2026, 3, 5)).to_pylist()
    most = {"sms": 4, "call": 2}[channel]
    return {row["sid"] for row in met if row["channel"] == channel and row["contacts"] >= most}


def test_everybody_a_channel_may_meet_has_a_place_on_its_first_day(stage: Stage) -> None:
    campaign = rows.drafted_campaign(channels=("sms", "call"))
    stage.plan(campaign)
    passed(stage, campaign)
    said = stage.run("approve.reserve_contacts", campaign_id=campaign.id)
    places = {(channel, day) for channel, _, day in reserved(campaign)}
    assert places == {("sms", date(2026, 3, 5)), ("call", date(2026, 3, 5))}
    assert said == {"reserved": len(reserved(campaign))}
    for channel in ("sms", "call"):
        expected = set(treated(campaign, stage.workshop, channel).tolist()) - had_enough(stage, channel)
        assert {sid for _, sid, _ in reserved(campaign, channel=channel)} == expected
    people = {sid for _, sid, _ in reserved(campaign)}
    assert people.isdisjoint(control(campaign, stage.workshop).tolist())


def test_who_has_no_room_gets_no_place(stage: Stage) -> None:
    campaign = rows.drafted_campaign()
    stage.plan(campaign)
    busy, *others = sorted(treated(campaign, stage.workshop, "sms").tolist())
    for ahead in range(4):
        rows.met_by_another(busy, date(2026, 3, 8 + ahead), state="reserved")
    passed(stage, campaign)
    assert stage.run("approve.reserve_contacts", campaign_id=campaign.id) == {"reserved": len(others)}
    assert [sid for _, sid, _ in reserved(campaign)] == others


def test_reserving_a_second_time_changes_nothing(ready: Ready) -> None:
    stage, campaign = ready
    before = reserved(campaign)
    assert stage.run("approve.reserve_contacts", campaign_id=campaign.id) == {"reserved": len(before)}
    assert reserved(campaign) == before


def test_a_submission_returned_and_approved_again_reserves_anew(ready: Ready) -> None:
    stage, campaign = ready
    before = reserved(campaign)
    stage.run("confirm.release", campaign_id=campaign.id)
    assert reserved(campaign) == []
    campaign.submissions += 1
    campaign.start_on = date(2026, 3, 9)
    db.session.commit()
    stage.approve(campaign)
    assert reserved(campaign) == [(channel, sid, date(2026, 3, 9)) for channel, sid, _ in before]


def test_nothing_is_reserved_for_what_was_recalled_meanwhile(ready: Ready) -> None:
    stage, campaign = ready
    stage.run("plan.withdraw_submission", campaign_id=campaign.id)
    assert stage.run("approve.reserve_contacts", campaign_id=campaign.id) == {"reserved": 0}
    assert reserved(campaign) == []


@pytest.mark.parametrize(("hour", "day"), [(19, date(2026, 3, 6)), (20, date(2026, 3, 7))])
def test_a_late_approval_reserves_for_the_day_that_is_left(stage: Stage, hour: int, day: date) -> None:
    campaign = rows.drafted_campaign()
    stage.plan(campaign)
    stage.go_to(6, hour)
    stage.approve(campaign)
    assert {at for _, _, at in reserved(campaign)} == {day}


def test_a_notice_reserves_nothing(stage: Stage) -> None:
    campaign = rows.drafted_campaign(campaign_type="notice", purpose="notice")
    stage.plan(campaign, exclusion_set="notice")
    stage.approve(campaign)
    assert rows.entries_of(campaign) == []


# -- what may be sent


def test_an_approved_campaign_may_be_sent(ready: Ready) -> None:
    _, campaign = ready
    require_approval(campaign)
    assert current(campaign).state == "passed"


@pytest.mark.parametrize("votes", [["adjust"], ["reject"]])
def test_what_was_not_passed_may_not_be_sent(stage: Stage, votes: list[str]) -> None:
    campaign = submitted(stage)
    with pytest.raises(NotApproved):
        require_approval(campaign)
    stage.run("approve.record_decision", campaign_id=campaign.id, votes=votes, is_passed=False)
    with pytest.raises(NotApproved):
        require_approval(campaign)


def _text(campaign: Campaign) -> None:
    campaign.channels[0].content += "！"


def _hours(campaign: Campaign) -> None:
    campaign.channels[0].hours = "09:00-22:00"


def _budget(campaign: Campaign) -> None:
    campaign.budget_fen += 1


def _days(campaign: Campaign) -> None:
    campaign.end_on = date(2026, 4, 1)


def _product(campaign: Campaign) -> None:
    campaign.products.append(CampaignProduct(product_code="CLUB"))


def _control(campaign: Campaign) -> None:
    campaign.hold_out_basis_points = 500


def _people(campaign: Campaign) -> None:
    assert campaign.audience is not None
    campaign.audience.frozen += 1


def _definition(campaign: Campaign) -> None:
    assert campaign.audience is not None
    campaign.audience.definition_digest = "0" * 64


def _exclusions(campaign: Campaign) -> None:
    assert campaign.audience is not None
    campaign.audience.exclusion_set = "notice"


def _again(campaign: Campaign) -> None:
    campaign.submissions += 1


@pytest.mark.parametrize(
    "change",
    [_text, _hours, _budget, _days, _product, _control, _people, _definition, _exclusions, _again],
    ids=lambda change: change.__name__.strip("_"),
)
def test_any_other_change_voids_the_approval(ready: Ready, change: Callable[[Campaign], None]) -> None:
    _, campaign = ready
    change(campaign)
    db.session.commit()
    with pytest.raises(NotApproved):
        require_approval(campaign)


def test_fewer_people_and_later_days_of_a_channel_leave_the_approval_in_force(ready: Ready) -> None:
    _, campaign = ready
    channel = campaign.channels[0]
    channel.confirmed_people, channel.confirmed_from = 10, date(2026, 3, 9)
    db.session.commit()
    require_approval(campaign)
    assert channel.confirmed_people == 10


def test_the_answer_to_the_latest_submission_counts(ready: Ready) -> None:
    stage, campaign = ready
    campaign.submissions = 2
    db.session.commit()
    stage.run("approve.bind", campaign_id=campaign.id)
    with pytest.raises(NotApproved):
        require_approval(campaign)
    stage.run("approve.record_decision", campaign_id=campaign.id, votes=["pass"], is_passed=True)
    require_approval(campaign)
    assert [a.state for a in db.session.query(Approval).order_by(Approval.id)] == ["passed", "passed"]


def test_a_recalled_approval_stops_sending(ready: Ready) -> None:
    stage, campaign = ready
    stage.run("plan.withdraw_submission", campaign_id=campaign.id)
    with pytest.raises(NotApproved):
        stage.run("dispatch.split_work_orders", campaign_id=campaign.id)
