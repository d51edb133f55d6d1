"""The people the market asks: hidden columns of the truth, and who is behind a number."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from demo.province.numbering import indexes_of_ids, indexes_of_numbers, numbers
from demo.province.streams import Floats, Ints, Mask, hashed_uniform

LOCAL = ZoneInfo("Asia/Shanghai")
DAY = 86_400.0


@dataclass(frozen=True, kw_only=True)
class World:
    """A built world; columns are read when first asked for, one value per customer."""

    demo_dir: Path
    seed: int
    customers: int
    day: date
    _columns: dict[str, NDArray[np.generic]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def open(cls, demo_dir: Path) -> "World":
        """The world in a folder that `demo.build` wrote."""
        known = json.loads((demo_dir / "truth" / "world.json").read_text(encoding="utf-8"))
        return cls(
            demo_dir=demo_dir,
            seed=known["seed"],
            customers=known["customers"],
            day=date.fromisoformat(known["day"]),
        )

    @property
    def beginning(self) -> float:
        """Midnight of the demo day, in seconds since 1970."""
        return datetime.combine(self.day, time(), LOCAL).timestamp()

    def column(self, name: str, indexes: Ints) -> NDArray[np.generic]:
        """A hidden column, for the customers asked about."""
        if name not in self._columns:
            table = pq.read_table(self.demo_dir / "truth" / "customers.parquet", columns=[name])
            self._columns[name] = table.column(name).to_numpy()
        return self._columns[name][indexes]

    def has(self, product: str, indexes: Ints) -> Mask:
        """Who had the product before the demo day."""
        return self.column(f"has_{product}", indexes).astype(bool)

    def draw(self, indexes: Ints, *words: object) -> Floats:
        """One value in (0, 1) per customer and purpose, whatever the batch."""
        return hashed_uniform(indexes, self.seed, "market", *words)

    def gone_at(self, indexes: Ints) -> Floats:
        """Seconds from the beginning until a customer leaves; long ago for a number out of use."""
        months = self.column("churn_month", indexes).astype(float) - self.draw(indexes, "leaving")
        return np.where(self.column("out_of_use", indexes).astype(bool), -np.inf, 30 * DAY * months)

    def indexes_of_numbers(self, texts: list[str]) -> Ints:
        """Customers behind numbers; -1 where nobody is."""
        return indexes_of_numbers(pa.array(texts, pa.string()), self.seed, self.customers)

    def indexes_of_ids(self, ids: list[str]) -> Ints:
        """Customers behind customer ids."""
        return indexes_of_ids(pa.array(ids, pa.string()), self.seed)

    def numbers(self, indexes: Ints) -> list[str]:
        """Phone numbers of customers."""
        found: list[str] = numbers(indexes, self.seed).to_pylist()
        return found
