"""Scores by topic and snapshot: files that never change, made nightly and read by all (S000, J)."""

import json
import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from handlers.scoring.problems import NoScores, ShareUnfit
from handlers.warehouse import Generation, Sids, Warehouse

#: scores are kept in ten-thousandths
SCALE = 10_000
NO_SCORE = -1
TOPIC = re.compile(r"^[a-z][a-z0-9_]{0,39}\Z")

DenseScores = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class ScoreFile:
    """The scores of one topic for one snapshot. Parquet: sid int64 sorted, score int32, model text."""

    topic: str
    path: Path
    #: length of dense arrays, as the snapshot has it
    width: int

    def dense(self) -> DenseScores:
        """Dense by sid, in ten-thousandths, -1 where a customer has no score; read-only."""
        return _dense(self.path, self.width, self._stamp)

    def of(self, sids: Sids) -> DenseScores:
        """The score of each of these customers, -1 where there is none."""
        return self.dense()[sids]

    def threshold(self, top_percent: Decimal | float) -> int:
        """The lowest score among the best so many percent of all scored customers; equals are all in."""
        share = Decimal(str(top_percent))
        if not 0 < share <= 100:
            raise ShareUnfit(percent=top_percent)
        scores = _ordered(self.path, self.width, self._stamp)
        if len(scores) == 0:
            return SCALE + 1
        best = int((share * len(scores) / 100).to_integral_value(ROUND_CEILING))
        return int(scores[len(scores) - best])

    @property
    def _stamp(self) -> int:
        """Changes when the file is written anew, so that nothing stale is remembered."""
        return self.path.stat().st_mtime_ns

    @property
    def model(self) -> str:
        """Name and version of the model that gave the scores."""
        return str(json.loads(manifest_of(self.path).read_text(encoding="utf-8"))["model"])


class Scores:
    """The scores of one warehouse for one snapshot, by topic: scores("crbt_potential").threshold(20)."""

    def __init__(self, warehouse: Warehouse, generation: Generation | None = None) -> None:
        self._folder = warehouse.root / "scores"
        self._warehouse = warehouse
        self._generation = generation

    def __call__(self, topic: str) -> ScoreFile:
        """The scores of a topic; raises NoScores."""
        generation = self._generation or self._warehouse.current()
        path = self._folder / topic / f"{generation.id}.parquet"
        if not TOPIC.match(topic) or not path.exists():
            raise NoScores(topic=topic, snapshot=generation.snapshot.isoformat())
        return ScoreFile(topic=topic, path=path, width=generation.width)

    def of(self, topic: str, sids: Sids) -> DenseScores:
        """The score of each of these customers, -1 where there is none; raises NoScores."""
        return self(topic).of(sids)

    def topics(self) -> list[str]:
        """Topics scored for this snapshot, sorted."""
        generation = self._generation or self._warehouse.current()
        found = self._folder.glob(f"*/{generation.id}.parquet")
        return sorted(path.parent.name for path in found if TOPIC.match(path.parent.name))


def manifest_of(path: Path) -> Path:
    """Where the manifest of a score file is."""
    return path.with_suffix(".manifest.json")


@lru_cache(maxsize=16)
def _dense(path: Path, width: int, stamp: int) -> DenseScores:
    table = pq.read_table(path, columns=["sid", "score"])
    dense = np.full(width, NO_SCORE, dtype=np.int32)
    dense[table["sid"].to_numpy()] = table["score"].to_numpy()
    dense.flags.writeable = False
    return dense


@lru_cache(maxsize=16)
def _ordered(path: Path, width: int, stamp: int) -> DenseScores:
    """All scores in ascending order."""
    dense = _dense(path, width, stamp)
    return np.sort(dense[dense != NO_SCORE])
