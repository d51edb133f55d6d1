"""Scores made elsewhere come in by file, are checked, and become score files of the current snapshot."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from handlers.scoring.problems import ScoresUnfit
from handlers.scoring.scores import NO_SCORE, SCALE, TOPIC, ScoreFile, manifest_of
from handlers.warehouse import Generation, Warehouse
from handlers.warehouse.files import digest_of, replace, write_json, write_table

SCHEMA = pa.schema([("sid", pa.int64()), ("score", pa.int32()), ("model", pa.string())])


def load_scores(source: Path, warehouse: Warehouse, model: str = "import") -> list[ScoreFile]:
    """Take in every `<topic>.parquet` of a folder (customer_id, score 0 to 1); raises ScoresUnfit.

    Customers the registry does not know are left out and counted in the manifest.
    """
    generation = warehouse.current()
    return [
        _load(path, warehouse, generation, model)
        for path in sorted(source.glob("*.parquet"))
        if TOPIC.match(path.stem)
    ]


def write_scores(
    topic: str, sids: np.ndarray, scores: np.ndarray, warehouse: Warehouse, generation: Generation, model: str
) -> ScoreFile:
    """Write scores in ten-thousandths as the file of a topic and snapshot, sorted by sid, manifest last."""
    order = np.argsort(sids, kind="stable")
    table = pa.table(
        [pa.array(sids[order]), pa.array(scores[order]), pa.repeat(model, len(sids))], schema=SCHEMA
    )
    path = warehouse.root / "scores" / topic / f"{generation.id}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, lambda draft: write_table(table, draft))
    write_json(
        manifest_of(path),
        {
            "topic": topic,
            "generation": generation.id,
            "snapshot": generation.snapshot.isoformat(),
            "model": model,
            "rows": len(sids),
            "sha256": digest_of(path),
        },
    )
    return ScoreFile(topic=topic, path=path, width=generation.width)


def _load(path: Path, warehouse: Warehouse, generation: Generation, model: str) -> ScoreFile:
    table = _checked(path)
    sids = warehouse.sids_of_customers(table["customer_id"].to_pylist())
    scores = np.floor(table["score"].to_numpy() * SCALE + 0.5).astype(np.int32)
    known = (sids != NO_SCORE) & (sids < generation.width)
    if len(np.unique(sids[known])) != int(known.sum()):
        raise ScoresUnfit(file=path.name, reason="a customer stands in it twice")
    return write_scores(path.stem, sids[known], scores[known], warehouse, generation, model)


def _checked(path: Path) -> pa.Table:
    schema = pq.read_schema(path)
    if not {"customer_id", "score"} <= set(schema.names):
        raise ScoresUnfit(file=path.name, reason="a column is missing")
    table = pq.read_table(path, columns=["customer_id", "score"])
    scores = table["score"].cast(pa.float64())
    limits = pc.min_max(scores).as_py()
    if table["customer_id"].null_count or scores.null_count:
        raise ScoresUnfit(file=path.name, reason="a value is blank")
    if len(scores) and not (
        limits["min"] >= 0 and limits["max"] <= 1 and not pc.any(pc.is_nan(scores)).as_py()
    ):
        raise ScoresUnfit(file=path.name, reason="a score is not between 0 and 1")
    return table.set_column(1, "score", scores)
