"""The desk under real keys: a call agent's mouse is never needed."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from handlers.channels import calls
from models.base import db
from models.call import Call, CallAttempt, OrderRequest
from tests.app.calls.world import World, world_in
from tests.browser.conftest import hurdles, refused, served
from tests.browser.seen import chinese

pytestmark = pytest.mark.browser

SHOTS = Path("var/screenshots")
OpenAs = Callable[..., Page]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[World, str]]:
    """Six customers to be called, and where the product is served."""
    with world_in(tmp_path) as world:
        world.open(6)
        db.session.remove()
        with served(world.app) as url:
            yield world, url


@pytest.fixture
def at_desk(site: tuple[World, str], open_page: OpenAs) -> OpenAs:
    """The call agent at the desk, with the first customer on it."""
    world, url = site

    def open_one(language: str = "zh", **size: int) -> Page:
        cookie = world.browser(language=language).get_cookie("session")
        assert cookie is not None
        page = open_page(locale={"zh": "zh-CN", "en": "en-GB"}[language], **size)
        page.context.add_cookies([{"name": "session", "value": cookie.value, "url": url}])
        page.goto(url + "/")
        page.keyboard.press("Enter")
        expect(page.locator(".phone")).to_be_visible()
        return page

    return open_one


def keep(page: Page, name: str) -> list[str]:
    """A screenshot, and what is wrong with the page."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"desk-{name}.png")
    wide = page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    return [*hurdles(page), *refused(page), *(["wider than its screen"] if wide else [])]


def test_a_day_is_worked_by_keys_alone(site: tuple[World, str], at_desk: OpenAs) -> None:
    world, _ = site
    page = at_desk()
    for key, panel in (("4", ".not_reached"), ("3", ".refuse"), ("2", ".consider")):
        page.keyboard.press(key)
        expect(page.locator(f".after{panel}")).to_be_visible()
    expect(page.locator(".after:visible")).to_have_count(1)
    page.locator("[name=call_back_at]:enabled").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#when")).to_have_text("周二上午10点")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#when")).to_have_text("周三上午10点")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator(".dt")).to_contain_text("今天已拨 1")
    first = db.session.query(CallAttempt).one()
    assert (first.outcome, first.reason) == ("consider", "not_needed")
    assert first.call_back_at == world.now.replace(day=4, hour=2, minute=0)
    db.session.rollback()
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("请选择没成的原因。")
    page.keyboard.press("F9")
    expect(page.locator(".flash")).to_contain_text("您在休息")
    page.keyboard.press("Enter")
    expect(page.locator(".phone")).to_be_visible()
    assert refused(page) == []


def test_the_answer_of_the_customer_appears_by_itself(site: tuple[World, str], at_desk: OpenAs) -> None:
    world, _ = site
    page = at_desk()
    page.keyboard.press("y")
    expect(page.locator("#questions")).to_contain_text("等客户回复「是」")
    calls.confirm_orders(db.session, db.session.query(OrderRequest.sid).scalar(), world.now)
    db.session.commit()
    expect(page.locator("#questions")).to_contain_text("已回复「是」")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator(".dt")).to_contain_text("成功 1")
    db.session.rollback()


def test_enter_on_a_link_opens_the_link_and_records_nothing(at_desk: OpenAs) -> None:
    page = at_desk()
    page.keyboard.press("3")
    page.get_by_role("button", name="EN").focus()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert db.session.query(CallAttempt).count() == 0
    db.session.rollback()


def test_what_is_typed_is_no_key(at_desk: OpenAs) -> None:
    page = at_desk()
    page.keyboard.press("3")
    page.locator(".after.refuse [name=note]").focus()
    page.keyboard.type("1234y")
    expect(page.locator("[name=outcome]:checked")).to_have_value("refuse")
    expect(page.locator("#questions")).to_contain_text("发确认短信")


@pytest.mark.parametrize(("language", "width"), [("zh", 1440), ("en", 1280), ("zh", 390)])
def test_the_desk_stands_in_nobodys_way(
    site: tuple[World, str], at_desk: OpenAs, language: str, width: int
) -> None:
    world, _ = site
    page = at_desk(language, width=width)
    wrong = keep(page, f"call-{language}-{width}")
    page.keyboard.press("2")
    wrong += keep(page, f"consider-{language}-{width}")
    page.locator(".pk:visible").nth(5).click()
    page.locator(".sl:has(input)").nth(4).click()
    page.keyboard.press("Enter")
    expect(page.locator(".own")).to_be_visible()
    db.session.query(Call).filter(Call.state == "waiting").update({"due_at": world.now + timedelta(days=1)})
    db.session.commit()
    page.keyboard.press("4")
    page.locator(".pk:visible").first.click()
    page.keyboard.press("Enter")
    expect(page.locator(".between")).to_be_visible()
    wrong += keep(page, f"between-{language}-{width}")
    if language == "en":
        wrong += [text for text in chinese(page) if "彩铃" not in text]
    assert wrong == []
