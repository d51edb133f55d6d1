"""Every page as each role meets it, in both languages and on a phone: nothing fails or hinders a reader."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from demo.loop import DAY, prepare
from demo.office.staff import DEMO_PASSWORD
from demo.people import DemoClock, Staff
from demo.servers import Servers, free_port
from demo.story import PROLOGUE, Story
from tests.browser.conftest import hurdles, refused
from tests.browser.seen import chinese
from tests.browser.world import SEED, SHOTS, World

pytestmark = pytest.mark.browser

#: lists of the story's campaigns stay long enough to pass the province as well
CUSTOMERS = 25_000
LANTERN, RINGING, AUTUMN, STUDENTS = "HD-03-2026-001", "HD-00-2026-001", "HD-02-2026-001", "HD-0101-2026-001"
TABS = ("overview", "audience", "channels", "dispatch", "results", "approvals", "diagram")

#: who opens what
PAGES: dict[str, tuple[str, ...]] = {
    "yefang": (
        "/to-dos", "/to-dos?tab=claim", "/to-dos?tab=done", "/to-dos?tab=started", "/campaigns",
        "/campaigns?q=none", "/campaigns/new", f"/campaigns/{STUDENTS}",
        *(f"/campaigns/{STUDENTS}/plan?step={step}" for step in range(1, 6)),
    ),
    "zhoulan": (*(f"/campaigns/{RINGING}?tab={tab}" for tab in TABS), f"/evaluations/{RINGING}"),
    "caimin": ("/to-dos", f"/campaigns/{AUTUMN}", f"/campaigns/{AUTUMN}?tab=diagram"),
    "gaoyang": ("/to-dos", "/to-dos?tab=done"),
    "jiangtao": ("/to-dos", "/evaluations", f"/evaluations/{LANTERN}", f"/evaluations/{RINGING}?counties=1"),
    "shilei": ("/", "/trail/1", "/trail/3?show=all", "/trail/4", "/trail?q=none"),
    "admin": ("/to-dos", "/incidents", "/dispatch"),
    "huangzhiyong": ("/dispatch", "/dispatch?state=done", "/dispatch/balance", "/dispatch/blackouts"),
    "dujuan": ("/calls",),
    "linwanqing": ("/dispatch", "/dispatch/blackouts", "/dispatch/do-not-disturb"),
}  # fmt: skip
ON_A_PHONE: dict[str, tuple[str, ...]] = {
    "gaoyang": ("/to-dos", "/to-dos?tab=done"),
    "zhoulan": (f"/campaigns/{RINGING}", "/campaigns"),
    "yefang": (f"/campaigns/{STUDENTS}/plan?step=2",),
    "jiangtao": (f"/evaluations/{RINGING}",),
    "shilei": ("/trail/4",),
    "huangzhiyong": ("/dispatch", "/dispatch/balance"),
    "linwanqing": ("/dispatch/do-not-disturb",),
}
MARK = """() => [...document.querySelectorAll('bihuan-diagram')].every(diagram => {
  if (!diagram.clientWidth) return true;
  diagram.scrollIntoView({ block: 'center' });
  const mark = diagram.querySelector('.bjs-powered-by');
  if (!mark) return false;
  const box = mark.getBoundingClientRect();
  const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return box.width > 0 && mark.contains(seen);
})"""


@pytest.fixture(scope="module")
def played(province_of_story: Servers) -> Staff:
    """A review lies open beside what the story left."""
    staff = Staff(province_of_story.url)
    number = staff.begin("heyizhou", "H05", "手机报感性跟随型推荐")
    staff.submit("heyizhou", number, DAY + timedelta(days=3), 10)
    staff.waiting("gaoyang", number, "prefecture_review")
    return staff


@pytest.fixture(scope="module")
def province_of_story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The province after the weeks before the demo day."""
    folder = tmp_path_factory.mktemp("story")
    servers = Servers(folder / "instance", folder / "demo", folder / "logs", free_port())
    try:
        prepare(servers, CUSTOMERS, SEED, DAY - timedelta(days=PROLOGUE))
        servers.start_all()
        staff = Staff(servers.url)
        Story(staff=staff, clock=DemoClock(staff, "zhoulan"), day=DAY, say=lambda line: None).play()
        yield servers
    finally:
        servers.stop()


@pytest.fixture
def story(province_of_story: Servers, played: Staff, browser: Browser) -> Iterator[World]:
    """The province with no window open yet."""
    world = World(servers=province_of_story, staff=played, browser=browser)
    yield world
    world.close_pages()


def sign_in(world: World, login: str, lang: str, width: int = 1440) -> Page:
    """A window of this person's, with everything its pages complain about noted."""
    page = world.stranger(lang, width)
    page.on("console", lambda line: world.faults.append(line.text) if line.type == "error" else None)
    page.goto(world.url + "/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=password]", DEMO_PASSWORD)
    page.locator("form.in button").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    return page


def stands(page: Page) -> None:
    """Wait until every picture is drawn and no part of the page is still asked for."""
    expect(page.locator(":is(bihuan-diagram, bihuan-chart):not([data-ready]):visible")).to_have_count(0)
    expect(page.locator(".htmx-request")).to_have_count(0)


def faults_of(world: World, page: Page, address: str, lang: str) -> list[str]:
    """Everything that is wrong with one page; a screenshot of it is kept."""
    world.faults.clear()
    answer = page.goto(world.url + address)
    assert answer is not None
    stands(page)
    found = [f"answered {answer.status}"] if answer.status != 200 else []
    found += [*world.faults, *refused(page), *hurdles(page)]
    if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
        found.append("wider than its screen")
    if not page.evaluate(MARK):
        found.append("the mark of bpmn.io is covered")
    if lang == "en":
        found += [f"in Chinese: {text}" for text in chinese(page) if not made_by_users(text)]
    SHOTS.mkdir(parents=True, exist_ok=True)
    name = address.strip("/").translate(str.maketrans("/?=&", "----")) or "home"
    page.screenshot(path=SHOTS / f"page-{name}-{lang}-{page.viewport_size['width']}.png")  # type: ignore[index]
    return [f"{address}: {fault}" for fault in found]


def made_by_users(text: str) -> bool:
    """Names of campaigns, kept scenarios and quoted texts stand as their makers wrote them."""
    return any(name in text for name in ("彩信", "彩铃", "飞信", "手机报", "短信请写明", "0元/月"))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("login", PAGES)
def test_every_page_of_a_role_stands(story: World, login: str, lang: str) -> None:
    page = sign_in(story, login, lang)
    assert [fault for address in PAGES[login] for fault in faults_of(story, page, address, lang)] == []


@pytest.mark.parametrize("login", ON_A_PHONE)
def test_pages_stand_on_a_phone(story: World, login: str) -> None:
    page = sign_in(story, login, "zh", width=390)
    assert [fault for address in ON_A_PHONE[login] for fault in faults_of(story, page, address, "zh")] == []


def test_on_a_phone_the_verbs_stay_in_sight(story: World) -> None:
    page = sign_in(story, "gaoyang", "zh", width=390)
    page.goto(story.url + "/to-dos")
    page.locator(".it").first.click()
    button = page.locator("button[value=pass]")
    button.wait_for()
    for _ in range(2):
        box = button.bounding_box()
        assert box is not None
        assert 0 < box["y"] < 844 - box["height"]
        page.evaluate("() => scrollTo(0, document.body.scrollHeight)")


def test_a_diagram_opens_over_the_whole_window_and_closes(story: World) -> None:
    page = sign_in(story, "shilei", "zh")
    page.goto(story.url + "/trail/4")
    story.still(page)
    page.get_by_role("button", name="放大查看").click()
    page.locator("dialog.large bihuan-diagram[data-ready] svg").first.wait_for()
    page.get_by_role("button", name="关闭").click()
    expect(page.locator("dialog.large")).to_have_count(0)


def test_the_count_in_the_menu_follows_a_decision(story: World) -> None:
    page = sign_in(story, "gaoyang", "zh")
    page.goto(story.url + "/to-dos")
    expect(page.locator("#count-inbox")).to_have_text("1")
    page.locator("button[value=pass]").click()
    expect(page.locator("#count-inbox")).to_have_text("0")
