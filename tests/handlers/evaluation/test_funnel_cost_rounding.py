"""Money, steps and printed shares: the known numbers of the decks, corrected where the decks were wrong."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.evaluation import (
    Contacted,
    Funnel,
    FunnelGrows,
    ImpossibleCounts,
    Lift,
    Stratum,
    largest_remainder,
    measure_cost,
    measure_lift,
    percent,
)

CHANNELS = {
    "代理商": (656_737, "25.89"),
    "营业厅": (558_156, "22.00"),
    "机关员工": (522_157, "20.58"),
    "县分公司": (282_547, "11.14"),
    "电话营销": (234_446, "9.24"),
    "其他": (90_493, "3.57"),
    "市分公司": (89_223, "3.52"),
    "客户经理": (74_591, "2.94"),
    "合作营业厅": (19_064, "0.75"),
    "营销部": (9_257, "0.37"),
}


def test_the_channel_table_adds_up_to_a_hundred() -> None:
    counts = [count for count, _ in CHANNELS.values()]
    shares = largest_remainder(counts)
    assert sum(counts) == 2_536_671
    assert [str(share) for share in shares] == [share for _, share in CHANNELS.values()]
    assert sum(shares) == Decimal(100)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), st.integers(0, 3))
def test_printed_shares_add_up_and_are_off_by_less_than_one_unit(counts: list[int], places: int) -> None:
    shares = largest_remainder(counts, places)
    whole, unit = sum(counts), Decimal(1).scaleb(-places)
    assert sum(shares) == (100 if whole else 0)
    assert all(
        abs(s - Decimal(c) * 100 / Decimal(whole or 1)) < unit for s, c in zip(shares, counts, strict=True)
    )


def test_ties_go_to_the_first_named() -> None:
    assert largest_remainder([1, 1, 1]) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]


def test_negative_counts_are_not_shared_out() -> None:
    with pytest.raises(ImpossibleCounts):
        largest_remainder([5, -1])


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (6_055, 15_000, "40.37"),
        (5_640, 15_000, "37.60"),
        (11_695, 30_000, "38.98"),
        (22_560, 40_000, "56.40"),
        (2_772, 8_000, "34.65"),
        (4_655, 15_445, "30.14"),
        (6_500, 9_300, "69.89"),
    ],
)
def test_the_funnels_of_the_decks(part: int, whole: int, expected: str) -> None:
    assert percent(part, whole) == Decimal(expected)


def test_half_is_rounded_up_as_readers_do() -> None:
    assert percent(1, 1_600) == Decimal("0.06")
    assert percent(1, 800, places=2) == Decimal("0.13")


def test_every_step_shows_its_share_of_the_step_before_and_of_the_target() -> None:
    funnel = Funnel(target=16_000, contactable=15_000, reached=12_000, succeeded=6_055, still_using=5_000)
    assert [(s.name, s.customers, str(s.of_before), str(s.of_target)) for s in funnel.steps] == [
        ("target", 16_000, "100.00", "100.00"),
        ("contactable", 15_000, "93.75", "93.75"),
        ("reached", 12_000, "80.00", "75.00"),
        ("succeeded", 6_055, "50.46", "37.84"),
        ("still_using", 5_000, "82.58", "31.25"),
    ]
    assert funnel.success_rate == Decimal("37.84")


def test_use_not_known_yet_is_left_out() -> None:
    funnel = Funnel(target=100, contactable=90, reached=0, succeeded=0)
    assert [step.name for step in funnel.steps] == ["target", "contactable", "reached", "succeeded"]
    assert funnel.steps[-1].of_before is None


@pytest.mark.parametrize(("reached", "succeeded"), [(90, 91), (101, 5), (50, -1)])
def test_a_step_larger_than_the_one_before_is_refused(reached: int, succeeded: int) -> None:
    with pytest.raises(FunnelGrows):
        Funnel(target=100, contactable=100, reached=reached, succeeded=succeeded)


def _lift(orders: int, control_orders: int) -> Lift:
    found = measure_lift(
        [
            Stratum(
                name="all",
                treated=1_000,
                treated_orders=orders,
                control=1_000,
                control_orders=control_orders,
            )
        ]
    )
    assert isinstance(found, Lift)
    return found


def test_contacts_and_gifts_are_added_in_yuan() -> None:
    contacted = [
        Contacted(channel="sms", units=3_363, unit_cost=5),
        Contacted(channel="call", units=400, unit_cost=150),
    ]
    cost = measure_cost(contacted, successes=240, gift=200)
    assert (cost.contacts, cost.gifts, cost.total) == (
        Decimal("768.15"),
        Decimal("480.00"),
        Decimal("1248.15"),
    )
    assert cost.per_success == Decimal("1248.15") / 240
    assert (cost.net_successes, cost.per_net_success) == (None, None)


def test_a_net_success_costs_more_than_a_success() -> None:
    contacted = [Contacted(channel="call", units=1_000, unit_cost=150)]
    cost = measure_cost(contacted, successes=120, gift=0, lift=_lift(120, 20))
    assert cost.per_success == Decimal("12.5")
    assert cost.net_successes == Decimal(100)
    assert cost.per_net_success == Decimal(15)
    assert cost.per_net_success_at_most is not None
    assert cost.per_net_success_at_most > Decimal(15)


def test_an_effect_not_proved_has_no_upper_price() -> None:
    cost = measure_cost([Contacted(channel="sms", units=10, unit_cost=5)], 21, 0, _lift(21, 20))
    assert cost.per_net_success == Decimal("0.5")
    assert cost.per_net_success_at_most is None


def test_without_success_there_is_no_price_of_one() -> None:
    cost = measure_cost([Contacted(channel="sms", units=10, unit_cost=5)], 0, 200, _lift(0, 3))
    assert cost.total == Decimal("0.5")
    assert (cost.per_success, cost.per_net_success) == (None, None)
    assert cost.net_successes == Decimal(-3)
