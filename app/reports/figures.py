"""Reads the stored figures of an evaluation into what its page says; computes nothing the evaluation did not.

Stored rates are fractions of 1, lifts percentage points, money fen (contract of `Evaluation.figures`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.locale import ZONE

#: verdicts a computed lift can carry
PROVEN, NOT_PROVEN, HARMFUL, NOT_EVALUABLE = "proven", "not_proven", "harmful", "not_evaluable"
#: counties shown before somebody asks for all
COUNTIES_FIRST = 6
#: how far beyond the outermost dot an interval is drawn, in percentage points
BEYOND = 20.0
#: counties with fewer treated customers are not ranked among the others: their rate is chance
RANKED_FROM = 30


@dataclass(frozen=True, kw_only=True)
class Lift:
    """The net lift with its interval, or why there is none."""

    treated: int
    control: int
    treated_orders: int
    control_orders: int
    rate: float
    spontaneous: float
    points: float | None
    low: float | None
    high: float | None
    #: English sentence; None where the lift stands
    why: str | None
    #: fields of that sentence
    why_fields: Mapping[str, Any]
    relative: float | None = None

    @property
    def verdict(self) -> str:
        """Proven where the whole interval lies above zero, harmful where it lies below."""
        if self.points is None or self.low is None or self.high is None:
            return NOT_EVALUABLE
        if self.low > 0:
            return PROVEN
        return HARMFUL if self.high < 0 else NOT_PROVEN

    @property
    def is_proven(self) -> bool:
        """The dot of the interval is filled, not hollow."""
        return self.verdict == PROVEN

    @property
    def brought(self) -> int | None:
        """Orders that would not have come without the campaign."""
        return None if self.points is None else round(self.points * self.treated / 100)


@dataclass(frozen=True, kw_only=True)
class GroupLift:
    """The lift inside one of the fourteen groups."""

    group: int
    lift: Lift


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the funnel with its share of the step before, in percent."""

    step: str
    n: int
    #: of the first step, 0..1, for the bar
    share: float
    of_before: float | None


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Money in fen; None where nothing can be divided."""

    contacts_fen: int
    gifts_fen: int
    total_fen: int
    per_success_fen: float | None
    per_net_success_fen: float | None


@dataclass(frozen=True, kw_only=True)
class Checks:
    """Whether the comparison is fair: proportion of the arms, and no control customer contacted."""

    sample_ratio_p: float | None
    sample_ratio_ok: bool
    control_contacted: int

    @property
    def hold(self) -> bool:
        """Both checks hold; otherwise the lift is locked."""
        return self.sample_ratio_ok and self.control_contacted == 0


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Everything the page of one evaluation shows."""

    lift: Lift
    checks: Checks
    funnel: tuple[Step, ...]
    cost: Cost
    target_rate: float | None
    by_group: tuple[GroupLift, ...]
    by_channel: tuple[Mapping[str, Any], ...]
    by_county: tuple[Mapping[str, Any], ...]
    by_day: tuple[Mapping[str, Any], ...]
    window: Mapping[str, Any]

    @property
    def first_day(self) -> date | None:
        """The day from which orders count."""
        return _day(self.window.get("from"))

    @property
    def last_day(self) -> date | None:
        """The day until which orders count."""
        return _day(self.window.get("to"))

    @property
    def meets_target(self) -> bool | None:
        """The success rate reached what was aimed at; None where nothing was aimed at."""
        return None if not self.target_rate else self.lift.rate >= self.target_rate

    @property
    def axis(self) -> tuple[float, float]:
        """Bounds of the axis the intervals of the groups are drawn on: zero always in it, whole tens.

        A line that would run far beyond every dot ends at the edge, so that one wide interval does not
        press the others together.
        """
        told = [g.lift for g in self.by_group if g.lift.points is not None]
        dots = [0.0, *(lift.points or 0.0 for lift in told)]
        low = max(min([0.0, *(lift.low or 0.0 for lift in told)]), min(dots) - BEYOND)
        high = min(max([0.0, *(lift.high or 0.0 for lift in told)]), max(dots) + BEYOND)
        return (10 * (low // 10) if low else 0.0, max(10.0, -10 * (-high // 10)))

    def chart(self, treated: str, control: str) -> dict[str, Any]:
        """The cumulative success rate of both arms by day, in percent, for the chart island."""
        days = [str(row["day"])[5:].replace("-", "/") for row in self.by_day]
        arms = [(treated, "treated", self.lift.treated), (control, "control", self.lift.control)]
        series = [
            {
                "name": name,
                "role": role,
                "values": [_percent(row[f"{role}_orders"], n) for row in self.by_day],
            }
            for name, role, n in arms
            if n
        ]
        return {"kind": "lines", "x": days, "unit": "%", "series": series}


def read(stored: Mapping[str, Any]) -> Figures | None:
    """The figures of an evaluation; None while nothing was computed."""
    if not stored.get("lift"):
        return None
    cost = stored.get("cost") or {}
    checks = stored.get("checks") or {}
    return Figures(
        lift=_lift(stored["lift"]),
        checks=Checks(
            sample_ratio_p=checks.get("sample_ratio_p"),
            sample_ratio_ok=bool(checks.get("sample_ratio_ok", True)),
            control_contacted=int(checks.get("control_contacted", 0)),
        ),
        funnel=_funnel(stored.get("funnel") or []),
        cost=Cost(
            contacts_fen=int(cost.get("contacts_fen", 0)),
            gifts_fen=int(cost.get("gifts_fen", 0)),
            total_fen=int(cost.get("total_fen", 0)),
            per_success_fen=cost.get("per_success_fen"),
            per_net_success_fen=cost.get("per_net_success_fen"),
        ),
        target_rate=stored.get("target_rate"),
        by_group=tuple(
            GroupLift(group=int(row["group"]), lift=_lift(row)) for row in stored.get("by_group") or []
        ),
        by_channel=tuple(stored.get("by_channel") or []),
        by_county=tuple(sorted(stored.get("by_county") or [], key=_rank)),
        by_day=tuple(stored.get("by_day") or []),
        window=stored.get("window") or {},
    )


def _rank(row: Mapping[str, Any]) -> tuple[bool, float]:
    """Best rate first, after them the counties too small for a rate to mean anything."""
    return (row.get("treated") or 0) < RANKED_FROM, -(row.get("rate") or 0)


def _day(text: object) -> date | None:
    """A stored day or moment as a day in the province."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.astimezone(ZONE).date() if moment.tzinfo else moment.date()


def _lift(row: Mapping[str, Any]) -> Lift:
    evaluable = bool(row.get("evaluable", True)) and row.get("points") is not None
    return Lift(
        treated=int(row.get("treated") or 0),
        control=int(row.get("control") or 0),
        treated_orders=int(row.get("treated_orders") or 0),
        control_orders=int(row.get("control_orders") or 0),
        rate=_share(row, "rate", "treated_orders", "treated"),
        spontaneous=_share(row, "spontaneous", "control_orders", "control"),
        points=row["points"] if evaluable else None,
        low=row.get("low") if evaluable else None,
        high=row.get("high") if evaluable else None,
        why=None if evaluable else row.get("why"),
        why_fields=row.get("why_fields") or {},
        relative=row.get("relative"),
    )


def _share(row: Mapping[str, Any], name: str, orders: str, people: str) -> float:
    """A stored rate; where only the counts are stored, their ratio."""
    if row.get(name) is not None:
        return float(row[name])
    return int(row.get(orders) or 0) / int(row[people]) if row.get(people) else 0.0


def _funnel(rows: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    found: list[Step] = []
    for row in rows:
        n, first = int(row["n"] or 0), int(rows[0]["n"] or 0)
        before = found[-1].n if found else None
        found.append(
            Step(
                step=row["step"],
                n=n,
                share=n / first if first else 0.0,
                of_before=None if before is None else _percent(n, before),
            )
        )
    return tuple(found)


def _percent(part: int, whole: int) -> float:
    return float(round(Decimal(100 * part) / whole, 2)) if whole else 0.0
