"""Where customers were lost on the way from the target group to really using the product (requirement I6)."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from itertools import pairwise

from handlers.evaluation.rounding import percent
from models.base import Problem


class FunnelGrows(Problem):
    """A later step counts customers the step before it does not have."""

    message = "Step %(step)s has %(customers)d customers, more than the %(before)d of the step before."


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the funnel with its share of the step before and of the target group, in percent."""

    name: str
    customers: int
    of_before: Decimal | None
    of_target: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Funnel:
    """Distinct customers per step; every step is a part of the one before."""

    #: 目标用户群: the treated customers of the frozen audience.
    target: int
    #: 可接触客户: not taken out by the check before sending.
    contactable: int
    #: Really reached: message delivered, call answered.
    reached: int
    #: 成功推荐客户: reached and ordered.
    succeeded: int
    #: 实际使用业务的有效客户: ordered and still using; None until that can be known.
    still_using: int | None = None

    def __post_init__(self) -> None:
        steps = list(self._counts())
        for (_, before), (name, customers) in pairwise(steps):
            if not 0 <= customers <= before:
                raise FunnelGrows(step=name, customers=customers, before=before)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps in order, those not known yet left out."""
        found, before = [], self.target
        for name, customers in self._counts():
            share = percent(customers, before)
            found.append(
                Step(
                    name=name, customers=customers, of_before=share, of_target=percent(customers, self.target)
                )
            )
            before = customers
        return tuple(found)

    @property
    def success_rate(self) -> Decimal | None:
        """营销成功率: successes over targets, in percent."""
        return percent(self.succeeded, self.target)

    def _counts(self) -> Iterator[tuple[str, int]]:
        for field in fields(self):
            customers = getattr(self, field.name)
            if customers is not None:
                yield field.name, customers
