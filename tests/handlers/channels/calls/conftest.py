"""A call desk on Monday, 2 March 2026, nine in the morning."""

import pytest

from tests.factories.stage import Stage
from tests.handlers.channels.calls.desk import Desk, open_list, sell_by_word, willing


@pytest.fixture
def desk(stage: Stage) -> Desk:
    """Four customers to be called about ring-back tones, which are ordered by a word."""
    sell_by_word()
    return open_list(stage, willing(stage, 4))
