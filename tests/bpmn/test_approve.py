"""Approve: the table says who, the diagram says in which order, and the votes say how it ends."""

from datetime import timedelta

import pytest

from app.engine import NotACandidate, OpinionMissing, ToDoGone
from app.engine.values import Actor
from tests.bpmn.walk import SAID, Walk, signing

REVIEWS = ("prefecture_review", "province_review", "leader_review")


def bound(**changed: object) -> dict[str, object]:
    said = SAID["approve.bind"]
    assert isinstance(said, dict)
    return said | changed


@pytest.mark.parametrize(
    ("changed", "reviews"),
    [
        ({"people": 200, "cost": 1000.0}, ["prefecture_review"]),
        ({"people": 201, "cost": 1000.0}, ["prefecture_review", "province_review"]),
        ({"people": 200, "cost": 1000.5}, ["prefecture_review", "province_review"]),
        ({"people": 900, "cost": 20_001.0}, list(REVIEWS)),
        ({"office_level": "prefecture", "people": 90, "cost": 60.0}, ["prefecture_review"]),
        ({"office_level": "province"}, ["province_review"]),
        ({"office_level": "province", "cost": 25_000.0}, ["province_review", "leader_review"]),
        ({"people": 90, "cost": 20_001.0}, list(REVIEWS)),
        ({"campaign_type": "notice", "people": 50_000, "cost": 0.0}, ["prefecture_review"]),
    ],
)
def test_size_and_cost_decide_who_is_asked_one_after_the_other(
    walk: Walk, changed: dict[str, object], reviews: list[str]
) -> None:
    walk.says("approve.bind", bound(**changed))
    walk.to_approve()
    asked = []
    while walk.stages() == {"approve"}:
        (element,) = walk.open_elements()
        asked.append(element)
        walk.decide(element, "pass")
    assert asked == reviews
    assert walk.given("approve.record_decision")["votes"] == ["pass"] * len(reviews)


def test_the_route_is_found_for_exactly_what_was_bound(walk: Walk) -> None:
    walk.says("approve.bind", bound(people=1, cost=1.0))
    walk.to_approve()
    assert walk.called()[5:] == ["approve.bind", "approve.find_route"]
    assert [step["step"] for step in walk.given("approve.find_route")["steps"]] == ["prefecture"]


def test_a_review_is_offered_to_its_signers_and_due_in_two_days(walk: Walk) -> None:
    walk.to_approve()
    (to_do,) = walk.open_to_dos()
    assert {c.login for c in to_do.candidates} == {"gaoyang", "deputy"}
    assert (to_do.assignee, to_do.form) == (None, "review")
    assert to_do.due_at == to_do.created_at + timedelta(days=2)


def test_any_one_of_the_signers_is_enough(walk: Walk) -> None:
    walk.says("approve.find_route", signing(prefecture=([["gaoyang", "deputy"]], 1)))
    walk.to_approve()
    walk.decide("prefecture_review", "pass", by="deputy")
    assert walk.stages() == {"confirm"}


def test_where_all_must_sign_each_is_asked_at_once_and_the_last_one_decides(walk: Walk) -> None:
    walk.says("approve.find_route", signing(province=([["chenliqun"], ["hejing"], ["xujianping"]], 3)))
    walk.to_approve()
    assert walk.open_elements() == ["province_review"] * 3
    for login in ("hejing", "xujianping"):
        walk.decide("province_review", "pass", by=login)
        assert walk.stages() == {"approve"}
    walk.decide("province_review", "pass", by="chenliqun")
    assert walk.stages() == {"confirm"}


def test_where_all_must_sign_the_first_no_spares_the_others(walk: Walk) -> None:
    walk.says("approve.find_route", signing(province=([["chenliqun"], ["hejing"], ["xujianping"]], 3)))
    walk.to_approve()
    walk.decide("province_review", "pass", by="chenliqun")
    walk.decide("province_review", "adjust", by="hejing", opinion="费用过高")
    assert [t.state for t in walk.to_dos("province_review")] == ["done", "done", "cancelled"]
    assert walk.given("approve.record_decision")["votes"] == ["pass", "adjust"]
    assert walk.stages() == {"plan"}


def test_a_share_of_the_signers_is_enough_and_one_no_does_not_stop_it(walk: Walk) -> None:
    walk.says("approve.find_route", signing(province=([["chenliqun"], ["hejing"], ["xujianping"]], 2)))
    walk.to_approve()
    walk.decide("province_review", "pass", by="chenliqun")
    walk.decide("province_review", "adjust", by="hejing")
    assert walk.open_elements() == ["province_review"]
    walk.decide("province_review", "pass", by="xujianping")
    assert walk.stages() == {"confirm"}


def test_a_share_that_cannot_be_reached_any_more_ends_the_step_at_once(walk: Walk) -> None:
    walk.says("approve.find_route", signing(province=([["chenliqun"], ["hejing"], ["xujianping"]], 2)))
    walk.to_approve()
    walk.decide("province_review", "adjust", by="chenliqun")
    walk.decide("province_review", "adjust", by="hejing")
    assert [t.state for t in walk.to_dos("province_review")] == ["done", "done", "cancelled"]
    assert walk.stages() == {"plan"}


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize(("vote", "stage"), [("adjust", {"plan"}), ("reject", set())])
def test_a_no_at_any_step_ends_the_approval_and_nobody_above_is_asked(
    walk: Walk, at: int, vote: str, stage: set[str]
) -> None:
    walk.says("approve.bind", bound(cost=30_000.0))
    walk.to_approve()
    for element in REVIEWS[:at]:
        walk.decide(element, "pass")
    walk.decide(REVIEWS[at], vote)
    assert {t.element for t in walk.to_dos()} - {"draft_campaign"} == set(REVIEWS[: at + 1])
    assert walk.stages() == stage


def test_a_second_round_forgets_the_votes_of_the_first(walk: Walk) -> None:
    both = signing(prefecture=([["gaoyang"], ["deputy"]], 2))
    walk.says("approve.find_route", both)
    walk.to_approve()
    walk.decide("prefecture_review", "pass", by="deputy")
    walk.decide("prefecture_review", "adjust", by="gaoyang")
    walk.submit()
    assert walk.open_elements() == ["prefecture_review"] * 2
    walk.decide("prefecture_review", "pass", by="gaoyang")
    assert walk.stages() == {"approve"}
    walk.decide("prefecture_review", "pass", by="deputy")
    assert walk.given("approve.record_decision")["votes"] == ["pass", "pass"]
    assert walk.stages() == {"confirm"}


def test_what_passed_reserves_its_contacts_before_the_channels_are_asked(walk: Walk) -> None:
    walk.to_confirm()
    assert walk.called()[-3:] == [
        "approve.record_decision",
        "approve.reserve_contacts",
        "confirm.ask_capacity",
    ]
    assert walk.given("approve.reserve_contacts") == {"campaign_id": 17}


@pytest.mark.parametrize("vote", ["adjust", "reject"])
def test_what_did_not_pass_reserves_nothing(walk: Walk, vote: str) -> None:
    walk.to_approve()
    walk.decide("prefecture_review", vote)
    assert walk.called("approve.record_decision", "approve.reserve_contacts") == ["approve.record_decision"]


def test_a_recall_while_contacts_are_being_reserved_is_still_heard(walk: Walk) -> None:
    walk.to_approve()
    walk.decide("prefecture_review", "pass")
    (to_do,) = walk.open_to_dos()
    walk.engine.complete(to_do.id, Actor("chenliqun"), "pass", {}, "")
    assert walk.jobs("ready") == ["approve.reserve_contacts"]
    walk.send("recall")
    assert walk.jobs("cancelled") == ["approve.reserve_contacts"]
    assert walk.called("approve.reserve_contacts") == []
    assert walk.open_elements() == ["draft_campaign"]


def test_a_filing_asks_nobody(walk: Walk) -> None:
    walk.says("approve.find_route", signing("file"))
    walk.to_approve()
    assert walk.called("approve.file_for_record", "approve.record_decision") == ["approve.file_for_record"]
    assert walk.called("approve.reserve_contacts") == ["approve.reserve_contacts"]
    assert walk.stages() == {"confirm"}
    assert walk.to_dos("prefecture_review") == []


def test_a_wish_to_adjust_needs_its_reason(walk: Walk) -> None:
    walk.to_approve()
    (to_do,) = walk.open_to_dos()
    with pytest.raises(OpinionMissing):
        walk.engine.complete(to_do.id, Actor("gaoyang"), "adjust", {}, "  ")
    assert walk.open_elements() == ["prefecture_review"]


def test_only_signers_sign_and_each_review_is_decided_once(walk: Walk) -> None:
    walk.to_approve()
    (to_do,) = walk.open_to_dos()
    with pytest.raises(NotACandidate):
        walk.engine.complete(to_do.id, Actor("yefang"), "pass", {}, "")
    walk.engine.complete(to_do.id, Actor("gaoyang"), "pass", {}, "")
    with pytest.raises(ToDoGone):
        walk.engine.complete(to_do.id, Actor("deputy"), "reject", {}, "不同意")
    assert walk.open_elements() == ["province_review"]
