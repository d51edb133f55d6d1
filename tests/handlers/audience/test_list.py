"""The list that is frozen: rank, arms, and that it never changes."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from handlers.audience import freeze, hold_out, ranked, read_frozen
from handlers.audience.problems import (
    FrozenListChanged,
    FrozenListGone,
    ListColumnsUnfit,
    ListNotInOrder,
)
from tests.handlers.audience.conftest import SIZE, Province

SALT = "campaign|HD-00-2026-001"


@pytest.fixture
def columns(province: Province) -> dict[str, Any]:
    return _ranked(province, cap=None)


def _ranked(province: Province, cap: int | None) -> dict[str, Any]:
    sids = np.arange(0, SIZE, 2)
    return ranked(
        sids,
        score=province.score["crbt"][sids],
        cap=cap,
        salt=SALT,
        hold_out_basis_points=1000,
        generation=province.generation,
        groups=province.groups,
    )


def test_the_best_scores_stay_under_a_cap(province: Province) -> None:
    kept = _ranked(province, cap=50)
    scores = province.score["crbt"][::2]
    assert len(kept["sid"]) == 50 and (np.diff(kept["sid"]) > 0).all()
    assert sorted(kept["score"], reverse=True) == sorted(scores, reverse=True)[:50]
    by_rank = np.argsort(kept["rank"])
    assert sorted(kept["rank"]) == list(range(1, 51))
    assert (np.diff(kept["score"][by_rank]) <= 0).all()


def test_who_has_no_score_comes_last(columns: dict[str, Any]) -> None:
    without = columns["score"] == -1
    assert without.any()
    assert columns["rank"][without].min() > columns["rank"][~without].max()


def test_the_control_group_is_drawn_from_the_list(columns: dict[str, Any]) -> None:
    assert columns["arm"].tolist() == hold_out(columns["sid"], SALT, 1000).astype(int).tolist()
    assert set(columns["arm"]) == {0, 1}


def test_places_and_groups_stand_beside_each_customer(province: Province, columns: dict[str, Any]) -> None:
    people = province.people.iloc[columns["sid"]]
    assert columns["pref"].tolist() == [value or "" for value in people["pref"]]
    assert columns["county"].tolist() == [value or "" for value in people["county"]]
    assert columns["group"].tolist() == province.groups[columns["sid"]].tolist()


def test_the_same_list_is_the_same_file(tmp_path: Path, columns: dict[str, Any]) -> None:
    one, again = freeze(tmp_path, columns), freeze(tmp_path, columns)
    other = freeze(tmp_path / "other", columns)
    assert one == again and other.digest == one.digest and other.path.name == one.path.name
    assert one.rows == SIZE // 2
    assert [path.name for path in tmp_path.glob("*.parquet")] == [one.path.name]


def test_a_frozen_list_reads_back_as_it_was(tmp_path: Path, columns: dict[str, Any]) -> None:
    frozen = freeze(tmp_path, columns)
    read = read_frozen(frozen.path, frozen.digest)
    assert list(read) == ["sid", "arm", "group", "county", "pref", "score", "rank"]
    for name, values in columns.items():
        assert read[name].tolist() == values.tolist()
    assert pq.read_table(frozen.path)["score"].null_count == int((columns["score"] == -1).sum())


def test_another_list_gets_another_file(tmp_path: Path, columns: dict[str, Any], province: Province) -> None:
    assert freeze(tmp_path, columns).path != freeze(tmp_path, _ranked(province, cap=10)).path


def test_a_changed_list_is_refused_by_readers_and_writers(tmp_path: Path, columns: dict[str, Any]) -> None:
    frozen = freeze(tmp_path, columns)
    frozen.path.chmod(0o600)
    frozen.path.write_bytes(frozen.path.read_bytes()[:-1] + b"?")
    with pytest.raises(FrozenListChanged):
        read_frozen(frozen.path, frozen.digest)
    with pytest.raises(FrozenListChanged):
        freeze(tmp_path, columns)
    frozen.path.unlink()
    with pytest.raises(FrozenListGone):
        read_frozen(frozen.path, frozen.digest)


def test_an_empty_list_can_be_frozen(tmp_path: Path, columns: dict[str, Any]) -> None:
    frozen = freeze(tmp_path, {name: values[:0] for name, values in columns.items()})
    assert frozen.rows == 0 and len(read_frozen(frozen.path, frozen.digest)["sid"]) == 0


@pytest.mark.parametrize(
    ("name", "values"),
    [("rank", None), ("arm", np.zeros(3)), ("county", np.arange(SIZE // 2)), ("score", np.zeros(SIZE // 2))],
)
def test_a_list_of_another_shape_is_refused(
    tmp_path: Path, columns: dict[str, Any], name: str, values: Any
) -> None:
    changed = {key: value for key, value in columns.items() if key != name}
    with pytest.raises(ListColumnsUnfit, match=name):
        freeze(tmp_path, changed if values is None else changed | {name: values})
    assert not list(tmp_path.glob("*"))


def test_a_customer_stands_in_a_list_once_and_in_order(tmp_path: Path, columns: dict[str, Any]) -> None:
    for sids in (columns["sid"][::-1], np.zeros(SIZE // 2, dtype=np.int64)):
        with pytest.raises(ListNotInOrder):
            freeze(tmp_path, columns | {"sid": sids})
