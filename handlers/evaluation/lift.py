"""What the campaign really added: the difference to the customers kept back, with how sure we may be of it.

The comparison is by intention to treat on the frozen audience: everybody counts in the arm assigned, reached
or not (requirements I3, I7). Rates and lifts are in percent and percentage points.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handlers.evaluation.intervals import CONFIDENCE, Floats, Interval, newcombe, stratified_newcombe
from handlers.evaluation.strata import Stratum, shares_are_equal, total
from models.base import Problem

#: With fewer control orders a ratio to them says nothing.
LEAST_CONTROL_ORDERS = 10


class NotEvaluable(Problem):
    """Why there is no lift: an expected outcome, so `measure_lift` returns it; told like any problem."""

    message = "The effect cannot be evaluated."


class NobodyTreated(NotEvaluable):
    """No customer was assigned to be contacted."""

    message = "The effect cannot be evaluated: nobody was assigned to be contacted."


class NoControlGroup(NotEvaluable):
    """Nobody was kept back, so nobody knows what would have happened anyway."""

    message = "The effect cannot be evaluated: there is no control group."


class StratumWithoutArm(NotEvaluable):
    """Shares differ by stratum, and one stratum has nobody on one side."""

    message = (
        "The effect cannot be evaluated: the share kept back differs, and %(stratum)s has nobody on one side."
    )


@dataclass(frozen=True, kw_only=True)
class Lift:
    """The effect of a campaign; rates in percent, differences in percentage points."""

    #: Rate of the treated arm.
    gross: float
    #: Rate of the control arm: what comes without us.
    spontaneous: float
    #: Gross less spontaneous, with its interval.
    net: Interval
    #: Net lift of those really reached (complier average causal effect); None where reach is unknown or nil.
    net_of_reached: Interval | None
    #: Percent more than spontaneous; None with fewer than ten control orders.
    relative: float | None
    #: Rates were weighted by the strata's share of the audience.
    is_stratified: bool
    treated: int
    treated_orders: int
    control: int
    control_orders: int

    @property
    def is_proved(self) -> bool:
        """The campaign added something, chance set aside."""
        return self.net.is_above_zero

    @property
    def is_harmful(self) -> bool:
        """The campaign took something away, chance set aside."""
        return self.net.is_below_zero


def measure_lift(strata: Sequence[Stratum], confidence: float = CONFIDENCE) -> Lift | NotEvaluable:
    """The net lift, stratified wherever planned shares differ or are unknown, else of the plain sums.

    Reach adjustment divides lift and interval by the share reached (Bloom 1984): right where contact was the
    only way to an effect. Strata without a plan are weighted too, which is right whatever the shares were.
    """
    filled = [stratum for stratum in strata if stratum.size]
    whole = total(filled)
    if not whole.treated:
        return NobodyTreated()
    if not whole.control:
        return NoControlGroup()
    if shares_are_equal(filled):
        net = newcombe(whole.treated_orders, whole.treated, whole.control_orders, whole.control, confidence)
        return _lift([whole], net)
    for stratum in filled:
        if not (stratum.treated and stratum.control):
            return StratumWithoutArm(stratum=stratum.name)
    rows = [(s.treated_orders, s.treated, s.control_orders, s.control) for s in filled]
    x1, n1, x0, n0 = np.array(rows, dtype=np.float64).T
    return _lift(filled, stratified_newcombe(x1, n1, x0, n0, confidence))


def _lift(strata: Sequence[Stratum], net: Interval) -> Lift:
    whole = total(strata)
    weights = np.array([stratum.size for stratum in strata]) / whole.size
    gross = _weighted(weights, [stratum.treated_orders / stratum.treated for stratum in strata])
    spontaneous = _weighted(weights, [stratum.control_orders / stratum.control for stratum in strata])
    enough = whole.control_orders >= LEAST_CONTROL_ORDERS
    return Lift(
        gross=gross * 100,
        spontaneous=spontaneous * 100,
        net=net.times(100),
        net_of_reached=_net_of_reached(strata, weights, net),
        relative=(gross / spontaneous - 1) * 100 if enough else None,
        is_stratified=len(strata) > 1,
        treated=whole.treated,
        treated_orders=whole.treated_orders,
        control=whole.control,
        control_orders=whole.control_orders,
    )


def _net_of_reached(strata: Sequence[Stratum], weights: Floats, net: Interval) -> Interval | None:
    shares = [stratum.reached / stratum.treated for stratum in strata if stratum.reached is not None]
    reach = _weighted(weights, shares) if len(shares) == len(strata) else 0.0
    return net.times(100 / reach) if reach > 0 else None


def _weighted(weights: Floats, rates: Sequence[float]) -> float:
    return float((weights * np.array(rates)).sum())
