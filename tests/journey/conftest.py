"""An office of its own for each story told inside this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journey.office import Office, opened


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Everything set up on a Monday morning; nothing planned yet."""
    with opened(tmp_path / "instance") as office:
        yield office
