"""What a planner may say about a customer: the tags, with words, values and where they come from (D7, D9)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from handlers.audience.words import Words

TagType = Literal["number", "choice", "place", "yesno"]
#: which words compare a number: 不低于 (amount), 不少于 (count), 不小于 (age)
Measure = Literal["amount", "count", "age"]
NOTHING = Words("", "")
IS = Words("是", " is ")


@dataclass(frozen=True, kw_only=True)
class Tag:
    """One column of the customer view as people speak of it."""

    name: str
    zh: str
    en: str
    type: TagType
    description: Words
    #: the system that delivers it
    source: Words
    unit: Words = NOTHING
    #: stored value = shown value times this
    scale: int = 1
    measure: Measure = "amount"
    #: code -> words of a choice; places take theirs from the offices
    values: Mapping[str, Words] = field(default_factory=dict)
    #: how a yes and a no read in a sentence
    yes: Words = NOTHING
    no: Words = NOTHING
    #: how "is" reads before a value; Chinese often needs none
    verb: Words = IS
    #: lower edges of the bands a portrait counts in, in stored values
    bands: tuple[int, ...] = ()

    @property
    def words(self) -> Words:
        """Its name."""
        return Words(self.zh, self.en)


BOSS = Words("BOSS", "BOSS")
NETWORK = Words("网络信令", "network signalling")
ANALYSIS = Words("经营分析", "business analysis")
SERVICE = Words("客服系统", "customer service")
TERMINAL = Words("终端库", "terminal register")


def _number(
    name: str, words: tuple[str, str], unit: tuple[str, str], about: tuple[str, str],
    source: Words = BOSS, *, scale: int = 1, measure: Measure = "amount", bands: tuple[int, ...] = (),
) -> Tag:  # fmt: skip
    return Tag(
        name=name, zh=words[0], en=words[1], type="number", unit=Words(*unit), description=Words(*about),
        source=source, scale=scale, measure=measure, bands=bands,
    )  # fmt: skip


def _choice(
    name: str, words: tuple[str, str], values: Mapping[str, tuple[str, str]], about: tuple[str, str],
    source: Words = BOSS, *, verb: str = "是",
) -> Tag:  # fmt: skip
    return Tag(
        name=name, zh=words[0], en=words[1], type="choice", description=Words(*about), source=source,
        values={code: Words(*said) for code, said in values.items()}, verb=Words(verb, " is "),
    )  # fmt: skip


def _yesno(
    name: str, words: tuple[str, str], yes: tuple[str, str], no: tuple[str, str], about: tuple[str, str],
    source: Words = BOSS,
) -> Tag:  # fmt: skip
    return Tag(
        name=name, zh=words[0], en=words[1], type="yesno", description=Words(*about), source=source,
        yes=Words(*yes), no=Words(*no),
    )  # fmt: skip


def _subscribed(name: str, zh: str, en: str, verb: str = "订") -> Tag:
    return _yesno(
        name, (zh, en), (f"已{verb}{zh}", f"has {en}"), (f"还没有{verb}{zh}", f"does not have {en}"),
        (f"客户现在有没有{verb}{zh}", f"whether the customer has {en} now"),
    )  # fmt: skip


def _place(name: str, words: tuple[str, str], about: tuple[str, str]) -> Tag:
    return Tag(
        name=name, zh=words[0], en=words[1], type="place", description=Words(*about), source=BOSS,
    )  # fmt: skip


_MONTHS = ("个月", "months")
_TIMES = ("次", "times")
_ALL = (
    _place("pref", ("归属地市", "prefecture"), ("客户归属的地市", "the branch a customer belongs to")),
    _place("county", ("归属县", "county"), ("客户归属的县公司", "the county office the customer belongs to")),
    _number("age", ("年龄", "age"), ("岁", "years"), ("按证件生日计算", "by the birthday on the ID card"),
            measure="age", bands=(0, 18, 24, 30, 40, 50, 60)),
    _choice("sex", ("性别", "sex"), {"男": ("男", "male"), "女": ("女", "female")},
            ("证件上的性别", "as on the ID card"), verb=""),
    _choice("brand", ("品牌", "brand"),
            {"全球通": ("全球通", "GoTone"), "动感地带": ("动感地带", "M-Zone"),
             "神州行": ("神州行", "Easyown")},
            ("客户现在的品牌", "the brand the customer has now")),
    _number("tenure_m", ("在网时长", "tenure"), _MONTHS, ("入网到现在的月数", "months since joining"),
            bands=(0, 6, 12, 24, 60, 120)),
    _number("arpu_fen", ("月均消费", "average monthly spend"), ("元", "yuan"),
            ("近3个月平均每月出账", "mean bill of the last 3 months"), ANALYSIS, scale=100,
            bands=(0, 3000, 5000, 8000, 12000, 20000)),
    _number("mou_s", ("月均通话", "average monthly talk time"), ("分钟", "minutes"),
            ("平均每月通话时长", "mean talk time a month"), ANALYSIS, scale=60,
            bands=(0, 3000, 6000, 18000, 36000)),
    _number("dou_kb", ("月均流量", "average monthly data"), ("MB", "MB"),
            ("平均每月数据流量", "mean data volume a month"), ANALYSIS, scale=1024,
            bands=(0, 1, 10240, 51200, 204800)),
    _choice("id_region", ("身份证归属", "ID card region"), {"99": ("省外", "outside the province")},
            ("证件号码所在的地方；99为省外", "where the ID card is from; 99 is outside the province"),
            verb=""),
    _choice("crbt_state", ("彩铃状态", "ring-back tone state"),
            {"未开通": ("未开通", "not subscribed"), "活跃": ("活跃", "active"), "沉默": ("沉默", "silent"),
             "已流失": ("已流失", "lost")},
            ("彩铃开通和使用的状态", "whether ring-back tones are subscribed and used")),
    _number("tone_dl_6m", ("近6个月下载铃音", "tones downloaded in the last 6 months"), ("首", "tones"),
            ("近6个月下载的铃音数", "tones downloaded in the last 6 months"), measure="count",
            bands=(0, 1, 2, 4)),
    _subscribed("v_crbt", "彩铃", "ring-back tones", "开通"),
    _yesno("v_mms", ("彩信使用", "MMS use"), ("近3个月发过彩信", "sent an MMS in the last 3 months"),
           ("近3个月没有发过彩信", "sent no MMS in the last 3 months"),
           ("近3个月有没有发过彩信", "whether an MMS was sent in the last 3 months"), ANALYSIS),
    _yesno("v_wap", ("手机上网", "mobile web use"), ("用手机上网", "uses the mobile web"),
           ("不用手机上网", "does not use the mobile web"),
           ("近3个月有没有手机上网", "whether the mobile web was used in the last 3 months"), ANALYSIS),
    _subscribed("v_mnews", "手机报", "a mobile newspaper"),
    _subscribed("v_fetion", "飞信", "Fetion", "开通"),
    _subscribed("v_musicclub", "无线音乐俱乐部高级会员", "premium membership of the music club", "办"),
    _subscribed("v_callalert", "来电提醒", "missed-call alert", "开通"),
    _subscribed("mms_pack", "彩信包", "an MMS package"),
    _yesno("campus", ("校区常驻", "campus resident"), ("常驻校区", "lives in a campus cell"),
           ("不常驻校区", "does not live in a campus cell"),
           ("夜间常驻小区是不是校园小区", "whether the usual cell at night is on a campus"), NETWORK),
    _number("term_age_m", ("终端已用", "terminal age"), _MONTHS,
            ("现用终端的月数", "months with this terminal"), TERMINAL,
            measure="count", bands=(0, 6, 12, 24, 36)),
    _number("term_changes_36m", ("近三年换机", "terminal changes in three years"), _TIMES,
            ("近36个月更换终端的次数", "terminals changed in the last 36 months"), TERMINAL, measure="count",
            bands=(0, 1, 2, 4)),
    _yesno("is_custom_term", ("定制机", "custom terminal"), ("用定制机", "uses a custom terminal"),
           ("不用定制机", "does not use a custom terminal"),
           ("现用终端是不是定制手机", "is the terminal one of ours"), TERMINAL),
    _number("complaints_12m", ("近一年投诉", "complaints in the last year"), _TIMES,
            ("近12个月投诉的次数", "complaints of the last 12 months"), SERVICE, measure="count",
            bands=(0, 1, 2)),
    _choice("paying", ("支付能力", "ability to pay"),
            {"H": ("高", "high"), "M": ("中", "medium"), "L": ("低", "low")},
            ("支付能力指数分档", "level of the ability index"), ANALYSIS, verb=""),
    _choice("price_attitude", ("资费态度", "price attitude"),
            {"I": ("不敏感", "insensitive"), "E": ("经济型", "economical"), "T": ("节俭型", "thrifty")},
            ("资费敏感指数分档", "level of the price index"), ANALYSIS, verb=""),
    _choice("fashion", ("时尚程度", "fashion"),
            {"L": ("领先", "leading"), "F": ("跟随", "following"), "C": ("保守", "conservative")},
            ("时尚指数分档", "level of the fashion index"), ANALYSIS, verb=""),
    _choice("learning", ("学习能力", "ability to learn"), {"h": ("强", "high"), "l": ("弱", "low")},
            ("学习能力指数分档", "level of the learning index"), ANALYSIS, verb=""),
    _yesno("vip", ("VIP客户", "VIP"), ("是VIP客户", "is a VIP"), ("不是VIP客户", "is not a VIP"),
           ("在不在VIP名单上", "whether on the VIP list")),
)  # fmt: skip

TAGS: Mapping[str, Tag] = {tag.name: tag for tag in _ALL}

#: scores a condition may ask for; a topic without an entry reads as its code
SCORES: Mapping[str, Words] = {
    "crbt_potential": Words("彩铃潜在客户模型", "ring-back tone potential"),
    "crbt_churn": Words("彩铃流失预警模型", "ring-back tone churn"),
    "fetion_potential": Words("飞信潜在客户模型", "Fetion potential"),
    "mms_potential": Words("彩信包潜在客户模型", "MMS package potential"),
    "paper_potential": Words("手机报潜在客户模型", "mobile newspaper potential"),
    "migrant": Words("外来工模型", "migrant worker"),
}

#: the fourteen groups in their order; the code of a group is its position from 1, 0 is unknown
GROUPS: Mapping[str, Words] = {
    "时尚中高端": Words("时尚中高端", "fashionable upper class"),
    "高潜力型": Words("高潜力型", "high potential"),
    "感性跟随型": Words("感性跟随型", "emotional followers"),
    "传统保守型": Words("传统保守型", "traditional conservatives"),
    "精明时尚型": Words("精明时尚型", "shrewd and fashionable"),
    "中潜力型": Words("中潜力型", "medium potential"),
    "理性跟随型": Words("理性跟随型", "rational followers"),
    "精打细算型": Words("精打细算型", "careful spenders"),
    "吝啬型": Words("吝啬型", "penny-pinchers"),
    "盲从型": Words("盲从型", "crowd followers"),
    "精明尝鲜型": Words("精明尝鲜型", "shrewd early adopters"),
    "虚荣跟风型": Words("虚荣跟风型", "vain trend followers"),
    "超前消费型": Words("超前消费型", "spenders beyond their means"),
    "低潜力型": Words("低潜力型", "low potential"),
}
GROUP_CODES: Mapping[str, int] = {name: code for code, name in enumerate(GROUPS, start=1)}
