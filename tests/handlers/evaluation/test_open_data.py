"""The intervals on a real randomised campaign (Hillstrom, 64,000 customers, three arms)."""

import csv
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from handlers.evaluation import Lift, Stratum, measure_lift, newcombe_bounds, srm

pytestmark = pytest.mark.open_data

NO_MAIL = "No E-Mail"
CHANNELS = ("Multichannel", "Phone", "Web")
Counts = Counter[tuple[str, str, str]]


@pytest.fixture(scope="module")
def counts() -> Counts:
    """Customers, visits and conversions by arm and channel."""
    root = Path(__file__).resolve().parents[3]
    folder = Path(os.environ.get("OPEN_DATA") or root / "../shared/data")
    path = folder / "marketing/hillstrom/hillstrom.csv"
    if not path.exists():
        pytest.skip("the Hillstrom data are not in OPEN_DATA")
    found: Counts = Counter()
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            for measure, value in (("all", 1), ("visit", row["visit"]), ("conversion", row["conversion"])):
                found[row["segment"], row["channel"], measure] += int(value)
    return found


def _sum(counts: Counts, arm: str, measure: str) -> int:
    return sum(counts[arm, channel, measure] for channel in CHANNELS)


def _strata(counts: Counts, arm: str, measure: str) -> list[Stratum]:
    return [
        Stratum(
            name=channel,
            treated=counts[arm, channel, "all"],
            treated_orders=counts[arm, channel, measure],
            control=counts[NO_MAIL, channel, "all"],
            control_orders=counts[NO_MAIL, channel, measure],
        )
        for channel in CHANNELS
    ]


def _pooled(counts: Counts, arm: str, measure: str) -> Stratum:
    return Stratum(
        name=arm,
        treated=_sum(counts, arm, "all"),
        treated_orders=_sum(counts, arm, measure),
        control=_sum(counts, NO_MAIL, "all"),
        control_orders=_sum(counts, NO_MAIL, measure),
    )


def test_the_three_arms_are_in_proportion(counts: Counts) -> None:
    arms = [_sum(counts, arm, "all") for arm in ("Womens E-Mail", "Mens E-Mail", NO_MAIL)]
    assert round(srm(arms, [1, 1, 1]).p, 3) == 0.904


@pytest.mark.parametrize(
    ("arm", "measure", "points", "low", "high", "places"),
    [
        ("Mens E-Mail", "visit", 7.66, 7.00, 8.32, 2),
        ("Womens E-Mail", "visit", 4.52, 3.89, 5.16, 2),
        ("Mens E-Mail", "conversion", 0.681, 0.501, 0.864, 3),
        ("Womens E-Mail", "conversion", 0.311, 0.150, 0.475, 3),
    ],
)
def test_the_known_lifts_come_out(
    counts: Counts, arm: str, measure: str, points: float, low: float, high: float, places: int
) -> None:
    lift = measure_lift([_pooled(counts, arm, measure)])
    assert isinstance(lift, Lift)
    net = lift.net
    assert [round(v, places) for v in (net.estimate, net.low, net.high)] == [points, low, high]


def test_weighting_by_channel_changes_little_where_shares_are_alike(counts: Counts) -> None:
    lift = measure_lift(_strata(counts, "Mens E-Mail", "visit"))
    assert isinstance(lift, Lift)
    assert lift.is_stratified
    net = lift.net
    assert (net.estimate, net.low, net.high) == pytest.approx((7.65, 6.99, 8.31), abs=0.01)


@pytest.mark.parametrize("measure", ["visit", "conversion"])
def test_splitting_those_without_mail_finds_no_effect(counts: Counts, measure: str) -> None:
    everybody, orders, control = _sum(counts, NO_MAIL, "all"), _sum(counts, NO_MAIL, measure), 2_130
    rng = np.random.default_rng(5)
    x0 = rng.hypergeometric(orders, everybody - orders, control, 20_000)
    low, high = newcombe_bounds(orders - x0, everybody - control, x0, control)
    assert ((low > 0) | (high < 0)).mean() <= 0.06
