"""The engine against the public compatibility kit of DMN, level 2."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from handlers.decisions import Model, load
from tests.handlers.decisions.tck import result_nodes

OPEN_DATA = Path(os.environ.get("OPEN_DATA", "../shared/data")) / "dmn" / "tck-level-2"

pytestmark = [
    pytest.mark.open_data,
    pytest.mark.skipif(not OPEN_DATA.is_dir(), reason="the compatibility kit is not in OPEN_DATA"),
]


def is_same(given: object, wanted: object) -> bool:
    if isinstance(wanted, list):
        return (
            isinstance(given, list)
            and len(given) == len(wanted)
            and all(is_same(*pair) for pair in zip(given, wanted, strict=True))
        )
    if isinstance(wanted, dict):
        return (
            isinstance(given, dict)
            and given.keys() == wanted.keys()
            and all(is_same(given[k], wanted[k]) for k in wanted)
        )
    if isinstance(wanted, Decimal):
        is_number = isinstance(given, int | Decimal) and not isinstance(given, bool)
        return is_number and abs(Decimal(str(given)) - wanted) < Decimal("1e-8")
    return type(given) is type(wanted) and given == wanted


def test_every_result_node_of_level_two_comes_out_as_the_kit_says() -> None:
    models: dict[Path, Model] = {}
    nodes = list(result_nodes(OPEN_DATA))
    wrong = []
    for node in nodes:
        model = models.get(node.model) or models.setdefault(node.model, load(node.model.read_bytes()))
        given = model.decide(node.decision, node.inputs)
        if not is_same(given, node.value):
            wrong.append((node.suite, node.case, given, node.value))
    assert wrong == []
    assert (len(nodes), sum(node.is_table for node in nodes), len(models)) == (126, 51, 28)
