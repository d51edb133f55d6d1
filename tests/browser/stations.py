"""What a person does at each station of a campaign, by the words on the screen and nothing else."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.world import World

PRICED = (
    "新同学你好！开通飞信，电脑手机随时聊，给好友手机发消息免费。回复KTFX开通，0元/月。退订回TD【东屿移动】"
)
UNPRICED = PRICED.replace("，0元/月", "")


def button(page: Page, name: str) -> Locator:
    """The button people read as this."""
    return page.get_by_role("button", name=name, exact=True)


def press(page: Page, name: str) -> None:
    """Press it."""
    button(page, name).click()


def open_to_do(world: World, page: Page, campaign: str, step: str) -> None:
    """From the menu to this person's to-do of a campaign, as soon as it is there."""
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="我的待办").click()
    row = page.get_by_role("region", name="待办").get_by_role("link").filter(has_text=campaign)
    world.appears(page, lambda: row.filter(has_text=step)).click()
    expect(page.get_by_role("heading", level=1, name=campaign)).to_be_visible()


def begin(page: Page, scenario: str) -> None:
    """A new campaign from a scenario of the same name."""
    page.get_by_role("link", name="营销活动管理").click()
    page.get_by_role("main").get_by_role("link", name="新建营销活动").first.click()
    page.get_by_label("活动名称").fill(scenario)
    page.get_by_role("radio", name=scenario).check()
    press(page, "发起并策划")
    expect(page.get_by_text("1 产品与目标")).to_be_visible()


def next_step(page: Page, name: str) -> None:
    """Go on to the wizard's next step."""
    press(page, f"下一步：{name}")
    expect(page.locator("[aria-current=step]")).to_contain_text(name)


def counted(page: Page) -> int:
    """How many can be met, once the preview has counted."""
    shown = page.get_by_text(re.compile(r"将接触 [\d,]+ 户"))
    expect(shown).to_be_visible()
    found = re.search(r"[\d,]+", shown.inner_text())
    assert found
    return int(found.group().replace(",", ""))


def wrong(page: Page, label: str) -> Locator:
    """What stands beside a field that must be mended; the field says so to those who cannot see."""
    field = page.get_by_label(label)
    expect(field).to_have_attribute("aria-invalid", "true")
    return page.locator(".field", has=field).last.locator(".err")


def decide(page: Page, verb: str, opinion: str = "") -> None:
    """Write an opinion and press a verb; a verb may name who has it next."""
    if opinion:
        page.get_by_role("textbox", name="意见", exact=True).fill(opinion)
    page.get_by_role("button", name=re.compile(f"^{verb}(，|$)")).click()
