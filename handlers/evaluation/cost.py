"""What a success cost, and what a success cost that would not have come by itself (requirement I8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from handlers.evaluation.lift import Lift

FEN = Decimal(100)


@dataclass(frozen=True, kw_only=True)
class Contacted:
    """What one channel charged for: parts of messages, or customers called."""

    channel: str
    units: int
    #: Price of one unit in 分 (fen).
    unit_cost: int


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of a campaign in yuan, exact; round only to show."""

    contacts: Decimal
    gifts: Decimal
    #: Cost over all orders of the treated; None where there are none.
    per_success: Decimal | None
    #: Orders that would not have come by themselves: net lift times treated customers; None without a lift.
    net_successes: Decimal | None
    #: Cost over net successes; None where there are none.
    per_net_success: Decimal | None
    #: The most a net success may have cost (lower bound of the lift); None where no effect is proved.
    per_net_success_at_most: Decimal | None

    @property
    def total(self) -> Decimal:
        """Contacts and gifts together."""
        return self.contacts + self.gifts


def measure_cost(contacted: Sequence[Contacted], successes: int, gift: int, lift: Lift | None = None) -> Cost:
    """Units times unit cost, and a gift (fen) for every success, also one that would have come anyway."""
    contacts = sum((Decimal(line.units) * line.unit_cost for line in contacted), Decimal(0)) / FEN
    gifts = Decimal(successes) * gift / FEN
    spent = contacts + gifts
    net = _customers(lift.net.estimate, lift) if lift else None
    surely = _customers(lift.net.low, lift) if lift else None
    return Cost(
        contacts=contacts,
        gifts=gifts,
        per_success=_each(spent, Decimal(successes)),
        net_successes=net,
        per_net_success=_each(spent, net),
        per_net_success_at_most=_each(spent, surely),
    )


def _customers(points: float, lift: Lift) -> Decimal:
    """Percentage points of the treated as customers, rounded where the precision of floats ends."""
    return (Decimal(points) * lift.treated / 100).quantize(Decimal("1e-9"))


def _each(spent: Decimal, successes: Decimal | None) -> Decimal | None:
    return spent / successes if successes is not None and successes > 0 else None
