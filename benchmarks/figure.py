"""What a benchmark prints: a figure and its target, in CPU seconds, sides interleaved, best of five.

Where the other side is another process, a benchmark says that it counts seconds of the wall instead.
"""

from collections.abc import Callable
from time import process_time

#: how often each side runs; the best counts, because other programs only ever slow it down
ROUNDS = 5
Figure = dict[str, object]


def figure(
    name: str, *, figure: float, unit: str, n: int, ratio: float | None = None, target: str | None = None
) -> Figure:
    """One JSON object of design section 9; `holds` follows from ratio and target (">=1.6", "<=2", "<.01")."""
    return {
        "name": name,
        "ratio": None if ratio is None else round(ratio, 4 if ratio < 0.1 else 2),
        "target": target,
        "holds": None if ratio is None or target is None else _holds(ratio, target),
        "figure": round(figure, 4 if figure < 10 else 1),
        "unit": unit,
        "n": n,
    }


def _holds(ratio: float, target: str) -> bool:
    limit = float(target.lstrip("<>="))
    if target.startswith(">="):
        return ratio >= limit
    return ratio <= limit if target.startswith("<=") else ratio < limit


def interleaved(*sides: Callable[[], float], rounds: int = ROUNDS) -> list[float]:
    """Run the sides in turn; the fewest seconds each said it needed."""
    found = [[side() for side in sides] for _ in range(rounds)]
    return [min(column) for column in zip(*found, strict=True)]


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process for one piece of work."""
    begun = process_time()
    work()
    return process_time() - begun
