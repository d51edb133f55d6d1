"""The pages of dispatch, for each test anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.dispatch.world import World, opened


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A furnished office on Monday morning, nothing dispatched yet."""
    with opened(tmp_path) as world:
        yield world
