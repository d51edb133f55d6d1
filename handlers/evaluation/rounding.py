"""Shares as they are printed: rounded the way readers check them, and adding up to 100."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from handlers.evaluation.intervals import ImpossibleCounts


def largest_remainder(counts: Sequence[int], places: int = 2) -> list[Decimal]:
    """Shares in percent that add up to exactly 100: round down, then give the rest to the largest remainders.

    Ties go to the entry named first. Where there is nothing to share every share is 0. Requirement N1.
    """
    if any(count < 0 for count in counts):
        raise ImpossibleCounts(successes=min(counts), customers=sum(counts))
    whole, units = sum(counts), 100 * 10**places
    if not whole:
        return [Decimal(0).scaleb(-places)] * len(counts)
    quotients, remainders = zip(*(divmod(count * units, whole) for count in counts), strict=True)
    spare = units - sum(quotients)
    first = sorted(range(len(counts)), key=lambda i: (-remainders[i], i))[:spare]
    shares = list(quotients)
    for i in first:
        shares[i] += 1
    return [Decimal(share).scaleb(-places) for share in shares]


def percent(part: int, whole: int, places: int = 2) -> Decimal | None:
    """The part in percent of the whole, half rounded up; None where there is no whole."""
    if not whole:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
