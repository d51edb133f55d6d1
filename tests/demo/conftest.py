"""One province of full size to measure, and small copies to play on."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from demo.build import build
from demo.market.world import World

DAY = date(2026, 3, 2)


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo province as everybody gets it: 50,000 customers, default seed."""
    folder = tmp_path_factory.mktemp("province")
    build(folder, d0=DAY)
    return folder


@pytest.fixture(scope="session")
def village(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small world to copy from."""
    folder = tmp_path_factory.mktemp("village")
    build(folder, customers=4_000, d0=DAY)
    return folder


@pytest.fixture
def new_village(village: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Fresh copies of the small world: playing leaves traces."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(village, tmp_path / name))

    return copy


@pytest.fixture(scope="session")
def world(province: Path) -> World:
    """The people of the full province, as the market knows them."""
    return World.open(province)
