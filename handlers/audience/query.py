"""From a condition tree to customers: Ibis compiles it, DuckDB runs it; the same tree could run elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any, Protocol

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis import ir

from handlers.audience.problems import GroupsNotGiven, TagNotAvailable
from handlers.audience.tags import GROUP_CODES
from handlers.audience.tree import (
    Between,
    Branch,
    Compare,
    InGroup,
    Leaf,
    Node,
    OneOf,
    Presence,
    ScoreCompare,
    Top,
    Tree,
)
from handlers.warehouse import Generation, Sids

#: dense by sid: code of the customer's group, 0 unknown
Groups = npt.NDArray[np.int8]
TYPES = {
    "BIGINT": "int64",
    "INTEGER": "int32",
    "SMALLINT": "int16",
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
}


class ScoreFile(Protocol):
    """The scores of one topic for one snapshot, as the scoring tool keeps them."""

    @property
    def path(self) -> Path:
        """Parquet: sid int64, score int32 in ten-thousandths."""

    def threshold(self, top_percent: Decimal) -> int:
        """The lowest score that is among the best so many percent."""


class Scores(Protocol):
    """Where scores are found by topic."""

    def __call__(self, topic: str) -> ScoreFile:
        """The newest scores of a topic; raises what is wrong if there are none."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a tree compiles against: two equal shapes give the same SQL."""

    columns: tuple[tuple[str, str], ...]
    #: (topic, percent) -> lowest score
    thresholds: tuple[tuple[Top, int], ...]


def count(tree: Tree, generation: Generation, scores: Scores, groups: Groups | None = None) -> int:
    """How many customers of the snapshot the tree means."""
    rows = _run(_count_sql(tree, _shape(tree, generation, scores)), tree, generation, scores, groups)
    return int(rows["people"][0].as_py())


def members(tree: Tree, generation: Generation, scores: Scores, groups: Groups | None = None) -> Sids:
    """The customers of the snapshot the tree means, sorted by sid."""
    rows = _run(_members_sql(tree, _shape(tree, generation, scores)), tree, generation, scores, groups)
    sids: Sids = np.sort(rows["sid"].to_numpy())
    return sids


def explain(
    tree: Tree,
    sids: Sids,
    generation: Generation,
    scores: Scores,
    groups: Groups | None = None,
    also: Sequence[str] = (),
) -> pa.Table:
    """For a few customers, by sid: tags and scores of the tree and `also`, and `leaf_<n>`: does it hold."""
    sql = _explain_sql(tree, _shape(tree, generation, scores, also))
    chosen = {"chosen": pa.table({"sid": pa.array(sids, type=pa.int64())})}
    return _run(sql, tree, generation, scores, groups, chosen)


def _run(
    sql: str,
    tree: Tree,
    generation: Generation,
    scores: Scores,
    groups: Groups | None,
    tables: dict[str, pa.Table] | None = None,
) -> pa.Table:
    tables = dict(tables or {})
    if tree.asks_groups:
        if groups is None:
            raise GroupsNotGiven()
        tables["groups"] = pa.table({"sid": np.arange(len(groups)), "code": groups})
    files = {f"score_{topic}": scores(topic).path for topic in tree.topics()}
    return generation.query(sql, tables=tables, files=files)


def _shape(tree: Tree, generation: Generation, scores: Scores, also: Sequence[str] = ()) -> Shape:
    for tag in tree.tags():
        if not generation.offers(tag):
            raise TagNotAvailable(tag=tag, snapshot=generation.snapshot.isoformat())
    tops = dict.fromkeys(leaf for leaf in tree.leaves() if isinstance(leaf, Top))
    names = dict.fromkeys(("sid", *tree.tags(), *(tag for tag in also if generation.offers(tag))))
    return Shape(
        columns=tuple((name, generation.columns[name]) for name in names),
        thresholds=tuple((top, scores(top.topic).threshold(top.percent)) for top in tops),
    )


@lru_cache(maxsize=256)
def _count_sql(tree: Tree, shape: Shape) -> str:
    table = _joined(tree, shape)
    meant = table.filter(_holds(tree.root, table, shape))
    return _sql(meant.aggregate(people=meant.count()))


@lru_cache(maxsize=256)
def _members_sql(tree: Tree, shape: Shape) -> str:
    table = _joined(tree, shape)
    return _sql(table.filter(_holds(tree.root, table, shape)).select("sid"))


@lru_cache(maxsize=64)
def _explain_sql(tree: Tree, shape: Shape) -> str:
    table = _joined(tree, shape).semi_join(ibis.table({"sid": "int64"}, name="chosen"), "sid")
    leaves = {
        f"leaf_{at}": _holds(leaf, table, shape).fill_null(False) for at, leaf in enumerate(tree.leaves())
    }
    return _sql(table.mutate(**leaves).order_by("sid"))


def _sql(expression: ir.Table) -> str:
    return str(ibis.to_sql(expression, dialect="duckdb"))


def _joined(tree: Tree, shape: Shape) -> ir.Table:
    """Customers beside the scores and groups the tree asks for; who has none has a blank there."""
    table = ibis.table({name: TYPES[kind] for name, kind in shape.columns}, name="customers")
    for topic in tree.topics():
        scores = ibis.table({"sid": "int64", "score": "int32"}, name=f"score_{topic}")
        table = _beside(table, scores.rename({f"score_{topic}": "score"}))
    if tree.asks_groups:
        groups = ibis.table({"sid": "int64", "code": "int8"}, name="groups")
        table = _beside(table, groups.rename(group_code="code"))
    return table


def _beside(table: ir.Table, other: ir.Table) -> ir.Table:
    return table.left_join(other, "sid", rname="{name}_right").drop("sid_right")


def _holds(node: Node, table: ir.Table, shape: Shape) -> ir.BooleanValue:
    """True where the node holds; under all and any a blank counts as no, so only `none` must say so."""
    if not isinstance(node, Branch):
        return _leaf(node, table, shape)
    parts = [_holds(child, table, shape) for child in node.nodes]
    if node.kind == "all":
        return _all(parts)
    held = reduce(lambda left, right: left | right, parts)
    return held if node.kind == "any" else ~held.fill_null(False)


def _all(parts: Sequence[ir.BooleanValue]) -> ir.BooleanValue:
    return reduce(lambda left, right: left & right, parts) if parts else ibis.literal(True)


def _leaf(leaf: Leaf, table: ir.Table, shape: Shape) -> ir.BooleanValue:
    match leaf:
        case Compare():
            return _compare(table[leaf.tag], leaf.op, leaf.value)
        case OneOf():
            among = table[leaf.tag].isin(leaf.values)
            return ~among if leaf.negated else among
        case Between():
            return table[leaf.tag].between(leaf.low, leaf.high)
        case Presence():
            return table[leaf.tag].isnull() if leaf.blank else table[leaf.tag].notnull()
        case _:
            return _model_leaf(leaf, table, shape)


def _model_leaf(leaf: Leaf, table: ir.Table, shape: Shape) -> ir.BooleanValue:
    match leaf:
        case Top():
            return table[f"score_{leaf.topic}"] >= dict(shape.thresholds)[leaf]
        case ScoreCompare():
            return _compare(table[f"score_{leaf.topic}"], leaf.op, leaf.value)
        case InGroup():
            return table["group_code"].isin([GROUP_CODES[name] for name in leaf.groups])
    raise TypeError(leaf)


def _compare(column: Any, op: str, value: int | str | bool) -> ir.BooleanValue:
    comparisons = {
        "=": column == value,
        "!=": column != value,
        "<": column < value,
        "<=": column <= value,
        ">": column > value,
        ">=": column >= value,
    }
    return comparisons[op]
