"""A real browser on a loopback server; what is missing on this machine skips the tests and is named."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from app.assets import DIST, read_manifest
from tests.browser.seen import LISTEN, hurdles, refused
from tests.browser.world import World, opened

__all__ = ["hurdles", "refused"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, from the system."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    if not read_manifest(DIST):
        pytest.skip("the front end is not built: make setup")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application on a free loopback port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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
