"""The diagrams, the forms and the code name the same things."""

import json
from pathlib import Path

import pytest
from lxml import etree

from app.commands.publish import PROCESSES
from handlers import loop
from handlers.operation import operations_of

ROOT = Path(__file__).parents[2]
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
NAME_EN = "{http://bihuan.org/schema/1.0}name_en"
DIAGRAMS = sorted((ROOT / "bpmn").rglob("*.bpmn"))
FORMS = sorted((ROOT / "bpmn" / "forms").glob("*.json"))
OPERATIONS = operations_of((*loop.STAGES, *loop.PROCESSES), workshop=None)


def calls() -> list[tuple[str, str, frozenset[str]]]:
    return [
        (path.stem, call.get("id"), frozenset(p.get("id") for p in call.iter(f"{SPIFF}parameter")))
        for path in DIAGRAMS
        for call in etree.parse(path).iter(f"{SPIFF}serviceTaskOperator")
    ]


@pytest.mark.parametrize(("diagram", "operation", "given"), calls())
def test_a_service_task_calls_an_operation_with_its_own_parameters(
    diagram: str, operation: str, given: frozenset[str]
) -> None:
    known = OPERATIONS[operation]
    assert set(known.required) <= given <= set(known.parameters)


def test_every_operation_is_called_by_a_diagram() -> None:
    assert {operation for _, operation, _ in calls()} == set(OPERATIONS)


def test_a_stage_diagram_calls_only_its_own_stage() -> None:
    assert all(operation.split(".")[0] == diagram for diagram, operation, _ in calls() if diagram != "loop")


def test_every_diagram_is_published() -> None:
    published = {path for files, _ in PROCESSES for path in (ROOT / "bpmn").glob(files)}
    assert published == set(DIAGRAMS)


def test_the_loop_calls_the_stages_in_the_order_of_the_code() -> None:
    tree = etree.parse(ROOT / "bpmn" / "loop" / "loop.bpmn")
    called = [node.get("calledElement") for node in tree.iter(f"{BPMN}callActivity")]
    assert called == [stage.__name__.rpartition(".")[2] for stage in loop.STAGES]


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_every_name_in_a_diagram_has_an_english_twin(path: Path) -> None:
    named = [node for node in etree.parse(path).iter() if _is_read_by_people(node)]
    assert [node.get("id") for node in named if not node.get(NAME_EN)] == []


def _is_read_by_people(node: etree._Element) -> bool:
    return isinstance(node.tag, str) and node.tag.startswith(BPMN) and _plain(node) and bool(node.get("name"))


def _plain(node: etree._Element) -> bool:
    machines = {"message", "dataInput", "dataOutput", "inputDataItem", "outputDataItem"}
    return etree.QName(node).localname not in machines


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_every_element_of_a_diagram_is_drawn(path: Path) -> None:
    tree = etree.parse(path)
    drawn = {node.get("bpmnElement") for node in tree.iter() if node.get("bpmnElement")}
    kinds = ("Task", "Event", "Gateway", "callActivity", "subProcess", "sequenceFlow")
    there = {
        node.get("id")
        for node in tree.iter()
        if isinstance(node.tag, str) and node.tag.startswith(BPMN) and node.tag.endswith(kinds)
    }
    assert there <= drawn


def test_every_form_named_in_a_diagram_exists_and_is_used() -> None:
    named = {
        node.get("value")
        for path in DIAGRAMS
        for node in etree.parse(path).iter(f"{SPIFF}property")
        if node.get("name") == "form"
    }
    assert named == {path.stem for path in FORMS}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_every_label_of_a_form_has_an_english_twin(path: Path) -> None:
    lacking = [
        part.get("key")
        for part in _parts(json.loads(path.read_text()))
        if "label" in part and not part.get("label_en")
    ]
    assert lacking == []


def _parts(form: dict) -> list[dict]:
    found = list(form.get("components", []))
    for part in list(found):
        found += part.get("values", [])
        found += _parts(part)
    return found


def test_decisions_named_in_diagrams_are_tables_of_the_repository() -> None:
    tables = {path.stem for path in (ROOT / "bpmn" / "rules").glob("*.dmn")}
    called = {
        (node.text or "").strip()
        for path in DIAGRAMS
        for node in etree.parse(path).iter(f"{SPIFF}calledDecisionId")
    }
    assert called <= tables
