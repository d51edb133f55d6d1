"""A world of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.handlers.channels.outbox.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(f"sqlite:///{tmp_path / 'outbox.sqlite'}")
    yield made
    made.close()
