"""Builds the demo world: what the operator's systems would deliver in load/, the truth apart in truth/."""

import argparse
import csv
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from demo.market.keys import make_account
from demo.market.ledger import forget_everything
from demo.office.catalogue import PRODUCTS, UNIT_COSTS
from demo.office.offices import PROVINCE, departments, offices, roles
from demo.office.scenarios import catalogue
from demo.office.staff import rows as staff_rows
from demo.province.block import Block, make_block
from demo.province.constants import frozen
from demo.province.numbering import CAPACITY
from demo.province.streams import BLOCK

SEED = 20071201
CUSTOMERS = 50_000


@dataclass(frozen=True, kw_only=True)
class World:
    """What was built."""

    customers: int
    seed: int
    day: date
    load: Path
    truth: Path


def build(demo_dir: Path, customers: int = CUSTOMERS, seed: int = SEED, d0: date | None = None) -> World:
    """Write the whole world into `demo_dir`, block by block; the same arguments give the same files.

    `d0` is the demo day, a Monday; all history ends the day before. Raises ValueError for an impossible size.
    """
    if not 0 < customers <= CAPACITY:
        raise ValueError(f"customers must be between 1 and {CAPACITY}, not {customers}")
    day = d0 if d0 is not None else date(2026, 3, 2)
    world = World(customers=customers, seed=seed, day=day, load=demo_dir / "load", truth=demo_dir / "truth")
    _make_room(world)
    (world.load / "scores").mkdir(parents=True, exist_ok=True)
    world.truth.mkdir(parents=True, exist_ok=True)
    with _Tables(world) as tables:
        for number in range(-(-customers // BLOCK)):
            tables.add(make_block(seed, number, customers, day, frozen()))
    _write_office(world)
    make_account(demo_dir)
    _write_description(world)
    return world


class _Tables:
    """The Parquet files being written, one row group a block."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._writers: dict[Path, pq.ParquetWriter] = {}

    def __enter__(self) -> "_Tables":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers.values():
            writer.close()

    def add(self, block: Block) -> None:
        """Append one block to every file."""
        load = self._world.load
        self._write(load / "customers.parquet", block.customers)
        self._write(load / "events.parquet", block.events)
        self._write(load / "contact_history.parquet", block.contacts)
        for topic, table in block.scores.items():
            self._write(load / "scores" / f"{topic}.parquet", table)
        self._write(self._world.truth / "customers.parquet", block.truth)

    def _write(self, path: Path, table: pa.Table) -> None:
        if path not in self._writers:
            self._writers[path] = pq.ParquetWriter(
                path, table.schema, compression="zstd", compression_level=1
            )
        self._writers[path].write_table(table)


def _write_office(world: World) -> None:
    organisation = {
        "province": PROVINCE, "offices": offices(), "departments": departments(), "roles": roles(),
        "staff": staff_rows(),
    }  # fmt: skip
    _write_json(world.load / "organisation.json", organisation)
    _write_json(world.load / "scenarios.json", catalogue())
    _write_csv(world.load / "products.csv", [asdict(product) for product in PRODUCTS])
    _write_csv(world.load / "unit_costs.csv", [asdict(cost) for cost in UNIT_COSTS])


def _make_room(world: World) -> None:
    """A world under construction has no description; what the market remembers of another world is void."""
    file = world.truth / "world.json"
    if file.exists() and json.loads(file.read_text(encoding="utf-8")) != _description(world):
        forget_everything(world.truth.parent)
    for folder in (world.load, world.truth):
        (folder / "world.json").unlink(missing_ok=True)


def _description(world: World) -> dict[str, int | str]:
    """The seed is part of the truth; all else the product may know."""
    snapshot = world.day - timedelta(days=1)
    return {
        "customers": world.customers, "day": f"{world.day}", "snapshot": f"{snapshot}", "seed": world.seed,
    }  # fmt: skip


def _write_description(world: World) -> None:
    """Last: where these two files are, the world is complete."""
    whole = _description(world)
    _write_json(world.truth / "world.json", whole)
    _write_json(world.load / "world.json", {name: whole[name] for name in ("customers", "day", "snapshot")})


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_csv(path: Path, rows: Iterable[dict[str, object]]) -> None:
    kept = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(kept[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)


def main() -> None:
    """The command: build a world and say what it holds."""
    parser = argparse.ArgumentParser(prog="python -m demo.build", description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the demo world")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--day", type=date.fromisoformat, help="demo day (default 2026-03-02)")
    chosen = parser.parse_args()
    world = build(chosen.out, chosen.customers, chosen.seed, chosen.day)
    print(f"{world.customers} customers, demo day {world.day}: {world.load}")


if __name__ == "__main__":
    main()
