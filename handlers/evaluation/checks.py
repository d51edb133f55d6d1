"""Whether the comparison is fair at all: arms in the planned proportion, and nobody of the control contacted.

The chi-square test sees a 5 % leak of the control in only 15 of 100 campaigns of 20,000 customers; so the ids
of the control are looked for in the contact lists as well, always.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from handlers.evaluation.intervals import ImpossibleCounts
from handlers.evaluation.strata import Stratum
from models.base import Problem

#: A proportion less likely than this is no accident.
ALARM = 0.001

Ids = NDArray[np.int64]


class WrongProportion(Problem):
    """The arms are not in the planned proportion: somebody was lost or added on one side."""

    message = (
        "Treated and control customers are not in the planned proportion (%(where)s, p = %(p).6f); "
        "the result is locked."
    )


class ControlContacted(Problem):
    """Customers of the control group stand in a contact list."""

    message = "%(customers)d customers of the control group were contacted; the result is locked."


@dataclass(frozen=True, kw_only=True)
class Proportion:
    """The outcome of one test of a planned proportion."""

    statistic: float
    degrees: int
    p: float


@dataclass(frozen=True, kw_only=True)
class ProportionCheck:
    """The test of the whole audience and of each stratum."""

    overall: Proportion
    by_stratum: Mapping[str, Proportion]

    @property
    def problems(self) -> tuple[WrongProportion, ...]:
        """What locks the result; the strata share one alarm level, so many strata do not cry wolf."""
        found = []
        if self.overall.p < ALARM:
            found.append(WrongProportion(where="total", p=self.overall.p))
        level = ALARM / max(len(self.by_stratum), 1)
        found += [WrongProportion(where=k, p=v.p) for k, v in self.by_stratum.items() if v.p < level]
        return tuple(found)


def srm(counts: Sequence[int], shares: Sequence[float]) -> Proportion:
    """The chi-square test of counted customers against planned shares (of any scale), one entry an arm."""
    observed, planned = np.asarray(counts, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    if observed.shape != planned.shape or np.any(observed < 0) or np.any(planned < 0) or planned.sum() <= 0:
        raise ImpossibleCounts(successes=list(counts), customers=list(shares))
    expected = observed.sum() * planned / planned.sum()
    if np.any(observed[planned == 0] > 0):
        return Proportion(statistic=float("inf"), degrees=max(len(observed) - 1, 1), p=0.0)
    used = expected > 0
    statistic = float(((observed - expected)[used] ** 2 / expected[used]).sum())
    return _tested(statistic, int((planned > 0).sum()) - 1)


def check_proportions(strata: Sequence[Stratum]) -> ProportionCheck:
    """Test the planned hold-out in every stratum and over all; strata without a plan are not tested."""
    planned = [(stratum, stratum.hold_out / 10_000) for stratum in strata if stratum.hold_out is not None]
    by_stratum = {
        stratum.name: srm((stratum.treated, stratum.control), (1 - share, share))
        for stratum, share in planned
    }
    return ProportionCheck(overall=_overall(planned), by_stratum=by_stratum)


def leaked_control(control: Ids, contact_lists: Iterable[Ids]) -> Ids:
    """The control customers that stand in any contact list, sorted; must be empty."""
    found = [np.intersect1d(control, contacted) for contacted in contact_lists]
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


def find_locks(strata: Sequence[Stratum], leaked: int) -> tuple[Problem, ...]:
    """Everything that forbids to show the result: a leaked control first, then wrong proportions."""
    leak = (ControlContacted(customers=leaked),) if leaked else ()
    return leak + check_proportions(strata).problems


def _overall(planned: Sequence[tuple[Stratum, float]]) -> Proportion:
    """Control customers over all strata against the sum of plans, which may differ by stratum."""
    variance = sum(stratum.size * share * (1 - share) for stratum, share in planned)
    surplus = sum(stratum.control - stratum.size * share for stratum, share in planned)
    if variance == 0:
        return _tested(float("inf") if surplus else 0.0, 1 if surplus else 0)
    return _tested(surplus**2 / variance, 1)


def _tested(statistic: float, degrees: int) -> Proportion:
    p = float(chdtrc(degrees, statistic)) if degrees else 1.0
    return Proportion(statistic=statistic, degrees=degrees, p=p)
