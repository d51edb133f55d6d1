"""What a control group can prove: frozen values, the power promised is the power found, and the verdicts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.evaluation import (
    CannotBeProved,
    ImpossiblePlan,
    control_size,
    judge_control,
    newcombe_bounds,
    power,
    propose_control,
    smallest_provable_lift,
)


@pytest.mark.parametrize(
    ("treated", "control", "lift"), [(13_500, 1_500, 0.0148515), (12_000, 3_000, 0.0107308)]
)
def test_the_smallest_lift_of_known_plans(treated: int, control: int, lift: float) -> None:
    assert smallest_provable_lift(0.03, treated, control) == pytest.approx(lift, abs=1e-6)


@pytest.mark.parametrize(
    ("audience", "points"),
    [(2_000, (7.60, 4.96, 3.43)), (8_000, (3.13, 2.13, 1.52)), (40_000, (1.23, 0.87, 0.63))],
)
def test_the_table_of_smallest_lifts(audience: int, points: tuple[float, float, float]) -> None:
    for share, expected in zip((5, 10, 20), points, strict=True):
        control = audience * share // 100
        found = smallest_provable_lift(0.03, audience - control, control)
        assert found is not None
        assert round(found * 100, 2) == expected


@pytest.mark.parametrize(
    ("audience", "spontaneous", "lift", "needed"),
    [
        (40_000, 0.008, 0.004, 6_000),
        (15_000, 0.03, 0.01, 3_569),
        (40_000, 0.03, 0.01, 2_986),
        (15_000, 0.045, 0.02, 1_161),
        (15_000, 0.09, 0.05, 346),
        (15_000, 0.05, 0.05, 241),
    ],
)
def test_the_control_needed_by_known_plans(
    audience: int, spontaneous: float, lift: float, needed: int
) -> None:
    assert control_size(audience, spontaneous, lift) == pytest.approx(needed, rel=0.002)


def test_a_small_lift_on_a_small_audience_takes_more_than_there_are() -> None:
    assert control_size(15_000, 0.008, 0.004) is None


@pytest.mark.parametrize(
    ("lift", "spontaneous", "treated", "control"),
    [(0.015, 0.03, 13_500, 1_500), (0.04, 0.01, 1_900, 100), (0.2, 0.4, 60, 40), (0.0, 0.03, 1_800, 200)],
)
def test_the_power_promised_is_the_power_found(
    lift: float, spontaneous: float, treated: int, control: int
) -> None:
    rng = np.random.default_rng(7)
    x1, x0 = rng.binomial(treated, spontaneous + lift, 40_000), rng.binomial(control, spontaneous, 40_000)
    found = (newcombe_bounds(x1, treated, x0, control)[0] > 0).mean()
    assert power(lift, spontaneous, treated, control) == pytest.approx(found, abs=0.011)


@given(st.floats(0, 0.4), st.floats(0, 0.5), st.floats(0, 0.1), st.integers(1, 3_000), st.integers(1, 3_000))
@settings(max_examples=60, deadline=None)
def test_a_larger_lift_is_never_harder_to_prove(
    spontaneous: float, lift: float, more: float, treated: int, control: int
) -> None:
    less, greater = (power(found, spontaneous, treated, control) for found in (lift, lift + more))
    assert 0 <= less <= greater + 1e-12 <= 1 + 1e-12


@given(st.integers(600, 20_000), st.floats(0, 0.3), st.floats(0.01, 0.15))
@settings(max_examples=30, deadline=None)
def test_the_control_needed_proves_it_and_a_fifth_less_does_not(
    audience: int, spontaneous: float, lift: float
) -> None:
    needed = control_size(audience, spontaneous, lift)
    if needed is None:
        shares = [audience * percent // 100 for percent in (20, 30, 40, 45, 50)]
        assert all(power(lift, spontaneous, audience - n, n) < 0.81 for n in shares)
        return
    assert needed <= audience // 2
    assert power(lift, spontaneous, audience - needed, needed) >= 0.8
    fewer = needed * 4 // 5
    assert needed < 60 or power(lift, spontaneous, audience - fewer, fewer) < 0.8


def test_at_least_two_hundred_are_proposed() -> None:
    plan = propose_control(3_737, 0.02, 0.10)
    assert plan.needed is not None
    assert plan.needed < 200
    assert (plan.proposed, plan.problem) == (200, None)


def test_the_need_is_proposed_where_it_is_more() -> None:
    plan = propose_control(40_000, 0.03, 0.01)
    assert plan.proposed == plan.needed
    assert plan.share == pytest.approx(2_986 / 40_000, abs=0.0002)
    assert plan.power >= 0.8
    assert plan.smallest_lift == pytest.approx(0.01, abs=1e-4)


def test_more_than_half_is_never_proposed() -> None:
    assert propose_control(300, 0.05, 0.3).proposed == 150


def test_a_plan_too_small_says_so() -> None:
    plan = propose_control(300, 0.03, 0.01)
    assert plan.needed is None
    assert isinstance(plan.problem, CannotBeProved)
    assert "Too small" in str(plan.problem)


def test_a_chosen_control_is_judged_by_what_it_can_prove() -> None:
    assert judge_control(15_000, 1_500, 0.03, 0.016).problem is None
    assert judge_control(15_000, 1_500, 0.03, 0.014).problem is not None


@pytest.mark.parametrize("audience", [0, 1, 500])
def test_without_a_control_group_nothing_is_proved(audience: int) -> None:
    plan = judge_control(audience, 0, 0.03, 0.5)
    assert (plan.power, plan.smallest_lift, plan.share) == (0.0, None, 0.0)
    assert plan.problem is not None


def test_three_customers_prove_nothing_not_even_the_largest_lift() -> None:
    assert smallest_provable_lift(0.5, 2, 1) is None


@pytest.mark.parametrize(("spontaneous", "lift"), [(-0.1, 0.2), (0.9, 0.2), (0.1, -0.1), (1.0, 0.0)])
def test_impossible_rates_are_refused(spontaneous: float, lift: float) -> None:
    with pytest.raises(ImpossiblePlan):
        power(lift, spontaneous, 100, 100)
