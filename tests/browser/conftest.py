"""The product on a loopback address, and the whole demo at work, for a browser to visit."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from tests.browser.seen import hurdles, refused
from tests.browser.world import World, opened

__all__ = ["hurdles", "refused"]


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
