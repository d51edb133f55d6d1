"""How many customers must be kept back so that the effect hoped for can be proved, told before approval.

Power here is the chance that the rule in use (`newcombe`, lower bound above zero) says "more"; it is not a
textbook approximation: with small control groups those promise 80 % and keep 66 to 77 %. Rates and lifts are
fractions of 1.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binom

from handlers.evaluation.intervals import CONFIDENCE, newcombe_bounds
from models.base import Problem

#: The chance of proving a true effect that a plan should reach.
WANTED_POWER = 0.8
#: Fewer control customers than this are never proposed: a handful cannot be checked for fairness.
LEAST_CONTROL = 200
#: Outcomes of the control group less likely than this, on either side, are left out of the sum.
NEGLIGIBLE = 1e-10
#: Rates are taken to this many digits; finer ones overflow the binomial tail and mean nothing.
RATE_DIGITS = 12


class ImpossiblePlan(Problem):
    """A plan with a rate outside 0..100 %, no lift, or an empty arm."""

    message = "A plan needs customers on both sides, a lift, and rates from 0 to 100 %%."


class CannotBeProved(Problem):
    """The verdict on a plan whose effect would most likely stay inside chance."""

    message = (
        "Too small to prove an effect; it can be evaluated together with other counties of this scenario."
    )


@dataclass(frozen=True, kw_only=True)
class ControlPlan:
    """What to keep back, and what that can prove."""

    #: Customers after exclusions, control included.
    audience: int
    #: Control customers the wanted power takes; None where no number is enough.
    needed: int | None
    #: Control customers proposed.
    proposed: int
    #: Chance of proving the lift hoped for with the number proposed.
    power: float
    #: Smallest lift provable with the number proposed, as a fraction; None where not even a lift to 100 % is.
    smallest_lift: float | None
    #: The verdict, where the lift hoped for cannot be proved.
    problem: CannotBeProved | None

    @property
    def share(self) -> float:
        """The proposed control as a fraction of the audience."""
        return self.proposed / self.audience if self.audience else 0.0


def power(
    lift: float, spontaneous: float, treated: int, control: int, confidence: float = CONFIDENCE
) -> float:
    """The chance that a true lift over the spontaneous rate is proved; both arms binomial, summed exactly."""
    _check(lift, spontaneous, treated, control)
    spontaneous = round(spontaneous, RATE_DIGITS)
    rate = min(round(spontaneous + lift, RATE_DIGITS), 1.0)
    x0 = np.arange(
        binom.ppf(NEGLIGIBLE, control, spontaneous), binom.isf(NEGLIGIBLE, control, spontaneous) + 1
    )
    weights = binom.pmf(x0, control, spontaneous)
    enough = _orders_that_prove(x0, treated, control, confidence)
    proved = binom.sf(enough - 1, treated, rate)
    return float(np.clip((weights * proved).sum() / weights.sum(), 0.0, 1.0))


def smallest_provable_lift(
    spontaneous: float, treated: int, control: int, wanted: float = WANTED_POWER
) -> float | None:
    """The smallest lift proved with the wanted power, a fraction; None where not even a lift to 100 % is."""
    _check(0.0, spontaneous, treated, control)
    most = 1.0 - spontaneous
    if power(most, spontaneous, treated, control) < wanted:
        return None

    def missing(lift: float) -> float:
        return power(lift, spontaneous, treated, control) - wanted

    return float(brentq(missing, 0.0, most, xtol=1e-8))


def control_size(audience: int, spontaneous: float, lift: float, wanted: float = WANTED_POWER) -> int | None:
    """The control customers, at most half, it takes to prove the lift; None where no number is enough.

    Power grows with the control but for small teeth (orders are whole), so below some dozens of control
    customers a few less may do as well.
    """
    if audience < 2:
        return None
    _check(lift, spontaneous, audience - 1, 1)

    def proves(control: int) -> bool:
        return power(lift, spontaneous, audience - control, control) >= wanted

    enough = (n for n in _largest_controls(audience, spontaneous, lift) if proves(n))
    low, high = 1, next(enough, 0)
    if not high:
        return None
    while low < high:
        middle = (low + high) // 2
        if proves(middle):
            high = middle
        else:
            low = middle + 1
    return high


def propose_control(
    audience: int, spontaneous: float, lift: float, wanted: float = WANTED_POWER
) -> ControlPlan:
    """What is needed, at least 200, at most half of the audience, with the verdict on what it can prove."""
    needed = control_size(audience, spontaneous, lift, wanted)
    proposed = min(max(needed or 0, LEAST_CONTROL), audience // 2)
    return _plan(audience, proposed, needed, spontaneous, lift, wanted)


def judge_control(
    audience: int, control: int, spontaneous: float, lift: float, wanted: float = WANTED_POWER
) -> ControlPlan:
    """The same verdict for a control group somebody has chosen."""
    needed = control_size(audience, spontaneous, lift, wanted)
    return _plan(audience, control, needed, spontaneous, lift, wanted)


def _plan(
    audience: int, control: int, needed: int | None, spontaneous: float, lift: float, wanted: float
) -> ControlPlan:
    treated = audience - control
    comparable = min(treated, control) > 0
    chance = power(lift, spontaneous, treated, control) if comparable else 0.0
    smallest = smallest_provable_lift(spontaneous, treated, control, wanted) if comparable else None
    return ControlPlan(
        audience=audience,
        needed=needed,
        proposed=control,
        power=chance,
        smallest_lift=smallest,
        problem=None if chance >= wanted else CannotBeProved(lift=lift, smallest_lift=smallest),
    )


def _orders_that_prove(
    x0: NDArray[np.float64], treated: int, control: int, confidence: float
) -> NDArray[np.int64]:
    """The fewest treated orders that prove a lift, per control orders; one too many where none do."""
    low = np.zeros(len(x0), dtype=np.int64)
    high = np.full(len(x0), treated + 1, dtype=np.int64)
    while np.any(low < high):
        middle = np.minimum((low + high) // 2, treated)
        proves = newcombe_bounds(middle, treated, x0, control, confidence)[0] > 0
        open_ = low < high
        high = np.where(open_ & proves, middle, high)
        low = np.where(open_ & ~proves, middle + 1, low)
    return high


def _largest_controls(audience: int, spontaneous: float, lift: float) -> tuple[int, int]:
    """Where power is most: half of the audience, or arms in proportion to their standard deviations."""
    rate = min(spontaneous + lift, 1.0)
    quiet, loud = sqrt(spontaneous * (1 - spontaneous)), sqrt(rate * (1 - rate))
    share = quiet / (quiet + loud) if 0 < quiet < loud else 0.5
    return audience // 2, max(1, round(audience * share))


def _check(lift: float, spontaneous: float, treated: int, control: int) -> None:
    possible = 0 <= spontaneous < 1 and lift >= 0 and spontaneous + lift <= 1 + 1e-12
    if not possible or min(treated, control) < 1:
        raise ImpossiblePlan(lift=lift, spontaneous=spontaneous, treated=treated, control=control)
