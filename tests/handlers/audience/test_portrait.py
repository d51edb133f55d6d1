"""What an audience looks like: portraits, samples, groups."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from handlers.audience import GROUP_CODES, Words, dense_groups, members, parse, portrait, sample
from tests.handlers.audience.conftest import NAMES, SIZE, Province, group_by_paying

SOME = np.arange(0, SIZE, 3)


def test_shares_and_index_compare_with_everybody(province: Province) -> None:
    (brand,) = portrait(SOME, province.generation, tags=["brand"])
    people = province.people["brand"]
    for band in brand.bands:
        name = None if band.words.zh == "没有记录" else band.words.zh
        mine = people.iloc[SOME].isna().sum() if name is None else (people.iloc[SOME] == name).sum()
        base = people.isna().sum() if name is None else (people == name).sum()
        assert band.people == mine
        assert band.share == pytest.approx(mine / len(SOME))
        assert band.index == pytest.approx(100 * (mine / len(SOME)) / (base / SIZE))
    assert sum(band.people for band in brand.bands) == len(SOME)


def test_five_portraits_cover_everybody(province: Province) -> None:
    found = portrait(SOME, province.generation, province.groups, places={"05": Words("沙浦", "Shapu")})
    assert [one.tag for one in found] == ["pref", "brand", "age", "arpu_fen", "group"]
    for one in found:
        assert sum(band.people for band in one.bands) == len(SOME)
        assert sum(band.base_share for band in one.bands) == pytest.approx(1)
    assert "沙浦" in {band.words.zh for band in found[0].bands}
    assert "18–23岁" in {band.words.zh for band in found[2].bands}
    assert "50–80元" in {band.words.zh for band in found[3].bands}


def test_an_age_is_counted_in_its_band(province: Province) -> None:
    (age,) = portrait(SOME, province.generation, tags=["age"])
    ages = province.people["age"].iloc[SOME].dropna()
    by_name = {band.words.zh: band.people for band in age.bands}
    assert by_name["18–23岁"] == ((ages >= 18) & (ages < 24)).sum()
    assert by_name["60岁及以上"] == (ages >= 60).sum()


def test_a_portrait_of_nobody_has_no_shares(province: Province) -> None:
    (brand,) = portrait(SOME[:0], province.generation, tags=["brand"])
    assert {band.share for band in brand.bands} == {0.0}


def test_each_combination_of_indices_is_decided_once(province: Province) -> None:
    asked: list[Mapping[str, Any]] = []

    def decide(table: str, inputs: Mapping[str, Any]) -> dict[str, str]:
        asked.append(dict(inputs))
        return {"group": group_by_paying(table, inputs)}

    groups = dense_groups(province.generation, decide)
    assert len(asked) == len({tuple(sorted(inputs.items())) for inputs in asked}) <= 54
    indices = province.people[["paying", "price_attitude", "fashion", "learning"]]
    known = indices.notna().all(axis=1)
    expected = [
        GROUP_CODES[NAMES[paying]] if whole else 0
        for paying, whole in zip(indices["paying"], known, strict=True)
    ]
    assert groups.tolist() == expected


def test_a_sample_shows_masked_numbers_and_why(province: Province) -> None:
    tree = parse(
        {"version": 1, "all": [{"any": [
            {"tag": "brand", "op": "=", "value": "全球通"},
            {"score": "migrant", "op": ">=", "value": 0.5},
            {"group": ["高潜力型"]},
        ]}]}
    )  # fmt: skip
    sids = members(tree, province.generation, province.scores, province.groups)
    drawn = _sample(province, tree, sids)
    assert len(drawn) == 20 and {one.sid for one in drawn} <= set(sids.tolist())
    for one in drawn:
        person = province.people.iloc[one.sid]
        assert one.number == f"{person['number'][:3]}****{person['number'][-4:]}"
        assert one.values["brand"] == person["brand"]
        score = province.score["migrant"][one.sid]
        assert one.values["score_migrant"] == (None if score < 0 else score / 10_000)
        expected = ("品牌是全球通", "外来工模型得分不低于0.5", "属于高潜力型")
        held = (person["brand"] == "全球通", score >= 5000, province.groups[one.sid] == 2)
        assert one.why == tuple(said for said, is_so in zip(expected, held, strict=True) if is_so)
        assert one.why
    assert _sample(province, tree, sids) == drawn
    assert {one.sid for one in _sample(province, tree, sids, turn=1)} != {one.sid for one in drawn}


def test_a_sample_of_few_is_all_of_them(province: Province) -> None:
    tree = parse({"version": 1, "all": []})
    assert [one.sid for one in _sample(province, tree, np.array([3, 5]))] == [3, 5]
    assert _sample(province, tree, np.empty(0, dtype=np.int64)) == []


def _sample(province: Province, tree: Any, sids: np.ndarray, turn: int = 0) -> Any:
    return sample(
        tree,
        sids,
        generation=province.generation,
        warehouse=province.warehouse,
        scores=province.scores,
        groups=province.groups,
        turn=turn,
    )
