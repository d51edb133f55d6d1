"""The inbox and the trail under real keys and real swaps."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from app.engine.history import Happening, append
from app.engine.values import Actor
from models.base import db
from tests.app.inbox import office
from tests.app.inbox.world import NOW, new_campaign, new_to_do
from tests.browser.conftest import hurdles, refused, served

pytestmark = pytest.mark.browser

DIAGRAM = Path("bpmn/loop/approve.bpmn")


class WithDiagram(office.StandIn):
    """The stand-in with the product's own drawing."""

    def source(self, version_id: int, file: str) -> str:
        return DIAGRAM.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, str]]:
    app = office.new_app(f"sqlite:///{tmp_path_factory.mktemp('inbox') / 'office.sqlite'}")
    with served(app) as url:
        yield app, url
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def desk(site: tuple[Flask, str], open_page: Callable[..., Page]) -> Iterator[Callable[..., Page]]:
    """Three reviews for one approver; opens a page of a person at an address."""
    app, url = site
    office.refurnish(app)
    app.extensions["engine"] = WithDiagram(lambda: NOW)
    with app.app_context():
        engine = db.engine
    with Session(engine) as session:
        for serial in (1, 2, 3):
            campaign = new_campaign(session, serial)
            new_to_do(session, campaign, "prefecture_review", assignee="gaoyang")
            subject = ("campaign", campaign.id)
            for verb in ("started", "claimed"):
                append(
                    session, f"process:{campaign.process_id}", [Happening(verb=verb)],
                    actor=Actor("yefang"), now=NOW, subject=subject,
                )  # fmt: skip
        session.commit()

    def open_as(login: str, address: str, **size: Any) -> Page:
        cookie = office.signed_in(app, login, "zh").get_cookie("session")
        assert cookie is not None
        page = open_page(**size)
        page.context.add_cookies([{"name": "session", "value": cookie.value, "url": url}])
        page.goto(url + address)
        return page

    yield open_as


def test_keys_walk_the_list_refuse_a_silent_adjust_and_pass_to_the_next(desk: Callable[..., Page]) -> None:
    page = desk("gaoyang", "/to-dos")
    expect(page.locator("bihuan-diagram[data-ready] svg").first).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator(".it[aria-current] .nm")).to_have_text("学林校园迎新飞信推广2")
    assert "/to-dos/" in page.url
    page.keyboard.press("a")
    expect(page.locator("#opinion-error")).to_be_visible()
    expect(page.locator("textarea[aria-invalid]")).to_be_focused()
    expect(page.locator("bihuan-diagram[data-ready] svg").first).to_be_visible()
    page.keyboard.type("请写明资费")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator(".it[aria-current] .nm")).to_have_text("学林校园迎新飞信推广3")
    expect(page.locator(".it")).to_have_count(2)
    page.keyboard.press("p")
    expect(page.locator(".it")).to_have_count(1)
    assert refused(page) == []


def test_what_is_typed_outlives_a_reload(desk: Callable[..., Page]) -> None:
    page = desk("gaoyang", "/to-dos")
    page.keyboard.press("o")
    page.keyboard.type("再看一下")
    with page.expect_response("**/draft"):
        page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("textarea")).to_have_value("再看一下")


def test_on_a_phone_list_and_detail_are_pages_of_their_own(desk: Callable[..., Page]) -> None:
    page = desk("gaoyang", "/to-dos", width=390, height=844)
    expect(page.locator(".det")).to_be_hidden()
    page.locator(".it").nth(1).click()
    expect(page.locator(".list")).to_be_hidden()
    expect(page.locator(".det")).to_be_visible()
    expect(page.locator("bihuan-diagram[data-ready] svg").first).to_be_attached()
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    page.get_by_role("link", name="‹ 待办").click()
    expect(page.locator(".list")).to_be_visible()


def test_keys_walk_the_events_of_a_trail(desk: Callable[..., Page]) -> None:
    page = desk("shilei", "/trail/1")
    expect(page.locator("bihuan-diagram[data-ready] svg").first).to_be_visible()
    page.keyboard.press("k")
    expect(page.locator(".ev li.on")).to_contain_text("发起流程")
    assert "event=1" in page.url
    assert refused(page) == []


@pytest.mark.parametrize(
    ("login", "address"), [("gaoyang", "/to-dos"), ("shilei", "/trail"), ("shilei", "/trail/1")]
)
def test_no_page_puts_hurdles_before_readers(desk: Callable[..., Page], login: str, address: str) -> None:
    page = desk(login, address)
    page.wait_for_load_state("networkidle")
    assert hurdles(page) == []
