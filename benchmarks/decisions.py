"""Decision tables against SpiffWorkflow's own engine, case by case, and how many rows a second in bulk."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from time import process_time
from types import SimpleNamespace
from typing import Any

import numpy as np
from lxml import etree
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.dmn.parser.BpmnDmnParser import BpmnDmnParser

from handlers.decisions import Coded, Library

TABLE = "fourteen_groups"
FILE = Path(__file__).parents[1] / "bpmn" / "rules" / f"{TABLE}.dmn"
VALUES = {"paying": "HML", "price_attitude": "IET", "fashion": "LFC", "learning": "hl"}
CASES = [dict(zip(VALUES, cell, strict=True)) for cell in product(*VALUES.values())]
ROUNDS = 5
DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"


def run(rows: int = 1_000_000) -> Iterator[dict[str, object]]:
    """The figures of this file: one case against the peer in CPU seconds, and bulk in rows a second."""
    yield _case()
    yield _bulk(rows)


def _case() -> dict[str, object]:
    """Both engines decide all 54 cells; the peer's cells are written so that it answers rightly."""
    library = Library()
    digest = library.add(FILE.read_bytes())
    peer = _peer(FILE.read_bytes())

    def ours(case: dict[str, str]) -> object:
        return library.decide(digest, TABLE, case)["group"]

    if any(ours(case) != peer(case) for case in CASES):
        raise RuntimeError("the two engines do not agree on the fourteen groups")
    mine, theirs = _interleaved(lambda: _decide_all(ours, 10), lambda: _decide_all(peer, 1))
    mine, theirs = mine / (10 * len(CASES)), theirs / len(CASES)
    ratio = theirs / mine
    return {
        "name": "decisions.case",
        "ratio": round(ratio, 1),
        "target": ">=8",
        "holds": ratio >= 8,
        "figure": round(mine * 1e6, 1),
        "unit": "us",
        "n": len(CASES),
    }


def _bulk(rows: int) -> dict[str, object]:
    library = Library()
    table = library.model(library.add(FILE.read_bytes())).table(TABLE)
    random = np.random.default_rng(1)
    columns = {
        name: Coded(codes=random.integers(0, len(values), rows, dtype=np.int8), categories=list(values))
        for name, values in VALUES.items()
    }
    best = min(_seconds(lambda: table.bulk(columns, rows)) for _ in range(ROUNDS))
    return {
        "name": "decisions.bulk",
        "ratio": None,
        "target": None,
        "holds": None,
        "figure": round(rows / best),
        "unit": "rows/s",
        "n": rows,
    }


def _decide_all(decide: Callable[[dict[str, str]], object], times: int) -> None:
    for _ in range(times):
        for case in CASES:
            decide(case)


def _interleaved(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    pairs = [(_seconds(one), _seconds(other)) for _ in range(ROUNDS)]
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)


def _seconds(work: Callable[[], object]) -> float:
    begun = process_time()
    work()
    return process_time() - begun


def _peer(xml: bytes) -> Callable[[dict[str, str]], object]:
    """SpiffWorkflow's engine on the same rules: lists become `? in (..)`, dashes become empty cells."""
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    for note in list(
        root.iter(*(f"{DMN}{name}" for name in ("annotation", "annotationEntry", "extensionElements")))
    ):
        parent = note.getparent()
        if parent is not None:
            parent.remove(note)
    for cell in root.iter(f"{DMN}inputEntry"):
        text = cell[0]
        text.text = _in_python(text.text or "")
    parser: Any = BpmnDmnParser()
    parser.add_dmn_str(etree.tostring(root))
    engine: Any = parser.get_engine(TABLE, None)
    workflow = SimpleNamespace(script_engine=PythonScriptEngine())
    spec = SimpleNamespace(name="n", description="", file=None, bpmn_name="n", bpmn_id="n", line_number=1)

    def decide(case: dict[str, str]) -> object:
        task = SimpleNamespace(data=case, workflow=workflow, task_spec=spec, id="1", parent=None)
        return engine.result(task)["group"]

    return decide


def _in_python(cell: str) -> str:
    return "" if cell == "-" else f"? in ({cell})" if "," in cell else cell
