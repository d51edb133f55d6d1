"""A campaign leaves on PostgreSQL while worker, sender, web and link are killed: what is lost or doubled.

Each run is a whole installation with its own database, killed at random moments. The figures add up over
the runs: there may be no fault of any kind, and no more messages of unknown fate than a window for each
break.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.figure import Figure, figure
from demo.build import build
from tests.peers.centre import NoPeer
from tests.postgresql.cluster import NoServer, running
from tests.postgresql.crashes import WINDOW, Found, crash_run, made_ready

#: customers of the province to a customer on the list
MARGIN = 3


def run(rows: int = 2_000, crash_runs: int = 1) -> Iterator[Figure]:
    """Doubles, losses, things that never ended, and unknown messages to those that may be."""
    try:
        found, seconds = _runs(rows, crash_runs)
    except (NoPeer, NoServer) as lacking:
        print(f"crash: {lacking}", file=sys.stderr)
        return
    listed = sum(one.listed for one in found)
    counts = {
        "doubles": sum(one.doubles for one in found),
        "lost": sum(one.lost for one in found),
        "unended": sum(sum(one.left_over.values()) + one.broken for one in found),
    }
    for name, count in counts.items():
        yield figure(f"crash.{name}", figure=count, unit="customers", n=listed, ratio=count, target="<=0")
    unknown, allowed = sum(one.unknown for one in found), sum(WINDOW * one.breaks for one in found)
    yield figure(
        "crash.unknown", figure=unknown, unit="messages", n=listed, ratio=unknown / allowed, target="<=1"
    )
    kills = sum(len(one.kills) for one in found)
    yield figure("crash.kills", figure=kills, unit="kills", n=len(found))
    yield figure("crash.run", figure=seconds / len(found), unit="s", n=len(found))


def _runs(rows: int, crash_runs: int) -> tuple[Sequence[Found], float]:
    with TemporaryDirectory(prefix="bihuan-crash-") as place, running() as cluster:
        folder = Path(place)
        build(folder / "demo", customers=int(rows * MARGIN))
        (folder / "ready").mkdir()
        ready = made_ready(cluster, folder / "ready", folder / "demo", rows)
        begun = perf_counter()
        found = []
        for seed in range(crash_runs):
            with TemporaryDirectory(prefix="run-", dir=folder) as own:
                found.append(crash_run(cluster, ready, Path(own), seed))
            print(f"crash run {seed}: {found[-1]}", file=sys.stderr, flush=True)
        return found, perf_counter() - begun
