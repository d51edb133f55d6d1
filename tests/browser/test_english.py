"""The same stations for a reader of English: one campaign goes round while its pages are looked at."""

import pytest
from playwright.sync_api import Page, expect

from demo.people import DemoClock
from tests.browser.seen import chinese, hurdles
from tests.browser.world import PATIENCE, World

pytestmark = pytest.mark.browser

NAME = "中秋彩信3元包促销"
TABS = ("overview", "audience", "channels", "approvals", "dispatch", "results", "diagram")


class Look:
    """Opens pages in English as one person after the other, and notes what is wrong with any of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pages: dict[str, Page] = {}
        self.wrong: list[str] = []

    def at(self, login: str, path: str, name: str) -> Page:
        """Look at one page: English, nothing in a reader's way, a screenshot."""
        if login not in self._pages:
            self._pages[login] = self._world.visit(login, lang="en")
        page = self._pages[login]
        answer = page.goto(self._world.url + path)
        assert answer is not None
        assert answer.status == 200, path
        self._world.shot(page, f"english-{name}")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        self.wrong += [f"{name}: {fault}" for fault in [*chinese(page), *hurdles(page)]]
        return page


def wizard(look: Look, number: str) -> None:
    """The five steps with the first values of the scenario."""
    for step in range(1, 6):
        page = look.at("caimin", f"/campaigns/{number}/plan?step={step}", f"plan-{step}")
        expect(page.locator("[aria-current=step]")).to_contain_text(str(step))


def test_every_station_can_be_read_in_english(world: World) -> None:
    look, staff, clock = Look(world), world.staff, DemoClock(world.staff, "zhoulan")
    first = world.today()
    number = staff.begin("caimin", "H06", NAME)
    look.at("caimin", "/campaigns/new", "new")
    wizard(look, number)
    staff.submit("caimin", number, first, 10)
    to_do = staff.waiting("shenguodong", number, "prefecture_review")
    look.at("shenguodong", f"/to-dos/{to_do}", "review")
    staff.decide("shenguodong", number, "prefecture_review", "pass")
    staff.decide("chenliqun", number, "province_review", "pass", opinion="Agreed.")
    to_do = staff.waiting("huangzhiyong", number, "confirm_channel")
    look.at("huangzhiyong", f"/to-dos/{to_do}", "confirm")
    staff.confirm("huangzhiyong", number, first, first)
    clock.wish(33)
    clock.wait(PATIENCE)
    to_do = staff.waiting("jiangtao", number, "summarise")
    look.at("jiangtao", f"/to-dos/{to_do}", "conclude")
    look.at("jiangtao", f"/evaluations/{number}", "evaluation")
    look.at("jiangtao", "/evaluations", "evaluations")
    for tab in TABS:
        look.at("caimin", f"/campaigns/{number}?tab={tab}", f"campaign-{tab}")
    look.at("caimin", "/campaigns", "campaigns")
    look.at("shilei", "/trail", "trails")
    look.at("shilei", "/incidents", "incidents")
    assert look.wrong == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sign_in_page_stands_in_nobodys_way(world: World, lang: str) -> None:
    page = world.stranger(lang)
    page.goto(world.url)
    world.shot(page, f"sign-in-{lang}")
    assert hurdles(page) == []
