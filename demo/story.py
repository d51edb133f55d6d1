"""What happened in the demo province before the visitor came: campaigns left where the story wants them.

Every state is reached by people deciding in the product and by its clock, never by writing it anywhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from demo.people import DemoClock, Staff

#: days before the demo day on which the story begins: a Friday
PROLOGUE = 38
WITHOUT_PRICE = (
    "新同学你好！开通飞信，电脑手机随时聊，给好友手机发消息免费。回复KTFX开通。退订回TD【东屿移动】"
)
UPGRADE = (
    "系统升级，{day}0点至6点暂停缴费和业务办理，通话短信不受影响，不便之处敬请谅解。详询10086。【东屿移动】"
)
LOOKED_INTO = "已与短信中心核对：关机客户的回执不再补发，多出的回执是测试号码的。"
ASKED = "短信请写明资费，并避开上课时间。"


@dataclass(frozen=True, kw_only=True)
class Story:
    """Plays the weeks before the demo day."""

    staff: Staff
    clock: DemoClock
    day: date
    say: Callable[[str], None]

    def play(self) -> None:
        """From the Friday five weeks ago to the Monday morning of the demo day."""
        lantern = self._lantern_festival()
        ringing = self._ring_back_tones()
        self._wait(PROLOGUE - 7)
        self._explain_differences()
        self._silent_users()
        notice = self._system_upgrade()
        self._wait(4)
        self._conclude(lantern)
        self._close(notice)
        self.say(f"{ringing} waits for its evaluation")
        self._mid_autumn()
        self._new_students()
        self._wait(3)

    def _lantern_festival(self) -> str:
        """A finished one: MMS pack in 泽安, evaluated and kept as a scenario."""
        number = self.staff.begin("fangruilin", "H06", "元宵彩信3元包促销")
        first = self._at(-PROLOGUE + 2)
        self.staff.submit("fangruilin", number, first, 10, {"v.0": "03"})
        self.staff.decide("tangwenhua", number, "prefecture_review", "pass", opinion="同意，节前发出。")
        self.staff.decide("chenliqun", number, "province_review", "pass")
        self.staff.confirm("huangzhiyong", number, first, first)
        self.say(f"{number} 元宵彩信3元包促销: approved and confirmed")
        return number

    def _ring_back_tones(self) -> str:
        """H01: ring-back tones to likely users, 30 days later to be evaluated."""
        number = self.staff.begin("zhoulan", "H01", "彩铃潜在用户推荐")
        first = self._at(-PROLOGUE + 3)
        self.staff.submit("zhoulan", number, first, 12)
        self.staff.decide("chenliqun", number, "province_review", "pass", opinion="同意。")
        self.staff.confirm("huangzhiyong", number, first, first)
        self.say(f"{number} 彩铃潜在用户推荐: approved and confirmed")
        return number

    def _explain_differences(self) -> None:
        """What the first lists left open in the reconciliation, the keeper of the channel has looked into."""
        keeper = self.staff.person("huangzhiyong")
        for row in keeper.json("/api/v1/to-dos"):
            if row["element"] == "explain_difference":
                form = keeper.get(f"/to-dos/{row['id']}").form(f"/to-dos/{row['id']}/decide")
                keeper.submit(form, {"opinion": LOOKED_INTO, "outcome": "explain"})

    def _silent_users(self) -> None:
        """H02: users of ring-back tones who do nothing with them are called; the demo day is the sixth."""
        number = self.staff.begin("zhoulan", "H02", "彩铃沉默用户活跃度提升")
        first, days = self._at(-5), 14
        self.staff.submit("zhoulan", number, first, days)
        self.staff.decide("chenliqun", number, "province_review", "pass", opinion="同意，注意外呼时段。")
        people = self.staff.confirm("zhenghaiyan", number, first, first + timedelta(days=days))
        self.say(f"{number} 彩铃沉默用户活跃度提升: {people} calls confirmed, on fifteen days")

    def _system_upgrade(self) -> str:
        """G01: a notice to one prefecture, with one approval and nobody kept back."""
        number = self.staff.begin("dengshaofeng", "G01", "云麓系统升级暂停办理公告", campaign_type="notice")
        night = self._at(-5)
        text = UPGRADE.format(day=f"{night.month}月{night.day}日")
        self.staff.submit("dengshaofeng", number, self._at(-6), 0, {"content-sms": text})
        self.staff.decide("pengyuzhen", number, "prefecture_review", "pass")
        self.say(f"{number} 云麓系统升级暂停办理公告: approved, leaves the next morning")
        return number

    def _close(self, number: str) -> None:
        """A notice proves nothing; whom it reached is on record."""
        answer = {"verdict": "not_proven", "conclusion": "公告已按时发出，未送达的次日由营业厅张贴。"}
        self.staff.decide("jiangtao", number, "summarise", "done", answer)
        self.say(f"{number} 云麓系统升级暂停办理公告: carried out")

    def _conclude(self, number: str) -> None:
        found = self.staff.evaluation("jiangtao", number)
        lift = found["figures"]["lift"]
        answer = {
            "verdict": "proven" if lift["low"] > 0 else "not_proven",
            "conclusion": "彩信用户中效果明显，节前三天发送合适。"
            if lift["low"] > 0
            else "名单偏小，与同场景其他地市合并再看。",
            "keep_as_scenario": "on",
            "scenario_name": "节日彩信包促销",
        }
        self.staff.decide("jiangtao", number, "summarise", "done", answer)
        self.say(f"{number} 元宵彩信3元包促销: round the loop, evaluated and kept as a scenario")

    def _mid_autumn(self) -> None:
        """H06: approved and confirmed, to leave two days after the demo day."""
        number = self.staff.begin("caimin", "H06", "中秋彩信3元包促销")
        first = self._at(2)
        self.staff.submit("caimin", number, first, 10)
        self.staff.decide("shenguodong", number, "prefecture_review", "pass")
        self.staff.decide("chenliqun", number, "province_review", "pass")
        self.staff.confirm("huangzhiyong", number, first, first)
        self.say(f"{number} 中秋彩信3元包促销: waits for its day")

    def _new_students(self) -> None:
        """H10: returned to the county, because the text does not say the price."""
        number = self.staff.begin("yefang", "H10", "学林校园迎新飞信推广")
        self.staff.submit("yefang", number, self._at(3), 30, {"content-sms": WITHOUT_PRICE})
        self.staff.decide("gaoyang", number, "prefecture_review", "adjust", opinion=ASKED)
        self.say(f"{number} 学林校园迎新飞信推广: returned to the county")

    def _at(self, days: int) -> date:
        return self.day + timedelta(days=days)

    def _wait(self, days: int) -> None:
        self.clock.wish(days)
        self.clock.wait()
