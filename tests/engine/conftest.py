"""Worlds for the tests of the engine."""

from collections.abc import Callable, Iterator

import pytest

from tests.engine.world import World


@pytest.fixture
def world() -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(*operations: object, **how: object) -> World:
        made.append(World(*operations, **how))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.close()
