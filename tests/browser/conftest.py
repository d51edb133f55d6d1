"""The whole demo at work, for a browser to visit."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.seen import hurdles, refused
from tests.browser.serve import served
from tests.browser.world import SOON, World, opened

__all__ = ["hurdles", "refused", "served"]

expect.set_options(timeout=SOON)


@pytest.fixture(scope="session")
def province(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo with its own web, worker and market, for all tests of this session."""
    with opened(browser, tmp_path_factory.mktemp("province")) as world:
        yield world


@pytest.fixture
def world(province: World) -> Iterator[World]:
    """The province with no window open yet; whatever a page complained about fails the test."""
    province.faults.clear()
    yield province
    province.close_pages()
    assert province.faults == []
