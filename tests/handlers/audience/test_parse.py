"""Which trees are accepted, and what a refused one says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.audience import TreeProblem, as_json, digest, parse
from handlers.audience.problems import (
    EmptyBranch,
    EmptyList,
    FieldUnfit,
    NotACondition,
    NotATree,
    OperatorUnfit,
    RangeReversed,
    TooDeep,
    TooLarge,
    TooManyValues,
    UnknownGroup,
    UnknownTag,
    ValueUnfit,
)


def _tree(*nodes: Any) -> dict[str, Any]:
    return {"version": 1, "all": list(nodes)}


def _deep(levels: int) -> dict[str, Any]:
    node: dict[str, Any] = {"tag": "age", "op": ">", "value": 3}
    for _ in range(levels - 1):
        node = {"any": [node]}
    return _tree(node) if levels > 1 else _tree()


REFUSED = [
    ([], NotATree, ""),
    ({"version": 2, "all": []}, NotATree, ""),
    ({"version": 1}, NotATree, ""),
    ({"version": 1, "all": [], "any": []}, NotATree, ""),
    (_tree(7), NotACondition, "all[0]"),
    (_tree({"tag": "age"}), NotACondition, "all[0]"),
    (_tree({"any": [{"tag": "age", "op": ">", "value": 3}, {}]}), NotACondition, "all[0].any[1]"),
    (_tree({"all": "x"}), FieldUnfit, "all[0]"),
    (_tree({"tag": "age", "op": "~", "value": 3}), FieldUnfit, "op"),
    (_tree({"tag": "age", "is": "odd"}), FieldUnfit, "is"),
    (_tree({"score": "crbt_potential", "top_percent": 0}), FieldUnfit, "top_percent"),
    (_tree({"score": "crbt_potential", "top_percent": 101}), FieldUnfit, "top_percent"),
    (_tree({"score": "crbt_potential", "op": ">", "value": 1.5}), FieldUnfit, "value"),
    (_tree({"score": "../../keys", "op": ">", "value": 1}), FieldUnfit, "score"),
    (_tree({"any": []}), EmptyBranch, "all[0]"),
    ({"version": 1, "none": []}, EmptyBranch, "none"),
    (_tree({"tag": "shoe_size", "op": ">", "value": 3}), UnknownTag, "shoe_size"),
    (_tree({"tag": "black_list", "op": "=", "value": True}), UnknownTag, "black_list"),
    (_tree({"tag": "brand", "op": ">", "value": "全球通"}), OperatorUnfit, "= !="),
    (_tree({"tag": "v_crbt", "in": [True]}), OperatorUnfit, "v_crbt"),
    (_tree({"tag": "brand", "between": [1, 2]}), OperatorUnfit, "between"),
    (_tree({"tag": "brand", "op": "=", "value": "小灵通"}), ValueUnfit, "小灵通"),
    (_tree({"tag": "pref", "op": "=", "value": "5' OR 1=1"}), ValueUnfit, "pref"),
    (_tree({"tag": "pref", "op": "=", "value": "05\n"}), ValueUnfit, "pref"),
    (_tree({"tag": "age", "op": "=", "value": "18"}), ValueUnfit, "18"),
    (_tree({"tag": "age", "op": "=", "value": True}), ValueUnfit, "True"),
    (_tree({"tag": "age", "op": "=", "value": 18.5}), ValueUnfit, "18.5"),
    (_tree({"tag": "age", "op": "=", "value": float("nan")}), ValueUnfit, "nan"),
    (_tree({"tag": "age", "op": "=", "value": 10**12}), ValueUnfit, "age"),
    (_tree({"tag": "v_crbt", "op": "=", "value": 1}), ValueUnfit, "v_crbt"),
    (_tree({"tag": "age", "between": [18]}), ValueUnfit, "[a, b]"),
    (_tree({"tag": "age", "between": [23, 18]}), RangeReversed, "23"),
    (_tree({"tag": "pref", "in": []}), EmptyList, "all[0]"),
    (_tree({"tag": "age", "in": list(range(1001))}), TooManyValues, "1001"),
    (_tree({"group": []}), EmptyList, "all[0]"),
    (_tree({"group": ["高潜力型", "大款"]}), UnknownGroup, "大款"),
    (_deep(9), TooDeep, "8"),
    (_tree(*[{"tag": "age", "op": ">", "value": 3}] * 200), TooLarge, "200"),
]


@pytest.mark.parametrize(("described", "problem", "says"), REFUSED)
def test_a_tree_that_cannot_be_used_says_where_and_what(
    described: object, problem: type[TreeProblem], says: str
) -> None:
    with pytest.raises(problem) as refused:
        parse(described)
    assert says in str(refused.value)
    assert str(refused.value).rstrip().endswith((".", "!"))


def test_eight_levels_and_two_hundred_nodes_are_accepted() -> None:
    assert len(parse(_deep(8)).leaves()) == 1
    assert len(parse(_tree(*[{"tag": "age", "op": ">", "value": 3}] * 199)).leaves()) == 199


def test_a_bottomless_tree_is_refused_without_a_crash() -> None:
    node: Any = {"tag": "age", "op": ">", "value": 3}
    for _ in range(5000):
        node = {"all": [node]}
    with pytest.raises(TreeProblem):
        parse(_tree(node))


def test_trees_that_mean_the_same_have_one_digest() -> None:
    one = _tree(
        {"tag": "pref", "in": ["05", "02", "05"]},
        {"score": "crbt_potential", "op": ">=", "value": 0.5},
        {"tag": "v_crbt", "op": "!=", "value": True},
        {"group": ["中潜力型", "高潜力型"]},
        {"score": "crbt_potential", "top_percent": 20.0},
    )
    same = _tree(
        {"tag": "pref", "in": ["02", "05"]},
        {"value": 0.50000, "score": "crbt_potential", "op": ">="},
        {"tag": "v_crbt", "op": "=", "value": False},
        {"group": ["高潜力型", "中潜力型", "中潜力型"]},
        {"score": "crbt_potential", "top_percent": 20},
    )
    assert digest(parse(one)) == digest(parse(same))
    other = _tree({"tag": "pref", "in": ["02"]})
    assert digest(parse(one)) != digest(parse(other))


def test_the_written_form_reads_back_as_the_same_tree() -> None:
    tree = parse(
        _tree(
            {"any": [{"tag": "age", "between": [18, 23]}, {"tag": "sex", "not_in": ["男"]}]},
            {"none": [{"score": "migrant", "op": "<", "value": 0.1234}, {"tag": "brand", "is": "blank"}]},
            {"score": "migrant", "top_percent": 12.5},
        )
    )
    assert parse(as_json(tree)) == tree


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                (
                    "version",
                    "all",
                    "any",
                    "none",
                    "tag",
                    "op",
                    "value",
                    "in",
                    "between",
                    "is",
                    "score",
                    "group",
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(nodes=st.lists(JSON, max_size=3))
def test_whatever_comes_is_parsed_or_refused_with_a_reason(nodes: list[Any]) -> None:
    try:
        tree = parse({"version": 1, "all": nodes})
    except TreeProblem as refused:
        assert str(refused)
    else:
        assert parse(as_json(tree)) == tree
