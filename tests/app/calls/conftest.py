"""A call list of four customers on a Monday morning."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.calls.world import World, world_in


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The product, no list opened yet."""
    with world_in(tmp_path) as found:
        yield found
