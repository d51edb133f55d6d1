"""A fresh world for each walk, and the count of all flows after the last one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bpmn import walk as walking
from tests.bpmn.walk import DIAGRAMS, Walk

HERE = Path(__file__).parent
WALKS = {f"test_{name}.py" for name in DIAGRAMS}
LAST = "test_every_flow.py"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return walking.prepare(tmp_path_factory.mktemp("loop"))


@pytest.fixture
def walk(template: Path, tmp_path: Path) -> Iterator[Walk]:
    walk = walking.begin(template, tmp_path)
    yield walk
    walk.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What counts flows comes after everything that walks."""
    items.sort(key=lambda item: item.path.name == LAST and item.path.parent == HERE)


@pytest.fixture
def walks_of_this_session(request: pytest.FixtureRequest) -> set[str]:
    """Skips where only some diagrams are walked: then nothing can be said about all flows."""
    here = {item.path.name for item in request.session.items if item.path.parent == HERE}
    if not here >= WALKS:
        pytest.skip("only some of the diagrams are walked in this session")
    return walking.taken
