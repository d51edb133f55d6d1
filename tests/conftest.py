"""What tests of every folder may ask for: one real browser a session; where it is missing, that is said."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from app.assets import DIST, read_manifest
from tests import databases
from tests.browser.seen import LISTEN
from tests.missing import missing

#: fixtures behind which there is a database that TEST_DATABASE chooses
ON_EITHER_DATABASE = frozenset(
    {"database", "desk", "full", "world", "session", "stage", "ready", "sent", "door", "web", "planner_web"}
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is to be run on both databases."""
    for item in items:
        if ON_EITHER_DATABASE & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.database)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """A test's databases go with its folder."""
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if folder is not None:
        databases.drop_below(folder)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, from the system."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        missing("Chromium is not installed")
    if not read_manifest(DIST):
        missing("the front end is not built: make setup")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages that note every refusal of the content policy and every script error."""
    contexts = []

    def open_one(locale: str = "zh-CN", width: int = 1440, height: int = 900) -> Page:
        context = browser.new_context(locale=locale, viewport={"width": width, "height": height})
        context.add_init_script(LISTEN)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

    yield open_one
    for context in contexts:
        context.close()
