"""The customers a tree means, against a second opinion in pandas."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.audience import GROUP_CODES, TAGS, count, members, parse
from handlers.audience.problems import GroupsNotGiven, TagNotAvailable
from handlers.audience.query import Scores
from handlers.scoring import NoScores
from handlers.warehouse import Keys, Warehouse
from tests.handlers.audience.conftest import Province
from tests.handlers.warehouse.source import CHOICES, SNAPSHOT, customers, write_source

NUMBERS = {"age": (14, 80), "arpu_fen": (0, 20_000), "tone_dl_6m": (0, 6), "complaints_12m": (0, 3)}
CODED = ("pref", "brand", "crbt_state", "paying", "id_region")
YESNO = ("v_crbt", "campus", "mms_pack", "vip")
OPS = ("=", "!=", "<", "<=", ">", ">=")
TOPICS = ("migrant", "crbt")


def _number_leaf() -> st.SearchStrategy[dict[str, Any]]:
    def of(tag: str) -> st.SearchStrategy[dict[str, Any]]:
        value = st.integers(*NUMBERS[tag])
        return st.one_of(
            st.fixed_dictionaries({"tag": st.just(tag), "op": st.sampled_from(OPS), "value": value}),
            st.builds(lambda a, b: {"tag": tag, "between": sorted((a, b))}, value, value),
            st.builds(lambda values: {"tag": tag, "in": values}, st.lists(value, min_size=1, max_size=4)),
        )

    return st.sampled_from(sorted(NUMBERS)).flatmap(of)


def _coded_leaf() -> st.SearchStrategy[dict[str, Any]]:
    def of(tag: str) -> st.SearchStrategy[dict[str, Any]]:
        allowed = [v for v in CHOICES[tag] if not TAGS[tag].values or v in TAGS[tag].values or v.isdigit()]
        value = st.sampled_from(allowed)
        return st.one_of(
            st.fixed_dictionaries({"tag": st.just(tag), "op": st.sampled_from(("=", "!=")), "value": value}),
            st.builds(
                lambda key, values: {"tag": tag, key: values},
                st.sampled_from(("in", "not_in")),
                st.lists(value, min_size=1, max_size=3),
            ),
        )

    return st.sampled_from(CODED).flatmap(of)


LEAVES = st.one_of(
    _number_leaf(),
    _coded_leaf(),
    st.builds(
        lambda tag, op, value: {"tag": tag, "op": op, "value": value},
        st.sampled_from(YESNO),
        st.sampled_from(("=", "!=")),
        st.booleans(),
    ),
    st.builds(
        lambda tag, what: {"tag": tag, "is": what},
        st.sampled_from((*NUMBERS, *CODED, *YESNO)),
        st.sampled_from(("blank", "given")),
    ),
    st.builds(
        lambda topic, op, value: {"score": topic, "op": op, "value": value / 100},
        st.sampled_from(TOPICS),
        st.sampled_from(OPS),
        st.integers(0, 100),
    ),
    st.builds(
        lambda topic, percent: {"score": topic, "top_percent": percent},
        st.sampled_from(TOPICS),
        st.integers(1, 100),
    ),
    st.builds(
        lambda names: {"group": names}, st.lists(st.sampled_from(sorted(GROUP_CODES)), min_size=1, max_size=3)
    ),
)
NODES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda kind, nodes: {kind: nodes},
        st.sampled_from(("all", "any", "none")),
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=10,
)


def opinion(node: dict[str, Any], province: Province) -> np.ndarray:
    """Who fulfils a node, the slow and plain way; blank fulfils nothing."""
    for kind, joined in (("all", np.all), ("any", np.any), ("none", np.any)):
        if kind in node:
            parts = [opinion(child, province) for child in node[kind]]
            held = joined(parts or [np.ones(len(province.people))], axis=0)
            return ~held if kind == "none" else held
    if "group" in node:
        return np.isin(province.groups, [GROUP_CODES[name] for name in node["group"]])
    if "score" in node:
        return _score_opinion(node, province.score[node["score"]])
    return _tag_opinion(node, province.people[node["tag"]])


def _score_opinion(node: dict[str, Any], scores: np.ndarray) -> np.ndarray:
    if "top_percent" in node:
        ordered = np.sort(scores[scores >= 0])[::-1]
        best = -(-len(ordered) * node["top_percent"] // 100)
        return scores >= ordered[best - 1]
    return _compared(pd.Series(scores).replace(-1, None), node["op"], round(node["value"] * 10_000))


def _tag_opinion(node: dict[str, Any], values: pd.Series) -> np.ndarray:
    if "is" in node:
        return (values.isna() if node["is"] == "blank" else values.notna()).to_numpy()
    if "between" in node:
        low, high = node["between"]
        return _compared(values, ">=", low) & _compared(values, "<=", high)
    if "op" in node:
        return _compared(values, node["op"], node["value"])
    if "in" in node:
        return (values.notna() & values.isin(node["in"])).to_numpy()
    return (values.notna() & ~values.isin(node["not_in"])).to_numpy()


def _compared(values: pd.Series, op: str, value: Any) -> np.ndarray:
    known = values.notna().to_numpy()
    answer = np.zeros(len(values), dtype=bool)
    given = np.array(values[known].tolist())
    answer[known] = {
        "=": given == value,
        "!=": given != value,
        **({} if isinstance(value, str) else {
            "<": given < value, "<=": given <= value, ">": given > value, ">=": given >= value,
        }),
    }[op]  # fmt: skip
    return answer


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nodes=st.lists(NODES, min_size=0, max_size=4))
def test_a_tree_means_the_same_customers_as_pandas_says(province: Province, nodes: list[Any]) -> None:
    tree = {"version": 1, "all": nodes}
    parsed = parse(tree)
    found = members(parsed, province.generation, province.scores, province.groups)
    expected = np.flatnonzero(opinion(tree, province))
    assert found.tolist() == expected.tolist()
    assert count(parsed, province.generation, province.scores, province.groups) == len(expected)


def test_a_blank_is_in_no_condition_and_in_no_denied_one(province: Province) -> None:
    def people(node: dict[str, Any]) -> set[int]:
        parsed = parse({"version": 1, "all": [node]})
        return set(members(parsed, province.generation, province.scores).tolist())

    blank = set(np.flatnonzero(province.people["brand"].isna()).tolist())
    assert blank
    assert not blank & people({"tag": "brand", "not_in": ["全球通"]})
    assert not blank & people({"tag": "brand", "op": "!=", "value": "全球通"})
    assert blank <= people({"none": [{"tag": "brand", "in": ["全球通"]}]})
    assert people({"tag": "brand", "is": "blank"}) == blank


def test_values_cannot_change_the_question(province: Province) -> None:
    """A value is a value, whatever is written in it; codes that no tag has are refused before that."""
    parsed = parse({"version": 1, "all": [{"tag": "pref", "op": "=", "value": "05"}]})
    sids = members(parsed, province.generation, province.scores)
    assert set(province.generation.texts("pref", sids)) == {"05"}


def test_a_condition_on_groups_needs_groups(province: Province) -> None:
    with pytest.raises(GroupsNotGiven):
        count(parse({"version": 1, "all": [{"group": ["高潜力型"]}]}), province.generation, province.scores)


def test_a_score_nobody_made_is_told(province: Province) -> None:
    tree = parse({"version": 1, "all": [{"score": "crbt_churn", "top_percent": 10}]})
    with pytest.raises(NoScores, match="crbt_churn"):
        count(tree, province.generation, province.scores)


def test_a_tag_without_any_value_is_not_available(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("poor")
    province = customers(20)
    province["fashion"] = None

    warehouse = Warehouse(folder / "warehouse", Keys.from_folder(folder / "keys"))
    generation = warehouse.publish(write_source(folder / "source", province), SNAPSHOT)

    def no_scores(topic: str) -> Any:
        raise AssertionError(topic)

    scores: Scores = no_scores
    with pytest.raises(TagNotAvailable, match="fashion"):
        count(parse({"version": 1, "all": [{"tag": "fashion", "op": "=", "value": "L"}]}), generation, scores)
    assert count(parse({"version": 1, "all": []}), generation, scores) == 20
