"""No arrow is only drawn: the engine's own record says that each was taken by some walk."""

import pytest

from tests.bpmn.conftest import HERE, WALKS
from tests.bpmn.walk import DIAGRAMS, drawn_flows


def test_each_diagram_has_a_test_file_of_its_name() -> None:
    assert {path.name for path in HERE.glob("test_*.py")} >= WALKS


@pytest.mark.parametrize("diagram", DIAGRAMS)
def test_every_flow_of_a_diagram_was_taken(diagram: str, walks_of_this_session: set[str]) -> None:
    drawn = {flow for flow in drawn_flows() if flow.startswith(f"{diagram}/")}
    assert drawn
    assert sorted(drawn - walks_of_this_session) == []
