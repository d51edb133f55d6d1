"""Geometry of the figures that pages draw as plain SVG, so that no style attribute is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, pi, sin

from flask import Flask

from app.words import STAGES

#: below this share of losses the bars of a waterfall are drawn broken
BROKEN_BELOW = 0.25
#: how much wider than its losses the window of a broken waterfall is
WINDOW = 1.4
#: half the gap between two arcs of the ring, in turns
GAP = 0.016


def init_app(app: Flask) -> None:
    """Templates reach the geometry by name."""
    for rule in (ring_arcs, stage_states, waterfall_bars, interval_places, stacked, sms_parts, spark_points):
        app.add_template_global(rule)


@cache
def ring_arcs(size: int, thickness: int = 4) -> tuple[str, ...]:
    """Seven SVG paths, clockwise from the top, in a box of `size` pixels."""
    radius = size / 2 - thickness / 2 - 0.5

    def point(turn: float) -> str:
        angle = 2 * pi * turn
        return f"{size / 2 + radius * sin(angle):.2f} {size / 2 - radius * cos(angle):.2f}"

    return tuple(
        f"M{point(i / 7 + GAP)}A{radius:g} {radius:g} 0 0 1 {point((i + 1) / 7 - GAP)}" for i in range(7)
    )


def stage_states(now: str | Sequence[str] | None, ended: bool = False) -> list[tuple[str, str]]:
    """(stage, done | now | future) of all seven: done is what lies before the first that is now."""
    current = [now] if isinstance(now, str) else list(now or ())
    order = list(STAGES)
    first = 7 if ended else min((order.index(stage) for stage in current if stage in STAGES), default=0)
    return [
        (stage, "now" if stage in current and not ended else "done" if place < first else "future")
        for place, stage in enumerate(order)
    ]


@dataclass(frozen=True, kw_only=True)
class WaterfallBar:
    """One line of a waterfall: what it says and where its bar lies, in percent of the width."""

    kind: str  # start | loss | left | control
    rule: str
    count: int
    alone: int | None
    x: float
    width: float
    broken: bool


def waterfall_bars(
    matched: int, steps: Sequence[Mapping[str, int | str]], control: int = 0, fold: bool = True
) -> list[WaterfallBar]:
    """Counting down: each bar starts where the last ended; `fold` leaves out rules that took nobody."""
    lost = sum(int(step["removed"]) for step in steps)
    broken = 0 < lost + control < matched * BROKEN_BELOW
    window = (lost + control) * WINDOW if broken else max(matched, 1)
    origin = matched - window

    def bar(kind: str, rule: str, count: int, high: int, alone: int | None = None) -> WaterfallBar:
        whole = kind in ("start", "left")
        width = (high - origin if whole else count) / window * 100
        x = 0.0 if whole else (high - count - origin) / window * 100
        return WaterfallBar(
            kind=kind, rule=rule, count=count, alone=alone, x=x, width=width, broken=broken and whole
        )

    bars = [bar("start", "", matched, matched)]
    left = matched
    for step in steps:
        removed = int(step["removed"])
        if removed or not fold:
            bars.append(bar("loss", str(step["rule"]), removed, left, int(step.get("alone", removed))))
        left -= removed
    bars.append(bar("left", "", left, left))
    if control:
        bars.append(bar("control", "", control, left))
    return bars


def interval_places(
    low: float, value: float, high: float, least: float, most: float
) -> dict[str, float | bool]:
    """Where dot, line and zero lie between `least` and `most`, in percent; proven when zero is outside."""
    span = (most - least) or 1.0

    def place(number: float) -> float:
        return round(min(max((number - least) / span, 0.0), 1.0) * 100, 2)

    return {
        "low": place(low),
        "value": place(value),
        "high": place(high),
        "zero": place(0.0),
        "proven": low > 0 or high < 0,
    }


def stacked(parts: Sequence[tuple[str, int]], total: int | None = None) -> list[tuple[str, float, float]]:
    """(kind, x, width) in percent of parts laid beside each other; parts of nothing are left out."""
    whole = total or sum(count for _, count in parts) or 1
    placed, x = [], 0.0
    for kind, count in parts:
        width = count / whole * 100
        if count:
            placed.append((kind, round(x, 3), round(width, 3)))
        x += width
    return placed


def sms_parts(text: str) -> int:
    """How many short messages a text is charged as: 70 characters in one, 67 each in more (UCS-2)."""
    return 1 if len(text) <= 70 else -(-len(text) // 67)


def spark_points(values: Sequence[float], width: int = 116, height: int = 24) -> str:
    """The points of a small line over `width` × `height` pixels, from the least to the greatest value."""
    least, most = min(values), max(values)
    span = (most - least) or 1.0
    step = (width - 4) / max(len(values) - 1, 1)
    return " ".join(
        f"{2 + at * step:.1f},{height - 3 - (value - least) / span * (height - 6):.1f}"
        for at, value in enumerate(values)
    )
