"""The stage on which the operations of the loop are tried."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.campaign import Campaign
from tests.factories.stage import Stage, before_dispatch, in_feedback, on_stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Everything furnished, no campaign begun."""
    with on_stage(tmp_path) as stage:
        yield stage


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[tuple[Stage, Campaign]]:
    """A campaign planned and approved on Monday, 2 March 2026, its messages to leave on Thursday."""
    with before_dispatch(tmp_path) as found:
        yield found


@pytest.fixture
def sent(tmp_path: Path) -> Iterator[tuple[Stage, Campaign]]:
    """A campaign whose messages left on Thursday, 5 March 2026, at nine."""
    with in_feedback(tmp_path) as found:
        yield found
