"""The demo served by its own processes, and its people at a real browser, as a visitor meets them."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from demo.loop import DAY, prepare
from demo.market.world import LOCAL
from demo.office.staff import DEMO_PASSWORD
from demo.people import DemoClock, Staff
from demo.servers import Servers, free_port
from demo.visitor import wait_until
from tests.browser.seen import LISTEN, refused

#: as large as the demo of `make run`, so that the county's list of students is long enough to evaluate
CUSTOMERS = 50_000
SEED = 1
SHOTS = Path("var/screenshots")
#: milliseconds for a page that waits for nothing but the server
SOON = 20_000
#: seconds for what the worker and the market have to do first
PATIENCE = 120.0
WORDS = {
    "zh": {"sign in": "登录", "next day": "演示：到下一天", "30 days": "演示：到 30 天后"},
    "en": {"sign in": "Sign in", "next day": "Demo: go to the next day", "30 days": "Demo: 30 days on"},
}


@dataclass
class World:
    """A running province, a browser, and what went wrong on any page seen so far."""

    servers: Servers
    staff: Staff
    browser: Browser
    day: date = DAY
    #: script errors and refusals of the content policy, with the page they were met on
    faults: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is served."""
        return self.servers.url

    def visit(self, login: str, lang: str = "zh", width: int = 1440, path: str = "/") -> Page:
        """A browser of its own for this person, signed in, on this page."""
        page = self.stranger(lang, width)
        page.goto(self.url + path)
        self.sign_in(page, login, lang)
        return page

    def stranger(self, lang: str = "zh", width: int = 1440) -> Page:
        """A browser nobody has signed in with."""
        height = 844 if width < 800 else 900
        locale = {"zh": "zh-CN", "en": "en-GB"}[lang]
        context = self.browser.new_context(locale=locale, viewport={"width": width, "height": height})
        context.add_init_script(LISTEN)
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SOON)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        return page

    def sign_in(self, page: Page, login: str, lang: str = "zh") -> None:
        """Click one of the accounts the demo offers, or type, then press the button."""
        offered = page.locator(f"[data-account={login}]")
        if offered.count():
            offered.click()
        else:
            page.locator("#login").fill(login)
            page.locator("#password").fill(DEMO_PASSWORD)
        page.get_by_role("button", name=WORDS[lang]["sign in"], exact=True).click()
        expect(page.locator(".top")).to_be_visible()

    def shot(self, page: Page, name: str) -> None:
        """Keep what is seen; a page wider than its screen or refused by its own policy is a fault."""
        self.still(page)
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.png")
        self.faults += [f"{name}: {fault}" for fault in refused(page)]
        width = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        if width > 0:
            self.faults.append(f"{name}: {width} pixels wider than the screen")

    def still(self, page: Page) -> None:
        """Wait until the islands stand and nothing is being fetched."""
        expect(page.locator("bihuan-diagram:not([data-ready]):visible")).to_have_count(0, timeout=SOON)
        expect(page.locator("bihuan-chart:not([data-ready]):visible")).to_have_count(0, timeout=SOON)
        page.wait_for_load_state("networkidle")

    def pass_days(self, page: Page, button: str, lang: str = "zh") -> None:
        """Press a button of the demo's clock and wait until it has come to its moment."""
        page.get_by_role("button", name=WORDS[lang][button]).click()
        DemoClock(self.staff, "zhoulan").wait(PATIENCE)
        page.reload()
        expect(page.get_by_role("button", name=WORDS[lang]["next day"])).to_be_visible()

    def today(self) -> date:
        """The day it is in the province."""
        now: str = DemoClock(self.staff, "zhoulan").read()["now"]
        return datetime.fromisoformat(now).astimezone(LOCAL).date()

    def appoint(self, login: str, name: str, name_en: str, office: str, role: str) -> None:
        """The operator's file of staff gains a person, and is loaded again."""
        file = self.servers.demo / "load" / "organisation.json"
        organisation = json.loads(file.read_text(encoding="utf-8"))
        like = next(row for row in organisation["staff"] if row["office"] == office and role in row["roles"])
        organisation["staff"].append({**like, "login": login, "name": name, "name_en": name_en})
        file.write_text(json.dumps(organisation, ensure_ascii=False), encoding="utf-8")
        self.servers.flask("load-office", str(file.parent), INITIAL_PASSWORD=DEMO_PASSWORD)

    def appears(self, page: Page, wanted: Callable[[], Locator]) -> Locator:
        """Look again until the background has made it appear."""

        def look() -> bool:
            page.reload()
            return wanted().first.is_visible()

        wait_until(f"{wanted()} on {page.url}", look, PATIENCE)
        return wanted().first

    def close_pages(self) -> None:
        """Close every browser window of a test."""
        for context in self._contexts:
            context.close()
        self._contexts.clear()


@contextmanager
def opened(browser: Browser, folder: Path) -> Iterator[World]:
    """A province in a folder of its own on a free port; ends exactly the processes it started."""
    servers = Servers(folder / "instance", folder / "demo", folder / "logs", free_port())
    try:
        prepare(servers, CUSTOMERS, SEED, DAY)
        servers.start_all()
        yield World(servers=servers, staff=Staff(servers.url), browser=browser)
    finally:
        servers.stop()


def number_on(page: Page) -> str:
    """The number of the campaign a page is about."""
    found = re.search(r"HD-[0-9-]+", page.url)
    assert found, page.url
    return found.group()
