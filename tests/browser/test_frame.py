"""The frame in a real browser: nothing refused, nothing in a reader's way, islands, keys, phones."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, render_template_string, request
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.access import ANYONE
from app.forms import load, read, render
from app.sign_in import DemoAccount
from models.base import db
from models.organisation import Staff
from tests.app.tiny import PASSWORD, TEST_PAGES, opened, tiny_app
from tests.browser.conftest import hurdles, refused, served

pytestmark = pytest.mark.browser

Opener = Callable[..., Page]
FORM = {
    "id": "gallery",
    "components": [
        {"type": "number", "key": "people", "label": "户数", "label_en": "Customers", "validate": {"min": 1}},
        {"type": "radio", "key": "verdict", "label": "结论", "label_en": "Verdict", "options": ["a", "b"]},
        {
            "type": "checklist",
            "key": "products",
            "label": "产品",
            "label_en": "Products",
            "options": ["x", "y"],
        },
        {"type": "datetime", "subtype": "date", "key": "day", "label": "日期", "label_en": "Day"},
        {"type": "checkbox", "key": "keep", "label": "存为场景", "label_en": "Keep as scenario"},
        {
            "type": "textfield",
            "key": "name",
            "label": "场景名称",
            "label_en": "Name",
            "conditional": {"hide": "=not(keep)"},
        },
    ],
}


def _gallery(app: Flask) -> None:
    source = Path("tests/browser/pages/gallery.html").read_text(encoding="utf-8")
    form = load(FORM)

    def gallery() -> tuple[str, int]:
        if request.method == "GET":
            return render_template_string(source, asked=render(form)), 200
        answer = read(form, request.form)
        return render_template_string(source, asked=render(form, answer.given, answer.errors)), 422

    def loop() -> Response:
        return Response(Path("bpmn/loop/loop.bpmn").read_bytes(), mimetype="application/xml")

    app.add_url_rule("/gallery", "gallery", gallery, methods=["GET", "POST"])
    app.add_url_rule("/loop.bpmn", "loop", loop)
    app.add_url_rule("/demo/clock/wish", "demo_mode.wish", lambda: "", methods=["POST"])
    app.extensions["demo_accounts"] = lambda: [
        DemoAccount(staff=staff, password=PASSWORD) for staff in db.session.scalars(select(Staff))
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pages = {**TEST_PAGES, "gallery": ANYONE, "loop": ANYONE, "demo_mode.wish": ANYONE}
    with opened(pages):
        app = tiny_app(tmp_path_factory.mktemp("browser"), DEMO=True)
        _gallery(app)
        with served(app) as address:
            yield address


def enter(page: Page, site: str, login: str = "yefang") -> Page:
    """Sign in by a click on a demo account and wait until both islands stand."""
    page.goto(f"{site}/gallery")
    page.click(f"[data-account={login}]")
    page.keyboard.press("Enter")
    page.wait_for_selector("bihuan-diagram[data-ready]")
    expect(page.locator("bihuan-chart[data-ready]")).to_have_count(2)
    return page


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_nothing_is_refused_and_nothing_stands_in_a_readers_way(
    site: str, open_page: Opener, language: str
) -> None:
    page = open_page(locale=language)
    page.goto(f"{site}/sign-in")
    assert hurdles(page) == []
    enter(page, site)
    assert hurdles(page) == []
    page.locator("bihuan-chart").first.hover()
    page.locator("bihuan-diagram").hover()
    page.mouse.wheel(0, 50)
    assert refused(page) == []
    page.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\">x</p>')")
    assert refused(page) == ["style-src-attr inline"]


def test_the_watermark_of_the_diagram_is_seen_whole(site: str, open_page: Opener) -> None:
    page = enter(open_page(), site)
    mark = page.locator("bihuan-diagram .bjs-powered-by")
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box
    assert box["width"] > 40
    on_top = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('.bjs-powered-by') !== null",
        [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
    )
    assert on_top


def test_a_diagram_marks_what_is_done_and_what_waits_and_says_it_in_words(
    site: str, open_page: Opener
) -> None:
    page = enter(open_page(), site)
    expect(page.locator("bihuan-diagram .djs-element.done")).to_have_count(2)
    fill = page.locator("bihuan-diagram .djs-element.now .djs-visual > :first-child").evaluate(
        "element => getComputedStyle(element).fill"
    )
    assert fill == "rgb(11, 90, 115)"
    expect(page.locator(".badge.late")).to_have_text("3")
    expect(page.locator(".waysteps [aria-current=step]")).to_contain_text("审批")


def test_a_diagram_speaks_english_where_the_page_does(site: str, open_page: Opener) -> None:
    page = enter(open_page(locale="en-GB"), site)
    expect(page.locator("bihuan-diagram [data-element-id=approve] text").first).to_contain_text("Approv")


def test_a_diagram_that_cannot_be_fetched_says_so(site: str, open_page: Opener) -> None:
    page = open_page()
    page.route("**/loop.bpmn", lambda route: route.fulfill(status=404))
    page.goto(f"{site}/gallery")
    page.click("[data-account=yefang]")
    page.keyboard.press("Enter")
    expect(page.locator("bihuan-diagram[data-failed]")).to_contain_text("流程图画不出来")


def test_one_key_a_verb_but_not_while_somebody_types(site: str, open_page: Opener) -> None:
    page = enter(open_page(), site)
    pressed = "() => { window.presses = 0; verb.addEventListener('click', () => { window.presses += 1; }); }"
    page.evaluate(pressed)
    page.keyboard.press("p")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("p")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+P")
    assert page.evaluate("() => window.presses") == 2
    page.keyboard.press("o")
    expect(page.locator("#opinion")).to_be_focused()


def test_a_key_is_known_while_a_chinese_input_method_holds_it(site: str, open_page: Opener) -> None:
    page = enter(open_page(), site)
    page.evaluate(
        "() => { window.presses = 0; verb.addEventListener('click', () => { window.presses += 1; });"
        "document.body.dispatchEvent("
        "new KeyboardEvent('keydown', { key: 'Process', code: 'KeyP', bubbles: true })); }"
    )
    assert page.evaluate("() => window.presses") == 1


def test_j_and_k_walk_the_list(site: str, open_page: Opener) -> None:
    page = enter(open_page(), site)
    page.keyboard.press("j")
    expect(page).to_have_url(f"{site}/gallery#two")
    page.evaluate("() => { i1.removeAttribute('aria-current'); i2.setAttribute('aria-current', 'true'); }")
    page.keyboard.press("k")
    expect(page).to_have_url(f"{site}/gallery#one")


def test_what_cannot_be_undone_is_asked_twice(site: str, open_page: Opener) -> None:
    page = enter(open_page(), site)
    page.click("[data-opens=stop]")
    expect(page.locator("#stop")).to_be_visible()
    page.click("#stop [data-closes]")
    expect(page.locator("#stop")).to_be_hidden()


def test_a_field_hides_with_the_box_above_it(site: str, open_page: Opener) -> None:
    page = enter(open_page(), site)
    name = page.locator("#f-name")
    expect(name).to_be_hidden()
    page.check("#f-keep")
    expect(name).to_be_visible()
    expect(name).to_be_enabled()


def test_the_first_wrong_field_has_the_focus(site: str, open_page: Opener) -> None:
    page = enter(open_page(), site)
    page.fill("#f-people", "0")
    page.click("#asked button")
    expect(page.locator("#f-people")).to_be_focused()
    expect(page.locator("#f-people-error")).to_contain_text("户数不能小于 1")
    assert hurdles(page) == []


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1024, 768), (390, 844)])
def test_no_page_is_wider_than_its_screen(site: str, open_page: Opener, width: int, height: int) -> None:
    page = enter(open_page(width=width, height=height), site)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert page.evaluate("() => document.querySelector('.page').scrollWidth") <= width
    assert refused(page) == []
    if width < 800:
        assert page.locator(".act .btn").first.evaluate("b => b.getBoundingClientRect().height") >= 44


def test_the_language_changes_by_one_click_and_the_page_stays(site: str, open_page: Opener) -> None:
    page = enter(open_page(), site)
    page.click(".top button[value=en]")
    expect(page).to_have_url(f"{site}/gallery")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.click(".top button[value=zh]")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
