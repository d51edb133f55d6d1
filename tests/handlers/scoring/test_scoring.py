"""Scores by topic: taken in by file, read dense, turned into chances."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from handlers.scoring import NoScores, Scores, load_scores, opportunities, write_scores
from handlers.scoring.problems import ScoresUnfit, ShareUnfit
from handlers.warehouse import Keys, Warehouse
from models.product import Product
from tests.handlers.warehouse.source import SNAPSHOT, customers, write_source

SIZE = 50


@pytest.fixture
def people() -> pd.DataFrame:
    return customers(SIZE).sort_values("customer_id", ignore_index=True)


@pytest.fixture
def warehouse(tmp_path: Path, people: pd.DataFrame) -> Warehouse:
    found = Warehouse(tmp_path / "warehouse", Keys.from_folder(tmp_path / "keys"))
    found.publish(write_source(tmp_path / "source", people), SNAPSHOT)
    return found


def _deliver(folder: Path, topic: str, ids: Sequence[str | None], scores: Sequence[float | None]) -> Path:
    folder.mkdir(exist_ok=True)
    table = pa.table({"customer_id": pa.array(ids, pa.string()), "score": pa.array(scores, pa.float64())})
    pq.write_table(table, folder / f"{topic}.parquet")
    return folder


def test_delivered_scores_are_read_dense(warehouse: Warehouse, tmp_path: Path) -> None:
    folder = _deliver(tmp_path / "in", "crbt", ["K0000004", "K0000002", "K0000099"], [0.5, 0.12345, 0.9])
    (file,) = load_scores(folder, warehouse, model="demo 1")
    assert (file.topic, file.model) == ("crbt", "demo 1")
    table = pq.read_table(file.path)
    assert table.schema.names == ["sid", "score", "model"] and table["sid"].to_pylist() == [2, 4]
    assert table.schema.field("score").type == pa.int32()
    scores = Scores(warehouse)
    assert scores.topics() == ["crbt"]
    assert scores.of("crbt", np.array([4, 2, 0])).tolist() == [5000, 1235, -1]
    manifest = json.loads(file.path.with_suffix(".manifest.json").read_text())
    assert (manifest["rows"], manifest["generation"]) == (2, warehouse.current().id)


@pytest.mark.parametrize(
    ("ids", "scores", "reason"),
    [
        (["K0000001", "K0000001"], [0.1, 0.2], "twice"),
        (["K0000001"], [1.2], "between 0 and 1"),
        (["K0000001"], [float("nan")], "between 0 and 1"),
        ([None], [0.1], "blank"),
        (["K0000001"], [None], "blank"),
    ],
)
def test_bad_scores_are_refused(
    warehouse: Warehouse, tmp_path: Path, ids: list[str | None], scores: list[float | None], reason: str
) -> None:
    with pytest.raises(ScoresUnfit, match=reason):
        load_scores(_deliver(tmp_path / "in", "crbt", ids, scores), warehouse)
    assert Scores(warehouse).topics() == []


def test_a_score_file_without_its_columns_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"customer_id": ["K0000001"]}), tmp_path / "in" / "crbt.parquet")
    with pytest.raises(ScoresUnfit, match="column"):
        load_scores(tmp_path / "in", warehouse)


def _scored(warehouse: Warehouse, topic: str, values: Sequence[int]) -> Scores:
    sids = np.arange(len(values))
    write_scores(topic, sids, np.array(values, dtype=np.int32), warehouse, warehouse.current(), "test")
    return Scores(warehouse)


def test_the_threshold_lets_the_best_share_in(warehouse: Warehouse) -> None:
    scores = _scored(warehouse, "crbt", range(100, 1100, 100))
    assert scores("crbt").threshold(20) == 900
    assert scores("crbt").threshold(15) == 900
    assert scores("crbt").threshold(0.1) == 1000
    assert scores("crbt").threshold(100) == 100
    with pytest.raises(ShareUnfit):
        scores("crbt").threshold(0)


def test_equal_scores_are_in_or_out_together(warehouse: Warehouse) -> None:
    scores = _scored(warehouse, "crbt", [500] * 9 + [900])
    threshold = scores("crbt").threshold(20)
    assert threshold == 500 and int((scores("crbt").dense() >= threshold).sum()) == 10


def test_scores_belong_to_a_snapshot(warehouse: Warehouse, tmp_path: Path, people: pd.DataFrame) -> None:
    scores, before = _scored(warehouse, "crbt", [1, 2, 3]), warehouse.current()
    warehouse.publish(write_source(tmp_path / "next", people), date(2026, 3, 2))
    with pytest.raises(NoScores, match="2026-03-02"):
        scores("crbt")
    assert Scores(warehouse, before)("crbt").threshold(100) == 1


def test_a_rewritten_file_is_read_anew(warehouse: Warehouse) -> None:
    scores = _scored(warehouse, "crbt", [1, 2, 3])
    assert scores.of("crbt", np.array([0])).tolist() == [1]
    assert _scored(warehouse, "crbt", [7, 8, 9]).of("crbt", np.array([0])).tolist() == [7]


def test_no_name_leads_out_of_the_folder(warehouse: Warehouse) -> None:
    for name in ("../../keys", "", "crbt\n"):
        with pytest.raises(NoScores):
            Scores(warehouse)(name)


def test_chances_are_ordered_by_expected_successes(warehouse: Warehouse, people: pd.DataFrame) -> None:
    random = np.random.default_rng(5)
    values = {topic: random.integers(0, 10_001, SIZE) for topic in ("crbt", "paper")}
    for topic, drawn in values.items():
        _scored(warehouse, topic, (drawn // (1 if topic == "paper" else 10)).tolist())
    products = [
        Product(code="CRBT", owned_tag="v_crbt", score_topic="crbt"),
        Product(code="PAPER", owned_tag="v_mnews", score_topic="paper"),
        Product(code="TONE", owned_tag="", score_topic=""),
        Product(code="MMS3", owned_tag="mms_pack", score_topic="not_made"),
    ]
    found = opportunities(products, warehouse.current(), Scores(warehouse))
    assert [one.product for one in found] == ["PAPER", "CRBT"]
    paper, lacking = found[0], ~people["v_mnews"].to_numpy(dtype=bool)
    best = lacking & (values["paper"] >= np.sort(values["paper"])[-SIZE // 5])
    assert (paper.without, paper.best) == (int(lacking.sum()), int(best.sum()))
    assert paper.expected == round(values["paper"][best].sum() / 10_000)
