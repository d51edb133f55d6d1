"""The pages of dispatch in a real browser: figures that move in place, a pause, and no page too wide."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from models.base import db
from models.execution import Contact, WorkOrder
from tests.app.dispatch import world as make
from tests.app.dispatch.world import World
from tests.browser.conftest import hurdles, refused, served

pytestmark = pytest.mark.browser


@pytest.fixture
def visit(world: World, open_page: Callable[..., Page]) -> Iterator[Callable[..., Page]]:
    """A list being sent, a file that was refused and a time without sending; opens a page of a person."""
    campaign = make.campaign()
    sending = make.order(campaign, planned=200)
    make.answers(make.batch(sending, "taken", sent_to=50), *[0] * 50)
    make.order(campaign, "call", state="to_dispatch", planned=40)
    make.line("work_order", sending.id, unknown=3)
    make.blackout("call")
    make.link("up")
    db.session.remove()

    with served(world.app) as url:

        def open_as(login: str, path: str, language: str = "zh", **size: int) -> Page:
            cookie = world.browser(login, language).get_cookie("session")
            assert cookie is not None
            db.session.remove()
            page = open_page(**size)
            page.context.add_cookies([{"name": "session", "value": cookie.value, "url": url}])
            page.goto(url + path)
            return page

        yield open_as


def test_figures_move_in_place_while_messages_leave(visit: Callable[..., Page]) -> None:
    page = visit("huangzhiyong", "/dispatch/RW-00-2026-0001")
    sent = page.locator("#figures .kpi", has_text="已发").locator(".v")
    expect(sent).to_have_text("50")
    page.evaluate("window.stays = true")
    db.session.query(Contact).filter(Contact.sid <= 120).update({"state": "accepted"})
    db.session.commit()
    db.session.remove()
    expect(sent).to_have_text("120")
    assert page.evaluate("window.stays"), "the page itself was not loaded again"


def test_a_pause_is_asked_for_in_a_dialog_with_its_reason(visit: Callable[..., Page]) -> None:
    page = visit("huangzhiyong", "/dispatch")
    page.get_by_role("button", name="暂停", exact=True).click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("还有 150 户未接触，以后可以恢复。")
    dialog.get_by_role("textbox").fill("客户投诉增多")
    dialog.get_by_role("button", name="暂停", exact=True).click()
    expect(page.locator(".flash")).to_contain_text("已暂停")
    expect(page.locator("#orders")).to_contain_text("客户投诉增多")
    order = db.session.query(WorkOrder).filter_by(channel="sms").one()
    assert (order.state, order.paused_by) == ("paused", "huangzhiyong")


@pytest.mark.parametrize("width", [1440, 1280, 390])
@pytest.mark.parametrize(
    ("login", "path"),
    [
        ("huangzhiyong", "/dispatch"),
        ("zhoulan", "/dispatch/RW-00-2026-0001"),
        ("shilei", "/dispatch/balance"),
        ("linwanqing", "/dispatch/blackouts"),
    ],
)
def test_no_page_is_too_wide_or_hinders_a_reader(
    visit: Callable[..., Page], login: str, path: str, width: int
) -> None:
    page = visit(login, path, "zh" if width == 1440 else "en", width=width)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert [*refused(page), *hurdles(page)] == []
