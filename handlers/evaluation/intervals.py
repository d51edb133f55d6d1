"""How sure we may be of a rate and of the difference of two rates, also where few customers ordered.

All are score intervals: Wilson for one rate (Wilson 1927), Newcombe's hybrid for a difference (Newcombe 1998,
method 10). The textbook interval of Wald is not offered: with fewer than ten orders on one side it misses the
truth twice as often as it says. Rates are fractions of 1 here; percentage points are made in `lift`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from models.base import Problem

Floats = NDArray[np.float64]

CONFIDENCE = 0.95


class ImpossibleCounts(Problem):
    """More successes than customers, fewer than none, or a number that is none."""

    message = "%(successes)s successes among %(customers)s customers cannot be."


class NobodyToCount(Problem):
    """A rate of nobody does not exist."""

    message = "There is no rate where there is no customer."


class UnevenColumns(Problem):
    """The columns of a table of strata must have one entry a stratum."""

    message = "Strata are given as columns of equal length, at least one stratum long."


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate with the bounds between which the truth lies with the confidence asked for."""

    estimate: float
    low: float
    high: float

    @property
    def is_above_zero(self) -> bool:
        """The whole interval says "more"."""
        return self.low > 0

    @property
    def is_below_zero(self) -> bool:
        """The whole interval says "less"."""
        return self.high < 0

    def times(self, factor: float) -> "Interval":
        """The same interval in another unit; the factor is not negative."""
        if factor < 0:
            raise ValueError(f"negative factor: {factor}")
        return Interval(estimate=self.estimate * factor, low=self.low * factor, high=self.high * factor)


def wilson_bounds(
    successes: ArrayLike, customers: ArrayLike, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """Lower and upper Wilson bound for every entry, in any one shape; counts need not be whole."""
    x, n = _counts(successes, customers)
    z = _z(confidence)
    rate, shrink = x / n, 1 + z * z / n
    centre = (rate + z * z / (2 * n)) / shrink
    half = z * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / shrink
    low = np.where(x == 0, 0.0, np.clip(centre - half, 0.0, rate))
    high = np.where(x == n, 1.0, np.clip(centre + half, rate, 1.0))
    return low, high


def wilson(successes: float, customers: float, confidence: float = CONFIDENCE) -> Interval:
    """The rate of successes with its Wilson interval."""
    low, high = wilson_bounds(successes, customers, confidence)
    return Interval(estimate=successes / customers, low=float(low), high=float(high))


def newcombe_bounds(
    x1: ArrayLike, n1: ArrayLike, x0: ArrayLike, n0: ArrayLike, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """Lower and upper Newcombe bound of x1/n1 - x0/n0 for every entry; 1 is treated, 0 is control."""
    low1, high1 = wilson_bounds(x1, n1, confidence)
    low0, high0 = wilson_bounds(x0, n0, confidence)
    rate1, rate0 = _rates(x1, n1), _rates(x0, n0)
    return _hybrid(rate1, low1, high1, rate0, low0, high0)


def newcombe(x1: float, n1: float, x0: float, n0: float, confidence: float = CONFIDENCE) -> Interval:
    """The difference of the rates of treated (1) and control (0) with Newcombe's hybrid score interval."""
    low, high = newcombe_bounds(x1, n1, x0, n0, confidence)
    return Interval(estimate=x1 / n1 - x0 / n0, low=float(low), high=float(high))


def stratified_newcombe(
    x1: Sequence[float] | Floats,
    n1: Sequence[float] | Floats,
    x0: Sequence[float] | Floats,
    n0: Sequence[float] | Floats,
    confidence: float = CONFIDENCE,
) -> Interval:
    """The difference of the two rates, strata weighted by their share of the audience; one entry a stratum.

    Newcombe's hybrid on the weighted rates, each with the number of customers it is worth (`_worth`); of one
    stratum it is `newcombe`. Every stratum needs customers on both sides. Adding up one Newcombe interval a
    stratum instead is lopsided: over 84 counties with about one control order each it covers .92, and the
    truth it misses nearly always lies above.
    """
    treated, control = _counts(x1, n1), _counts(x0, n0)
    if treated[0].ndim != 1 or treated[0].size == 0 or treated[0].shape != control[0].shape:
        raise UnevenColumns
    sizes = treated[1] + control[1]
    weights = sizes / sizes.sum()
    rate1, worth1 = _worth(*treated, weights)
    rate0, worth0 = _worth(*control, weights)
    low, high = newcombe_bounds(rate1 * worth1, worth1, rate0 * worth0, worth0, confidence)
    return Interval(estimate=rate1 - rate0, low=float(low), high=float(high))


def _worth(x: Floats, n: Floats, weights: Floats) -> tuple[float, float]:
    """The weighted rate, and the size of the simple sample whose rate would vary as much (Kish 1965).

    The variance of a stratum comes from its rate drawn to the common one by half an order, so that a stratum
    where nobody ordered by chance does not count as certain. Where nobody ordered at all, the weights decide.
    """
    rate = float((weights * x / n).sum())
    if rate > 0.5:
        rest, worth = _worth(n - x, n, weights)
        return 1.0 - rest, worth
    shrunk = (x + 0.5) / (n + 0.5 / rate) if rate else np.full_like(x, 0.5)
    typical = rate * (1 - rate) if rate else 0.25
    variance = float((weights**2 * shrunk * (1 - shrunk) / n).sum())
    return rate, typical / variance


def _hybrid(
    rate1: Floats, low1: Floats, high1: Floats, rate0: Floats, low0: Floats, high0: Floats
) -> tuple[Floats, Floats]:
    difference = rate1 - rate0
    return (
        difference - np.hypot(rate1 - low1, high0 - rate0),
        difference + np.hypot(high1 - rate1, rate0 - low0),
    )


def _counts(successes: ArrayLike, customers: ArrayLike) -> tuple[Floats, Floats]:
    x, n = np.asarray(successes, dtype=np.float64), np.asarray(customers, dtype=np.float64)
    if np.any(n == 0):
        raise NobodyToCount
    x, n = np.broadcast_arrays(x, n)
    wrong = ~((x >= 0) & (x <= n) & np.isfinite(n))
    if np.any(wrong):
        first = int(np.argmax(wrong.ravel()))
        raise ImpossibleCounts(successes=float(x.ravel()[first]), customers=float(n.ravel()[first]))
    return x, n


def _rates(successes: ArrayLike, customers: ArrayLike) -> Floats:
    return np.asarray(successes, dtype=np.float64) / np.asarray(customers, dtype=np.float64)


def _z(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is a fraction between 0 and 1: {confidence}")
    return float(ndtri(0.5 + confidence / 2))
