"""A small province in a real warehouse, built once a session: three thousand customers of the demo."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from demo.build import build
from handlers.scoring import load_scores
from handlers.warehouse import Keys, Warehouse
from tests.factories.channel_keys import give_public_keys
from tests.factories.folders import lasting_folder

CUSTOMERS = 3_000


@dataclass(frozen=True, kw_only=True)
class Province:
    """The demo world on the disk and the warehouse it was loaded into; tests only read it."""

    demo: Path
    warehouse: Warehouse

    def sids_where(self, sql: str) -> np.ndarray:
        """Customers of the snapshot who fulfil a condition, by sid."""
        rows = self.warehouse.current().query(f"SELECT sid FROM customers WHERE {sql} ORDER BY sid")
        sids: np.ndarray = rows["sid"].to_numpy()
        return sids

    def give_channel_keys(self, instance: Path) -> None:
        """Install the public halves of the channels' keys."""
        give_public_keys(self.demo, instance)


@cache
def the_province() -> Province:
    """The same for everybody in this session."""
    folder = lasting_folder("province")
    world = build(folder / "demo", customers=CUSTOMERS)
    warehouse = Warehouse(folder / "warehouse", Keys.from_folder(folder / "keys"))
    warehouse.publish(world.load, world.day)
    load_scores(world.load / "scores", warehouse)
    return Province(demo=folder / "demo", warehouse=warehouse)
