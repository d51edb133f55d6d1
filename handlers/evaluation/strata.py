"""What the evaluation reads: one part of the frozen audience with its two arms counted."""

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.evaluation.intervals import ImpossibleCounts


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """One part of the audience (a county, a group, or all of it), counted as assigned, never as contacted."""

    name: str
    #: Customers assigned to be contacted, reached or not.
    treated: int
    treated_orders: int
    #: Customers kept back.
    control: int
    control_orders: int
    #: Treated customers really reached; None where the channel does not say.
    reached: int | None = None
    #: Planned share of the control, in basis points; None where the assignment came with the data.
    hold_out: int | None = None

    def __post_init__(self) -> None:
        pairs = [(self.treated_orders, self.treated), (self.control_orders, self.control)]
        if self.reached is not None:
            pairs.append((self.reached, self.treated))
        for part, whole in pairs:
            if not 0 <= part <= whole:
                raise ImpossibleCounts(successes=part, customers=whole)

    @property
    def size(self) -> int:
        """All customers of the stratum."""
        return self.treated + self.control


def shares_are_equal(strata: Sequence[Stratum]) -> bool:
    """The same share was planned everywhere; one stratum agrees with itself, an unknown plan with nothing."""
    if len(strata) <= 1:
        return True
    planned = {stratum.hold_out for stratum in strata}
    return len(planned) == 1 and None not in planned


def total(strata: Sequence[Stratum]) -> Stratum:
    """All strata as one, by plain addition; `reached` is known only where every stratum knows it."""
    reached = [stratum.reached for stratum in strata if stratum.reached is not None]
    return Stratum(
        name="total",
        treated=sum(stratum.treated for stratum in strata),
        treated_orders=sum(stratum.treated_orders for stratum in strata),
        control=sum(stratum.control for stratum in strata),
        control_orders=sum(stratum.control_orders for stratum in strata),
        reached=sum(reached) if len(reached) == len(strata) else None,
        hold_out=strata[0].hold_out if strata and shares_are_equal(strata) else None,
    )
