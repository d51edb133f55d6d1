"""The lift: what is compared with what, when strata are weighted, and when there is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.evaluation import (
    ImpossibleCounts,
    Lift,
    NobodyTreated,
    NoControlGroup,
    NotEvaluable,
    Stratum,
    StratumWithoutArm,
    measure_lift,
    newcombe,
    stratified_newcombe,
)


def stratum(
    treated: tuple[int, int],
    control: tuple[int, int],
    hold_out: int | None = None,
    reached: int | None = None,
    name: str = "all",
) -> Stratum:
    return Stratum(
        name=name,
        treated_orders=treated[0],
        treated=treated[1],
        control_orders=control[0],
        control=control[1],
        hold_out=hold_out,
        reached=reached,
    )


def lift_of(*strata: Stratum) -> Lift:
    found = measure_lift(strata)
    assert isinstance(found, Lift)
    return found


def test_net_is_gross_less_spontaneous_in_points() -> None:
    lift = lift_of(stratum((450, 3_600), (8, 400)))
    assert (lift.gross, lift.spontaneous, lift.net.estimate) == pytest.approx((12.5, 2.0, 10.5))
    expected = newcombe(450, 3_600, 8, 400)
    assert (lift.net.low, lift.net.high) == pytest.approx((expected.low * 100, expected.high * 100))
    assert (lift.treated, lift.treated_orders, lift.control, lift.control_orders) == (3_600, 450, 400, 8)
    assert lift.is_proved
    assert not lift.is_harmful
    assert not lift.is_stratified


def test_a_campaign_that_drives_customers_away_is_told() -> None:
    lift = lift_of(stratum((100, 2_000), (180, 2_000)))
    assert lift.is_harmful
    assert not lift.is_proved


def test_relative_lift_needs_ten_control_orders() -> None:
    assert lift_of(stratum((450, 3_600), (9, 400))).relative is None
    assert lift_of(stratum((450, 3_600), (10, 400))).relative == pytest.approx(400)


def test_equal_planned_shares_are_added_up() -> None:
    lift = lift_of(
        stratum((30, 900), (2, 100), hold_out=1_000), stratum((60, 450), (0, 50), hold_out=1_000, name="b")
    )
    assert not lift.is_stratified
    assert lift.net.estimate == pytest.approx((90 / 1_350 - 2 / 150) * 100)


def test_different_planned_shares_are_weighted_by_the_audience() -> None:
    lift = lift_of(
        stratum((57, 950), (1, 50), hold_out=500), stratum((210, 700), (60, 300), hold_out=3_000, name="b")
    )
    assert lift.is_stratified
    assert (lift.gross, lift.spontaneous) == pytest.approx(((6 + 30) / 2, (2 + 20) / 2))
    expected = stratified_newcombe([57, 210], [950, 700], [1, 60], [50, 300])
    assert lift.net.high == pytest.approx(expected.high * 100)
    assert lift.net.estimate == pytest.approx(lift.gross - lift.spontaneous)


def test_strata_without_a_plan_are_weighted_too() -> None:
    assert lift_of(stratum((9, 90), (1, 10)), stratum((9, 90), (1, 10), name="b")).is_stratified


def test_different_shares_mislead_the_plain_sums_but_not_the_weighted() -> None:
    rng = np.random.default_rng(3)
    sizes, shares, rates = (4_000, 3_000, 3_000), (500, 1_000, 3_000), (0.02, 0.05, 0.15)
    errors, misled = [], []
    for _ in range(60):
        rows = []
        for size, share, rate in zip(sizes, shares, rates, strict=True):
            control = size * share // 10_000
            treated = size - control
            orders = int(rng.binomial(treated, rate + 0.02)), int(rng.binomial(control, rate))
            rows.append(stratum((orders[0], treated), (orders[1], control), hold_out=share, name=str(share)))
        weighted, pooled = (
            lift_of(*rows),
            newcombe(*(int(v) for v in np.array([_counts(r) for r in rows]).sum(axis=0))),
        )
        errors.append(weighted.net.estimate - 2)
        misled.append(pooled.estimate * 100 - 2)
    assert abs(np.mean(errors)) < 0.3
    assert abs(np.mean(misled)) > 2


def _counts(one: Stratum) -> tuple[int, int, int, int]:
    return one.treated_orders, one.treated, one.control_orders, one.control


def test_the_effect_on_those_reached_is_the_lift_over_the_share_reached() -> None:
    lift = lift_of(stratum((123, 1_000), (0, 1_000), reached=250))
    assert lift.net_of_reached is not None
    assert lift.net_of_reached.estimate == pytest.approx(lift.net.estimate * 4)
    assert lift.net_of_reached.low == pytest.approx(lift.net.low * 4)


@pytest.mark.parametrize("reached", [None, 0])
def test_without_anybody_reached_there_is_no_effect_on_them(reached: int | None) -> None:
    assert lift_of(stratum((12, 100), (1, 10), reached=reached)).net_of_reached is None


def test_reach_unknown_in_one_stratum_is_unknown() -> None:
    lift = lift_of(stratum((5, 50), (0, 9), reached=40), stratum((5, 50), (0, 9), name="b"))
    assert lift.net_of_reached is None


@pytest.mark.parametrize(
    ("strata", "reason"),
    [
        ([], NobodyTreated),
        ([stratum((0, 0), (1, 9))], NobodyTreated),
        ([stratum((1, 9), (0, 0))], NoControlGroup),
        ([stratum((1, 9), (1, 5)), stratum((1, 9), (0, 0), name="b")], StratumWithoutArm),
        (
            [stratum((1, 9), (1, 5), hold_out=100), stratum((0, 0), (0, 7), hold_out=200, name="b")],
            StratumWithoutArm,
        ),
    ],
)
def test_a_campaign_that_cannot_be_evaluated_says_why(
    strata: list[Stratum], reason: type[NotEvaluable]
) -> None:
    found = measure_lift(strata)
    assert type(found) is reason
    assert "cannot be evaluated" in str(found)


def test_a_stratum_without_control_does_no_harm_where_shares_are_equal() -> None:
    lift = lift_of(stratum((9, 90), (1, 10), hold_out=100), stratum((1, 5), (0, 0), hold_out=100, name="b"))
    assert lift.treated == 95


def test_an_empty_stratum_is_left_out() -> None:
    lift = lift_of(stratum((9, 90), (1, 10), hold_out=100), stratum((0, 0), (0, 0), hold_out=900, name="b"))
    assert not lift.is_stratified


def test_more_orders_than_customers_are_refused() -> None:
    with pytest.raises(ImpossibleCounts):
        stratum((10, 9), (0, 1))


@given(st.lists(st.tuples(*[st.integers(0, 400)] * 4), max_size=8))
def test_every_campaign_has_a_lift_or_a_reason(rows: list[tuple[int, int, int, int]]) -> None:
    strata = [
        stratum((min(x1, n1), n1), (min(x0, n0), n0), name=str(i)) for i, (x1, n1, x0, n0) in enumerate(rows)
    ]
    found = measure_lift(strata)
    if isinstance(found, Lift):
        assert found.net.low - 1e-9 <= found.gross - found.spontaneous <= found.net.high + 1e-9
        assert found.treated + found.control == sum(one.size for one in strata)
    else:
        assert str(found)
