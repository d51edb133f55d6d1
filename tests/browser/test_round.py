"""Five roles click one campaign round the loop, in the browser, by what they read; screenshots are kept."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser import stations
from tests.browser.stations import PRICED, UNPRICED, press, wrong
from tests.browser.world import World, number_on

pytestmark = pytest.mark.browser

NAME = "学林校园迎新飞信推广"
ASKED = "短信请写明资费。"


@dataclass
class Round:
    """One campaign and the people it passes."""

    world: World
    number: str = ""
    reach: int = 0

    def shot(self, page: Page, name: str) -> None:
        """Keep a screenshot under the round's name."""
        self.world.shot(page, f"round-{name}")

    def plan(self, page: Page) -> None:
        """叶芳 plans from a scenario; an end before the start is told beside its field."""
        self.shot(page, "01-planner-inbox")
        stations.begin(page, NAME)
        self.number = number_on(page)
        page.get_by_label("为什么做这个活动").fill("新生入学，飞信开通率低于去年同期。")
        self.shot(page, "02-goal")
        stations.next_step(page, "目标客户群")
        self.reach = stations.counted(page)
        self.shot(page, "03-audience")
        stations.next_step(page, "渠道与时间")
        page.get_by_label("营销语").fill(UNPRICED)
        first = self.world.today() + timedelta(days=2)
        page.get_by_label("开始日期").fill(first.isoformat())
        page.get_by_label("结束日期").fill((first - timedelta(days=3)).isoformat())
        press(page, "下一步：试算")
        expect(wrong(page, "结束日期")).to_contain_text(f"结束日期须在 {first.month}月{first.day}日")
        self.shot(page, "04-mistake-beside-its-field")
        page.get_by_label("结束日期").fill((first + timedelta(days=9)).isoformat())
        stations.next_step(page, "试算")
        self.shot(page, "05-estimate")
        stations.next_step(page, "核对与报批")

    def submit(self, page: Page) -> None:
        """The last step says to whom it goes."""
        self.shot(page, "06-check")
        press(page, "报批，交高扬")
        expect(page.get_by_text("已提交，正在流转；这里可以看到在谁手里。")).to_be_visible()
        waits = page.get_by_role("main").locator("p.note").filter(has_text="高扬")
        self.world.appears(page, lambda: waits)
        self.shot(page, "07-submitted")

    def send_back(self, page: Page) -> None:
        """高扬 asks for an adjustment; without an opinion he is told one is needed."""
        stations.open_to_do(self.world, page, NAME, "地市审批")
        self.shot(page, "08-prefecture-review")
        stations.decide(page, "需调整")
        expect(page.get_by_text("“需调整”须写意见。")).to_be_visible()
        self.shot(page, "09-opinion-needed")
        stations.decide(page, "需调整", ASKED)
        expect(page.get_by_text(f"需调整：{NAME}")).to_be_visible()
        self.shot(page, "10-returned")

    def mend(self, page: Page) -> None:
        """叶芳 reads what was asked for, mends the text and hands it in again."""
        stations.open_to_do(self.world, page, NAME, "写活动方案")
        page.get_by_role("link", name="改草稿").click()
        expect(page.get_by_text("要求修改 1 处")).to_be_visible()
        expect(page.get_by_text(ASKED)).to_be_visible()
        self.shot(page, "11-asked-for")
        stations.next_step(page, "目标客户群")
        stations.next_step(page, "渠道与时间")
        page.get_by_label("营销语").fill(PRICED)
        stations.next_step(page, "试算")
        stations.next_step(page, "核对与报批")
        page.get_by_label("改了什么，给再看的人").fill("短信已写明 0元/月。")
        self.submit(page)

    def pass_changed(self, page: Page) -> None:
        """高扬 sees what changed since he returned it, and passes."""
        stations.open_to_do(self.world, page, NAME, "第 2 次")
        expect(page.get_by_text("退回以来，改了 1 处")).to_be_visible()
        expect(page.locator(".chg ins")).to_contain_text("0元/月")
        expect(page.get_by_text("短信已写明 0元/月。").first).to_be_visible()
        self.shot(page, "12-what-changed")
        stations.decide(page, "通过", "可以。")
        expect(page.get_by_text(f"通过：{NAME}")).to_be_visible()

    def pass_on_the_phone(self, page: Page) -> None:
        """陈立群 passes it on her phone, as more than 200 customers are met."""
        assert self.reach > 200
        stations.open_to_do(self.world, page, NAME, "")
        self.shot(page, "13-province-review-phone")
        stations.decide(page, "通过")
        expect(page.get_by_text(f"通过：{NAME}")).to_be_visible()
        self.shot(page, "14-passed-phone")

    def confirm(self, page: Page) -> None:
        """黄志勇 cannot take more than was approved, and takes what was."""
        stations.open_to_do(self.world, page, NAME, "渠道确认")
        people = page.get_by_label("可承接户数")
        approved = people.input_value()
        people.fill(str(int(approved) + 1))
        stations.decide(page, "渠道确认")
        expect(wrong(page, "可承接户数")).to_contain_text(f"不能大于 {approved}")
        self.shot(page, "15-more-than-approved")
        people.fill(approved)
        stations.decide(page, "渠道确认")
        expect(page.get_by_text(f"渠道确认：{NAME}")).to_be_visible()
        self.shot(page, "16-confirmed")

    def look_on(self, page: Page) -> None:
        """The clock moves to the first day and a day on; the planner sees how far it has come."""
        self.world.pass_days(page, "next day")
        self.world.pass_days(page, "next day")
        self.world.pass_days(page, "next day")
        page.goto(f"{self.world.url}/campaigns/{self.number}")
        page.get_by_role("link", name="派单进度").click()
        order = page.get_by_role("table", name="营销任务").get_by_role("row").nth(1)
        expect(order).to_contain_text("短信")
        expect(page.get_by_text("已接触").first).to_be_visible()
        self.shot(page, "17-progress")
        page.get_by_role("link", name="流程图").click()
        self.shot(page, "18-diagram")

    def evaluate(self, page: Page) -> None:
        """江涛 reads the evaluation when the 30 days are over, concludes, and keeps it as a scenario."""
        self.world.pass_days(page, "30 days")
        for _ in range(3):
            self.world.pass_days(page, "next day")
        stations.open_to_do(self.world, page, NAME, "写评估结论")
        self.shot(page, "19-to-conclude")
        page.get_by_role("link", name="看完整评估").click()
        expect(page.get_by_role("heading", level=1, name=NAME)).to_be_visible()
        self.shot(page, "20-evaluation")
        page.go_back()
        page.get_by_role("radio", name="有效", exact=True).check()
        page.get_by_label("评估意见").fill("学生开通意愿高，开学两周内发送合适。")
        page.get_by_label("存为场景，供以后的活动使用").check()
        page.get_by_label("场景名称").fill("迎新飞信")
        self.shot(page, "21-conclusion")
        stations.decide(page, "提交评估结论")
        expect(page.get_by_text(f"提交评估结论：{NAME}")).to_be_visible()

    def audit(self, page: Page) -> None:
        """石磊 sees every step, and that the chain of records is whole."""
        rows = page.get_by_role("row").filter(has_text=NAME).filter(has_not_text="对账")
        rows.get_by_role("link", name=NAME).click()
        expect(page.get_by_text("记录链完整")).to_be_visible()
        events = page.get_by_role("list", name="事件")
        for person in ("叶芳", "高扬", "陈立群", "黄志勇", "江涛"):
            expect(events).to_contain_text(person)
        self.shot(page, "22-trail")


def test_five_roles_click_one_campaign_round_the_loop(world: World) -> None:
    story = Round(world=world)
    planner, approver = world.visit("yefang"), world.visit("gaoyang")
    story.plan(planner)
    story.submit(planner)
    story.send_back(approver)
    story.mend(planner)
    story.pass_changed(approver)
    story.pass_on_the_phone(world.visit("chenliqun", width=390))
    story.confirm(world.visit("huangzhiyong"))
    story.look_on(planner)
    story.evaluate(world.visit("jiangtao"))
    story.audit(world.visit("shilei"))


def test_a_session_that_ended_leads_to_the_sign_in_page_and_back(world: World) -> None:
    page = world.visit("yefang", path="/evaluations")
    page.context.clear_cookies(name="session")
    page.get_by_role("link", name="营销活动管理", exact=True).click()
    expect(page.get_by_text("登录已失效。重新登录后回到原来的页面。")).to_be_visible()
    world.shot(page, "session-ended")
    world.sign_in(page, "yefang")
    expect(page).to_have_url(f"{world.url}/campaigns")


def test_a_page_that_is_not_for_my_role_is_refused_in_words(world: World) -> None:
    page = world.visit("jiangtao")
    answer = page.goto(f"{world.url}/campaigns/new")
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_role("heading", name="您不能打开这个页面。")).to_be_visible()
    expect(page.get_by_text("有权限的角色：策划人。")).to_be_visible()
    world.shot(page, "not-for-my-role")
    page.get_by_role("link", name="首页").click()
    expect(page.get_by_role("heading", name="我的待办")).to_be_visible()


def test_the_second_of_two_approvers_is_told_who_was_faster(world: World) -> None:
    world.appoint("yinmeng", "尹蒙", "Yin Meng", "01", "approver")
    number = world.staff.begin("heyizhou", "H05", "手机报感性跟随型推荐")
    world.staff.submit("heyizhou", number, world.today() + timedelta(days=3), 10)
    to_do = world.staff.waiting("gaoyang", number, "prefecture_review")
    first, second = (
        world.visit(login, path=f"/to-dos/{to_do}?tab=claim") for login in ("gaoyang", "yinmeng")
    )
    stations.decide(first, "通过")
    expect(first.get_by_text("通过：手机报感性跟随型推荐")).to_be_visible()
    stations.decide(second, "需调整", "名单里请去掉老客户。")
    expect(second.get_by_text("此待办已由高扬于")).to_be_visible()
    expect(second.get_by_text("名单里请去掉老客户。")).to_be_visible()
    world.shot(second, "somebody-was-faster")
