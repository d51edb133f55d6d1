"""The stage on which the operations of the loop are tried."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.stage import Stage, on_stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with on_stage(tmp_path) as stage:
        yield stage
