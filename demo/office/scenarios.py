"""Ready-made scenarios: five families of kinds (`requirements.md` E5) and complete templates."""

from typing import Any

#: family, zh, en, then its kinds as (zh, en).
FAMILIES: tuple[tuple[str, str, str, tuple[tuple[str, str], ...]], ...] = (
    ("event", "事件营销", "Events", (
        ("国庆", "National Day"), ("中秋", "Mid-Autumn"), ("情人节", "Valentine's Day"), ("七夕", "Qixi"),
        ("春节", "Spring Festival"), ("元旦", "New Year"), ("亚运", "Asian Games"),
        ("冬运", "Winter Games"), ("电影联动", "Film tie-in"))),
    ("product", "产品营销", "Products", (
        ("1元短信", "1-yuan SMS"), ("手机电子杂志", "Mobile magazine"), ("梦网", "Monternet"),
        ("语音", "Voice"), ("彩铃", "Ring-back tone"), ("彩铃俱乐部推广", "Music club"),
        ("黑莓", "BlackBerry"), ("移动秘书", "Mobile secretary"), ("手机钱包", "Mobile wallet"),
        ("定制终端", "Customised phone"))),
    ("place", "位置营销", "Places", (
        ("商务区", "Business district"), ("景区", "Scenic spot"), ("校区", "Campus"),
        ("机场", "Airport"), ("车站", "Station"))),
    ("personality", "个性营销", "Personality", (
        ("敏感知性", "Sensitive and knowing"), ("自然随意", "Natural and easy"),
        ("活泼浪漫", "Lively and romantic"), ("时尚前卫", "Fashionable"),
        ("激情奔放", "Passionate"), ("另类叛逆", "Rebellious"),
        ("深情怀旧", "Nostalgic"), ("成熟稳重", "Mature and steady"))),
    ("reminder", "提醒营销", "Reminders", (
        ("新用户", "New subscriber"), ("新业务", "New service"), ("业务挽留", "Win-back"),
        ("产品到期", "Product expiry"))),
)  # fmt: skip


def _is(tag: str, value: object) -> dict[str, object]:
    return {"tag": tag, "op": "=", "value": value}


def _all(*nodes: dict[str, object]) -> dict[str, object]:
    return {"version": 1, "all": list(nodes)}


_NOT_WRITTEN_TO: dict[str, object] = {"none": [{"group": ["高潜力型", "中潜力型"]}]}

SCENARIOS: tuple[dict[str, Any], ...] = (
    {
        "code": "H01", "family": "product", "kind": "彩铃", "kind_en": "Ring-back tone",
        "name": "彩铃潜在用户推荐", "name_en": "Ring-back tone to likely users",
        "campaign_type": "precision", "purpose": "acquire", "products": ["CRBT"],
        "audience": _all(_is("crbt_state", "未开通"), {"score": "crbt_potential", "top_percent": 20}),
        "channels": ["sms"],
        "content": {"sms": "开通彩铃送2个月热门铃音；包年付10个月用12个月，朋友打来就听好歌。"
                           "回复KTCL开通，5元/月。退订回TD【东屿移动】"},
        "hold_out_percent": 10, "target_rate_percent": 12, "cap": 3600, "budget_fen": 250000,
        "days": 30,
    },
    {
        "code": "H06", "family": "event", "kind": "中秋", "kind_en": "Mid-Autumn",
        "name": "中秋彩信3元包促销", "name_en": "MMS 3-yuan pack at Mid-Autumn",
        "campaign_type": "precision", "purpose": "acquire", "products": ["MMS3"],
        "audience": _all({"tag": "pref", "in": ["02"]}, _is("v_mms", True), _is("mms_pack", False),
                         _NOT_WRITTEN_TO),
        "channels": ["sms"],
        "content": {"sms": "中秋到，把月亮和笑脸发给家人：彩信包3元/月含15条，本月开通首月免费。"
                           "回复CX3开通。退订回TD【东屿移动】"},
        "hold_out_percent": 10, "target_rate_percent": 8, "cap": None, "budget_fen": 60000,
        "days": 30,
    },
    {
        "code": "H10", "family": "place", "kind": "校区", "kind_en": "Campus",
        "name": "学林校园迎新飞信推广", "name_en": "Fetion for Xuelin's new students",
        "campaign_type": "precision", "purpose": "acquire", "products": ["FETION"],
        "audience": _all({"tag": "county", "in": ["0101"]}, _is("campus", True),
                         {"tag": "age", "between": [18, 23]}, _is("brand", "动感地带"),
                         _is("v_fetion", False)),
        "channels": ["sms"],
        "content": {"sms": "新同学你好！开通飞信，电脑手机随时聊，给好友手机发消息免费。"
                           "回复KTFX开通，0元/月。退订回TD【东屿移动】"},
        "hold_out_percent": 10, "target_rate_percent": 20, "cap": None, "budget_fen": 30000,
        "days": 30,
    },
    {
        "code": "H02", "family": "product", "kind": "彩铃", "kind_en": "Ring-back tone",
        "name": "彩铃沉默用户活跃度提升", "name_en": "Silent ring-back tone users",
        "campaign_type": "precision", "purpose": "activate", "products": ["MBOX"],
        "audience": _all({"tag": "crbt_state", "in": ["沉默", "活跃"]},
                         {"tag": "tone_dl_6m", "op": "<=", "value": 1}),
        "channels": ["call"],
        "content": {"call": "您好，我是10086客服{工号}，占用您一分钟。您开通了彩铃，最近没换过歌，"
                            "是不是觉得下载、设置有点麻烦？\n"
                            "嫌麻烦：有个音乐盒，每月一元，系统自动换热门歌，不用下载也不用设置，再送两首，"
                            "我现在帮您开好。\n"
                            "不会下载：发歌名到10086就能下，要不我帮您下第一首？\n"
                            "担心扣费：只收一元，随时发0000可退。\n"
                            "考虑：那我{时间}再打给您，方便吗？\n"
                            "拒绝：打扰了，这个业务不会再打给您。",
                    "sms": "1元彩铃音乐盒：每月自动换热门歌曲，免下载免设置，另送2首铃音。"
                           "回复YYH开通，1元/月。退订回TD【东屿移动】"},
        "hold_out_percent": 10, "target_rate_percent": 56.4, "cap": 4000, "budget_fen": 1000000,
        "days": 15,
    },
    {
        "code": "H03", "family": "reminder", "kind": "业务挽留", "kind_en": "Win-back",
        "name": "彩铃流失用户挽留", "name_en": "Winning back ring-back tone users",
        "campaign_type": "precision", "purpose": "retain", "products": ["CRBT"],
        "audience": {"version": 1, "all": [{"any": [
            _is("crbt_state", "已流失"),
            {"all": [{"tag": "crbt_state", "in": ["活跃", "沉默"]},
                     {"score": "crbt_churn", "top_percent": 10}]}]}]},
        "channels": ["call"],
        "content": {"call": "您好，10086客服{工号}。您{月份}取消了彩铃，"
                            "想听听是歌不合适、不会换，还是觉得贵？",
                    "sms": "好歌不断线：预存彩铃包年，返15元话费，再送2个月功能费和2首铃音。"
                           "回复CLBN或到营业厅办理。退订回TD【东屿移动】"},
        "hold_out_percent": 10, "target_rate_percent": 34.65, "cap": 1200, "budget_fen": 1200000,
        "days": 30,
    },
    {
        "code": "H05", "family": "personality", "kind": "活泼浪漫", "kind_en": "Lively and romantic",
        "name": "手机报感性跟随型推荐", "name_en": "Mobile paper to emotional followers",
        "campaign_type": "precision", "purpose": "acquire", "products": ["PAPER"],
        "audience": _all({"group": ["感性跟随型"]}, _is("v_mnews", False)),
        "channels": ["sms", "call"],
        "content": {"sms": "身边朋友都在看手机报：早晚两份彩信，新闻娱乐全知道，本月开通首月免费，"
                           "5元/月。回复KTSJB。退订回TD【东屿移动】",
                    "call": "您好，10086客服{工号}。您身边不少朋友都在看手机报，娱乐、新闻每天两份。"
                            "这个月开通首月免费，要不要一起看？"},
        "hold_out_percent": 10, "target_rate_percent": 37.6, "cap": 1500, "budget_fen": 800000,
        "days": 30,
    },
    {
        "code": "G01", "family": "reminder", "kind": "新业务", "kind_en": "New service",
        "name": "系统升级暂停办理公告", "name_en": "Notice of a system upgrade",
        "campaign_type": "notice", "purpose": "notice", "products": [],
        "audience": _all({"tag": "pref", "in": ["04"]}),
        "channels": ["sms"],
        "content": {"sms": "系统升级，{日期}0点至6点暂停缴费和业务办理，通话短信不受影响，不便之处敬请谅解。"
                           "详询10086。【东屿移动】"},
        "hold_out_percent": 0, "target_rate_percent": None, "cap": None, "budget_fen": 300000,
        "days": 1,
    },
)  # fmt: skip


def catalogue() -> dict[str, object]:
    """Families with their kinds, and the complete scenarios."""
    families = [
        {
            "code": code, "name": name, "name_en": english,
            "kinds": [{"name": kind, "name_en": kind_en} for kind, kind_en in kinds],
        }
        for code, name, english, kinds in FAMILIES
    ]  # fmt: skip
    return {"families": families, "scenarios": list(SCENARIOS)}
