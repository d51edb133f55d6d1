"""What a test needs of the machine and does not find."""

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip the test and say why; where nothing may be skipped (NOTHING_SKIPPED is set), fail it."""
    if os.environ.get("NOTHING_SKIPPED"):
        pytest.fail(f"{what}, and nothing may be skipped here")
    pytest.skip(what)
