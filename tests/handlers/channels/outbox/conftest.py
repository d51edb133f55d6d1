"""A world of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.handlers.channels.outbox.world import World, new_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with new_world(tmp_path) as made:
        yield made
