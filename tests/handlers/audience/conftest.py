"""A small province with blanks, scores and groups, published once for all tests of audiences."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy.orm import Session

from handlers.audience import Groups, dense_groups
from handlers.scoring import Scores, write_scores
from handlers.warehouse import Generation, Keys, Warehouse
from tests import databases
from tests.handlers.warehouse.source import SNAPSHOT, contacts, customers, events, write_source

SIZE = 600
#: noon of the day after the snapshot, in Shanghai
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
NAMES = {"H": "高潜力型", "M": "中潜力型", "L": "低潜力型"}


@dataclass(frozen=True, kw_only=True)
class Province:
    """What was published, and the same as a frame in the order of sids."""

    warehouse: Warehouse
    generation: Generation
    scores: Scores
    groups: Groups
    #: row n is the customer with sid n
    people: pd.DataFrame
    events: pd.DataFrame
    contacts: pd.DataFrame
    #: in ten-thousandths, -1 none, by topic
    score: Mapping[str, Any]


def group_by_paying(table: str, inputs: Mapping[str, Any]) -> str:
    """A table of groups that everybody can check by eye."""
    assert table == "fourteen_groups"
    return NAMES[inputs["paying"]]


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Province:
    folder = tmp_path_factory.mktemp("province")
    people = customers(SIZE, blanks=0.15).sort_values("customer_id", ignore_index=True)
    happened, met = events(SIZE, 1500), contacts(SIZE, 2000)
    source = write_source(folder / "source", people, happened, met)
    warehouse = Warehouse(folder / "warehouse", Keys.from_folder(folder / "keys"))
    generation = warehouse.publish(source, SNAPSHOT)
    score = {topic: _write_scores(topic, seed, warehouse) for seed, topic in enumerate(("migrant", "crbt"))}
    return Province(
        warehouse=warehouse,
        generation=generation,
        scores=Scores(warehouse),
        groups=dense_groups(generation, group_by_paying),
        people=people,
        events=happened,
        contacts=met,
        score=score,
    )


@pytest.fixture
def session() -> Iterator[Session]:
    with databases.without_keys() as engine, Session(engine) as opened:
        yield opened


def sids_of(frame: pd.DataFrame) -> np.ndarray:
    """Subscriber numbers of a frame's customers, sorted, each once."""
    return np.unique(frame["customer_id"].str[1:].astype(int).to_numpy())


def _write_scores(topic: str, seed: int, warehouse: Warehouse) -> np.ndarray:
    random = np.random.default_rng(seed)
    scored = np.flatnonzero(random.random(SIZE) < 0.8)
    values = random.integers(0, 10_001, len(scored)).astype(np.int32)
    write_scores(topic, scored, values, warehouse, warehouse.current(), "drawn by lot")
    dense = np.full(SIZE, -1, dtype=np.int32)
    dense[scored] = values
    return dense
