"""The intervals against published and frozen values, against statsmodels, and as rules that always hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from statsmodels.stats.proportion import (  # type: ignore[import-untyped]
    confint_proportions_2indep,
    proportion_confint,
)

from handlers.evaluation import (
    ImpossibleCounts,
    Interval,
    NobodyToCount,
    newcombe,
    newcombe_bounds,
    stratified_newcombe,
    wilson,
    wilson_bounds,
)
from handlers.evaluation.intervals import UnevenColumns

Floats = NDArray[np.float64]


@st.composite
def arms(draw: st.DrawFn, largest: int = 100_000) -> tuple[int, int, int, int]:
    n1, n0 = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n0)), n0


def near(interval: Interval, estimate: float, low: float, high: float, digits: int) -> bool:
    found = (interval.estimate, interval.low, interval.high)
    return all(round(a, digits) == b for a, b in zip(found, (estimate, low, high), strict=True))


@pytest.mark.parametrize(
    ("successes", "customers", "low", "high"),
    [(6055, 15000, 39.58, 41.15), (22560, 40000, 55.91, 56.89), (2772, 8000, 33.61, 35.70)],
)
def test_known_rates_have_their_known_wilson_bounds(
    successes: int, customers: int, low: float, high: float
) -> None:
    interval = wilson(successes, customers).times(100)
    assert (round(interval.low, 2), round(interval.high, 2)) == (low, high)


def test_the_example_of_newcombes_paper_comes_out() -> None:
    assert near(newcombe(56, 70, 48, 80), 0.2, 0.0524, 0.3339, 4)


def test_the_two_groups_of_the_newspaper_campaign_differ_by_the_known_points() -> None:
    assert near(newcombe(6055, 15000, 5640, 15000).times(100), 2.7667, 1.6630, 3.8694, 4)


def test_a_control_without_orders_still_has_an_interval() -> None:
    assert near(newcombe(12, 400, 0, 40).times(100), 3.0, -5.85, 5.17, 2)


@given(arms(), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_agrees_with_statsmodels(counts: tuple[int, int, int, int], confidence: float) -> None:
    x, n, _, _ = counts
    ours = wilson(x, n, confidence)
    theirs = proportion_confint(x, n, alpha=1 - confidence, method="wilson")
    assert (ours.low, ours.high) == pytest.approx(theirs, abs=1e-12)


@given(arms())
def test_newcombe_agrees_with_statsmodels(counts: tuple[int, int, int, int]) -> None:
    ours = newcombe(*counts)
    theirs = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    assert (ours.low, ours.high) == pytest.approx(theirs, abs=1e-12)


@given(arms())
def test_swapping_the_arms_mirrors_the_interval(counts: tuple[int, int, int, int]) -> None:
    x1, n1, x0, n0 = counts
    there, back = newcombe(x1, n1, x0, n0), newcombe(x0, n0, x1, n1)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)


@given(arms())
def test_counting_failures_instead_mirrors_the_interval(counts: tuple[int, int, int, int]) -> None:
    x1, n1, x0, n0 = counts
    there, back = newcombe(x1, n1, x0, n0), newcombe(n1 - x1, n1, n0 - x0, n0)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)


@given(arms())
def test_an_interval_holds_its_estimate_and_stays_possible(counts: tuple[int, int, int, int]) -> None:
    found = newcombe(*counts)
    assert -1 <= found.low <= found.estimate <= found.high <= 1


@given(arms())
def test_more_confidence_is_never_narrower(counts: tuple[int, int, int, int]) -> None:
    narrow, wide = newcombe(*counts, confidence=0.9), newcombe(*counts, confidence=0.99)
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high


@given(arms(largest=2_000))
def test_one_treated_order_more_moves_the_interval_up(counts: tuple[int, int, int, int]) -> None:
    x1, n1, x0, n0 = counts
    if x1 == n1:
        x1 -= 1
    before, after = newcombe(x1, n1, x0, n0), newcombe(x1 + 1, n1, x0, n0)
    assert before.low < after.low
    assert before.high <= after.high


@given(arms())
def test_one_stratum_is_the_plain_interval(counts: tuple[int, int, int, int]) -> None:
    x1, n1, x0, n0 = counts
    alone, plain = stratified_newcombe([x1], [n1], [x0], [n0]), newcombe(*counts)
    assert (alone.estimate, alone.low, alone.high) == pytest.approx(
        (plain.estimate, plain.low, plain.high), abs=1e-9
    )


@given(st.lists(arms(largest=5_000), min_size=1, max_size=12))
def test_a_stratified_interval_holds_its_estimate_and_mirrors(rows: list[tuple[int, int, int, int]]) -> None:
    x1, n1, x0, n0 = np.array(rows, dtype=np.float64).T
    there, back = stratified_newcombe(x1, n1, x0, n0), stratified_newcombe(n0 - x0, n0, n1 - x1, n1)
    assert -1 <= there.low <= there.estimate + 1e-12
    assert there.estimate - 1e-12 <= there.high <= 1
    assert (there.low, there.high) == pytest.approx((back.low, back.high), abs=1e-9)


def test_columns_give_the_same_as_one_by_one() -> None:
    x1, n1, x0, n0 = np.array([[0, 5, 40], [10, 50, 400], [0, 1, 2], [10, 10, 20]])
    low, high = newcombe_bounds(x1, n1, x0, n0)
    singles = [newcombe(*row) for row in zip(x1, n1, x0, n0, strict=True)]
    assert low.tolist() == [one.low for one in singles]
    assert high.tolist() == [one.high for one in singles]


@pytest.mark.parametrize(("successes", "customers"), [(-1, 5), (6, 5), (float("nan"), 5), (0, -3)])
def test_impossible_counts_are_refused(successes: float, customers: float) -> None:
    with pytest.raises(ImpossibleCounts):
        wilson_bounds([1, successes], [4, customers])


def test_nobody_has_no_rate() -> None:
    with pytest.raises(NobodyToCount):
        newcombe(0, 0, 1, 2)


def test_uneven_strata_are_refused() -> None:
    with pytest.raises(UnevenColumns):
        stratified_newcombe([1, 2], [10, 10], [1], [10])


def _covered(bounds: tuple[Floats, Floats], truth: float) -> float:
    low, high = bounds
    return float(((low <= truth) & (truth <= high)).mean())


def _wald_bounds(x1: Floats, n1: int, x0: Floats, n0: int) -> tuple[Floats, Floats]:
    p1, p0 = x1 / n1, x0 / n0
    half = 1.959964 * np.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    return p1 - p0 - half, p1 - p0 + half


def test_few_control_orders_are_covered_where_wald_is_not() -> None:
    rng = np.random.default_rng(20260302)
    x1 = rng.binomial(3600, 0.02, 20_000).astype(np.float64)
    x0 = rng.binomial(400, 0.008, 20_000).astype(np.float64)
    assert _covered(newcombe_bounds(x1, 3600, x0, 400), 0.012) >= 0.94
    assert _covered(_wald_bounds(x1, 3600, x0, 400), 0.012) <= 0.92


@pytest.mark.parametrize(
    ("strata", "audience", "shares", "spontaneous"),
    [
        (3, 3_000, (0.05, 0.1, 0.3), 0.04),
        (14, 3_600, (0.05, 0.1, 0.3), 0.01),
        (14, 3_600, (0.1,), 0.02),
        (84, 20_000, (0.1,), 0.03),
    ],
)
def test_stratified_intervals_cover_on_both_sides(
    strata: int, audience: int, shares: tuple[float, ...], spontaneous: float
) -> None:
    rng = np.random.default_rng(strata)
    sizes = np.full(strata, audience // strata)
    n0 = np.maximum(1, np.round(sizes * np.resize(shares, strata))).astype(np.int64)
    n1 = sizes - n0
    p0 = spontaneous * np.linspace(0.5, 1.5, strata)
    p1 = p0 + 0.02
    draws = 1_000
    x1, x0 = rng.binomial(n1, p1, (draws, strata)), rng.binomial(n0, p0, (draws, strata))
    found = [stratified_newcombe(a, n1, b, n0) for a, b in zip(x1, x0, strict=True)]
    too_high = np.mean([interval.low > 0.02 for interval in found])
    too_low = np.mean([interval.high < 0.02 for interval in found])
    assert too_high + too_low <= 0.07
    assert max(too_high, too_low) <= 0.05
