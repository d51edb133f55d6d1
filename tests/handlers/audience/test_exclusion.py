"""Who is taken out, by which rule, in which order."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy.orm import Session

from handlers.audience import ExclusionContext, Rule, Waterfall, exclude, low_response
from handlers.audience.problems import GroupsNotGiven, UnknownRule
from handlers.contacts import Limit, Limits
from models.campaign import CampaignProduct
from models.execution import DoNotDisturb
from models.ledger import LedgerEntry
from models.product import Product
from tests.handlers.audience.conftest import NOW, SIZE, Province, sids_of
from tests.handlers.warehouse.source import SNAPSHOT

ALL = np.arange(SIZE)
TODAY = date(2026, 3, 2)
NO_LIMITS = Limits(by_scope={})


@pytest.fixture
def context(province: Province, session: Session) -> ExclusionContext:
    return ExclusionContext(
        warehouse=province.warehouse,
        session=session,
        generation=province.generation,
        products=[Product(code="CRBT", owned_tag="v_crbt")],
        channels=["sms"],
        now=NOW,
        limits=NO_LIMITS,
        groups=province.groups,
    )


def _taken(context: ExclusionContext, name: str, days: int | None = None) -> list[int]:
    kept = exclude(ALL, [Rule(name=name, days=days)], context).kept
    return sorted(set(ALL.tolist()) - set(kept.tolist()))


def _happened(province: Province, event: str, days: int) -> pd.DataFrame:
    seen = province.events
    first = TODAY - timedelta(days=days - 1)
    return seen[(seen["event"] == event) & (seen["product"] == "CRBT") & (seen["day"] >= first)]


@pytest.mark.parametrize("name", ["black_list", "grey_list", "complaint_sensitive", "out_of_use"])
def test_people_on_a_list_are_taken_out(context: ExclusionContext, province: Province, name: str) -> None:
    listed = province.people[name].to_numpy(dtype=bool)
    assert listed.any()
    assert _taken(context, name) == np.flatnonzero(listed).tolist()


@pytest.mark.parametrize(
    ("name", "event", "usual"),
    [("batch_unsubscribed", "batch_unsubscribe", 180), ("unsubscribed", "unsubscribe", 365)],
)
def test_who_left_lately_is_not_asked_again(
    context: ExclusionContext, province: Province, name: str, event: str, usual: int
) -> None:
    assert _taken(context, name) == sids_of(_happened(province, event, usual)).tolist()
    assert _taken(context, name, days=30) == sids_of(_happened(province, event, 30)).tolist()


def test_a_complaint_about_the_product_counts_for_ever(context: ExclusionContext, province: Province) -> None:
    assert _taken(context, "complained_related") == sids_of(_happened(province, "complaint", 4000)).tolist()


def test_who_tried_and_did_not_order_is_left_alone(context: ExclusionContext, province: Province) -> None:
    trials = _happened(province, "trial", 180)
    orders = province.events[(province.events["event"] == "order") & (province.events["product"] == "CRBT")]
    both = trials.merge(orders, on="customer_id", suffixes=("", "_order"))
    ordered = both[both["day_order"] >= both["day"]][["customer_id", "day"]].drop_duplicates()
    left = trials.merge(ordered, on=["customer_id", "day"], how="left", indicator=True)
    expected = sids_of(left[left["_merge"] == "left_only"])
    assert len(expected) and len(ordered)
    assert _taken(context, "trial_not_ordered") == expected.tolist()


def test_who_has_the_product_already_is_taken_out(context: ExclusionContext, province: Province) -> None:
    has = [value is True for value in province.people["v_crbt"]]
    assert _taken(context, "already_ordered") == np.flatnonzero(has).tolist()


def test_who_lacks_one_of_two_products_is_still_asked(context: ExclusionContext, province: Province) -> None:
    products = [Product(code="CRBT", owned_tag="v_crbt"), Product(code="PAPER", owned_tag="v_mnews")]
    has = [
        (a is True) and (b is True) for a, b in province.people[["v_crbt", "v_mnews"]].itertuples(index=False)
    ]
    assert any(has)
    assert _taken(replace(context, products=products), "already_ordered") == np.flatnonzero(has).tolist()


def test_without_a_tag_the_last_event_says_who_has_it(context: ExclusionContext, province: Province) -> None:
    seen = province.events[province.events["product"] == "MMS3"]
    holding = []
    for customer, rows in seen.groupby("customer_id"):
        acts = rows[rows["event"].isin(["order", "unsubscribe", "batch_unsubscribe"])]
        last = acts[acts["day"] == acts["day"].max()]
        if len(last) and (last["event"] == "order").all():
            holding.append(int(customer[1:]))
    assert holding
    products = [Product(code="MMS3", owned_tag="")]
    assert _taken(replace(context, products=products), "already_ordered") == sorted(holding)


def test_who_was_met_about_the_product_lately_is_taken_out(
    context: ExclusionContext, province: Province, session: Session
) -> None:
    met = province.contacts[province.contacts["product"] == "CRBT"]
    recent = met[met["day"] > TODAY - timedelta(days=20)]
    before = _taken(context, "marketed_recently", days=20)
    assert before == sids_of(recent).tolist()
    free = next(sid for sid in range(SIZE) if sid not in before)
    session.add(CampaignProduct(campaign_id=7, product_code="CRBT"))
    session.add(_contact(free, "call", days_ago=3))
    session.flush()
    assert _taken(context, "marketed_recently", days=20) == sorted([*before, free])
    assert (
        _taken(context, "marketed_recently", days=3)
        == sids_of(met[met["day"] > TODAY - timedelta(days=3)]).tolist()
    )
    assert _taken(replace(context, campaign_id=7), "marketed_recently", days=20) == before


def test_similar_campaigns_are_those_of_the_products_named(
    context: ExclusionContext, province: Province
) -> None:
    met = province.contacts[province.contacts["day"] > TODAY - timedelta(days=30)]
    paper = sids_of(met[met["product"] == "PAPER"]).tolist()
    assert _taken(replace(context, similar_products=["PAPER"]), "similar_campaign") == paper
    assert _taken(context, "similar_campaign") == sids_of(met[met["product"] == "CRBT"]).tolist()


def test_refusals_come_from_the_snapshot_and_from_our_rows(
    context: ExclusionContext, province: Province, session: Session
) -> None:
    loaded = np.flatnonzero(province.people["dnd_sms"].to_numpy(dtype=bool)).tolist()
    free = next(sid for sid in range(SIZE) if sid not in loaded)
    session.add(DoNotDisturb(sid=free, channel="sms", since=NOW, source="reply"))
    session.add(DoNotDisturb(sid=free + 1, channel="call", since=NOW, source="reply"))
    session.flush()
    assert _taken(context, "do_not_disturb") == sorted([*loaded, free])


def test_a_person_is_out_only_when_no_channel_is_left(context: ExclusionContext, province: Province) -> None:
    both = replace(context, channels=["sms", "call"])
    refuses = province.people[["dnd_sms", "dnd_call"]].to_numpy(dtype=bool)
    waterfall = exclude(ALL, [Rule(name="do_not_disturb")], both)
    assert waterfall.kept.tolist() == np.flatnonzero(~refuses.all(axis=1)).tolist()
    assert waterfall.by_channel["sms"].tolist() == np.flatnonzero(~refuses[:, 0]).tolist()
    assert waterfall.by_channel["call"].tolist() == np.flatnonzero(~refuses[:, 1]).tolist()


def test_no_promotional_sms_for_groups_that_dislike_it(context: ExclusionContext, province: Province) -> None:
    averse = np.flatnonzero(np.isin(province.groups, [2, 6])).tolist()
    assert averse
    assert _taken(context, "sms_averse_group") == averse
    assert _taken(replace(context, channels=["call"]), "sms_averse_group") == []
    with pytest.raises(GroupsNotGiven):
        _taken(replace(context, groups=None), "sms_averse_group")


def test_rules_about_different_channels_together_leave_nobody_to_meet(
    context: ExclusionContext, province: Province
) -> None:
    both = replace(context, channels=["sms", "call"])
    waterfall = exclude(ALL, [Rule(name="sms_averse_group"), Rule(name="do_not_disturb")], both)
    averse = np.isin(province.groups, [2, 6])
    refuses = province.people[["dnd_sms", "dnd_call"]].to_numpy(dtype=bool)
    out = (averse | refuses[:, 0]) & refuses[:, 1]
    assert waterfall.kept.tolist() == np.flatnonzero(~out).tolist()
    assert waterfall.steps[0].removed == 0
    assert waterfall.steps[1].removed == int(out.sum())
    assert waterfall.steps[1].alone == int(refuses.all(axis=1).sum())


def test_before_channels_are_chosen_only_general_rules_take_out(
    context: ExclusionContext, province: Province
) -> None:
    early = replace(context, channels=[])
    assert _taken(early, "do_not_disturb") == [] and _taken(early, "sms_averse_group") == []
    assert _taken(early, "black_list") == _taken(context, "black_list")


def test_who_was_met_often_enough_is_taken_out(context: ExclusionContext, province: Province) -> None:
    limits = Limits(by_scope={"sms": Limit(max_contacts=2, window_days=30)})
    seen = province.contacts.drop_duplicates()
    sms = seen[(seen["channel"] == "sms") & (seen["day"] > TODAY - timedelta(days=30))]
    often = sms.groupby("customer_id").size()
    expected = sorted(int(customer[1:]) for customer in often[often >= 2].index)
    assert expected
    assert _taken(replace(context, limits=limits), "over_frequency") == expected


def test_the_waterfall_adds_up(context: ExclusionContext, province: Province) -> None:
    order = [
        Rule(name=name)
        for name in ("black_list", "grey_list", "do_not_disturb", "already_ordered", "unsubscribed")
    ]
    waterfall: Waterfall = exclude(ALL, order, context)
    assert SIZE - sum(step.removed for step in waterfall.steps) == len(waterfall.kept)
    assert [step.left for step in waterfall.steps] == np.subtract(
        SIZE, np.cumsum([step.removed for step in waterfall.steps])
    ).tolist()
    assert all(step.removed <= step.alone for step in waterfall.steps)
    assert [step.alone for step in waterfall.steps] == [len(_taken(context, rule.name)) for rule in order]
    assert exclude(ALL, order[::-1], context).kept.tolist() == waterfall.kept.tolist()


def test_an_unknown_rule_is_refused(context: ExclusionContext) -> None:
    with pytest.raises(UnknownRule, match="left_handed"):
        exclude(ALL, [Rule(name="left_handed")], context)


def test_low_response_is_a_hint_and_takes_out_nobody(province: Province) -> None:
    assert low_response(ALL, province.groups) == int((province.groups == 14).sum()) > 0


def _contact(sid: int, channel: str, days_ago: int) -> LedgerEntry:
    day = TODAY - timedelta(days=days_ago)
    return LedgerEntry(campaign_id=7, channel=channel, sid=sid, day=day, state="settled", changed_at=NOW)


def test_the_snapshot_is_a_day_older_than_today() -> None:
    assert SNAPSHOT < TODAY
