"""The statistics of the evaluation: pure functions on counts, no tables."""

from handlers.evaluation.checks import (
    ControlContacted,
    Proportion,
    ProportionCheck,
    WrongProportion,
    check_proportions,
    find_locks,
    leaked_control,
    srm,
)
from handlers.evaluation.cost import Contacted, Cost, measure_cost
from handlers.evaluation.funnel import Funnel, FunnelGrows, Step
from handlers.evaluation.intervals import (
    ImpossibleCounts,
    Interval,
    NobodyToCount,
    newcombe,
    newcombe_bounds,
    stratified_newcombe,
    wilson,
    wilson_bounds,
)
from handlers.evaluation.lift import (
    Lift,
    NobodyTreated,
    NoControlGroup,
    NotEvaluable,
    StratumWithoutArm,
    measure_lift,
)
from handlers.evaluation.planning import (
    CannotBeProved,
    ControlPlan,
    ImpossiblePlan,
    control_size,
    judge_control,
    power,
    propose_control,
    smallest_provable_lift,
)
from handlers.evaluation.rounding import largest_remainder, percent
from handlers.evaluation.strata import Stratum, shares_are_equal, total

__all__ = [
    "CannotBeProved",
    "Contacted",
    "ControlContacted",
    "ControlPlan",
    "Cost",
    "Funnel",
    "FunnelGrows",
    "ImpossibleCounts",
    "ImpossiblePlan",
    "Interval",
    "Lift",
    "NoControlGroup",
    "NobodyToCount",
    "NobodyTreated",
    "NotEvaluable",
    "Proportion",
    "ProportionCheck",
    "Step",
    "Stratum",
    "StratumWithoutArm",
    "WrongProportion",
    "check_proportions",
    "control_size",
    "find_locks",
    "judge_control",
    "largest_remainder",
    "leaked_control",
    "measure_cost",
    "measure_lift",
    "newcombe",
    "newcombe_bounds",
    "percent",
    "power",
    "propose_control",
    "shares_are_equal",
    "smallest_provable_lift",
    "srm",
    "stratified_newcombe",
    "total",
    "wilson",
    "wilson_bounds",
]
