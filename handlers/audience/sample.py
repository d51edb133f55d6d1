"""A few customers of an audience, numbers masked, each with the conditions that put them there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from handlers.audience.lot import lots
from handlers.audience.query import Groups, Scores, explain
from handlers.audience.sentence import phrase
from handlers.audience.tags import GROUPS
from handlers.audience.tree import SCORE_SCALE, Tree
from handlers.audience.words import Places
from handlers.warehouse import Generation, Sids, Warehouse

#: shown whatever the tree asks
ALWAYS = ("county", "brand", "arpu_fen")


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """One customer as a planner may see him."""

    sid: int
    #: masked
    number: str
    #: tag -> value as stored, None where blank; scores as score_<topic> from 0 to 1; group by name
    values: Mapping[str, Any]
    #: the conditions of the tree that hold for him, in words
    why: tuple[str, ...]


def sample(
    tree: Tree,
    sids: Sids,
    *,
    generation: Generation,
    warehouse: Warehouse,
    scores: Scores,
    groups: Groups | None = None,
    people: int = 20,
    turn: int = 0,
    locale: str = "zh",
    places: Places | None = None,
) -> list[Sampled]:
    """Some customers of a list, drawn by lot; the same turn draws the same ones, the next turn others."""
    drawn = np.sort(sids[np.argsort(lots(sids, "sample", str(turn)), kind="stable")[:people]])
    rows = explain(tree, drawn, generation, scores, groups, ALWAYS)
    names = [phrase(leaf, locale, places) for leaf in tree.leaves()]
    numbers = warehouse.numbers(drawn)
    return [
        Sampled(
            sid=int(row["sid"]),
            number=warehouse.mask(numbers[at]),
            values=_values(row, groups),
            why=tuple(dict.fromkeys(said for leaf, said in enumerate(names) if row[f"leaf_{leaf}"])),
        )
        for at, row in enumerate(rows.to_pylist())
    ]


def _values(row: Mapping[str, Any], groups: Groups | None) -> dict[str, Any]:
    """What is shown of this customer, named as readers know it."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if name.startswith("score_"):
            found[name] = None if value is None else value / SCORE_SCALE
        elif name != "sid" and name != "group_code" and not name.startswith("leaf_"):
            found[name] = value
    if groups is not None:
        code = int(groups[row["sid"]])
        found["group"] = list(GROUPS)[code - 1] if code else None
    return found
