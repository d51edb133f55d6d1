"""The eleven products, what contacting costs, and the products of earlier years' campaigns."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product on sale; money in fen, empty where it has none."""

    code: str
    name: str
    name_en: str
    kind: str
    kind_en: str
    price_fen: int
    unit: str
    unit_en: str
    terms: str
    terms_en: str
    order_word: str
    gift: str
    gift_en: str
    gift_cost_fen: int
    #: Column of the customer view that says who has it, and the score that finds who will.
    owned_tag: str = ""
    score_topic: str = ""


@dataclass(frozen=True, kw_only=True)
class UnitCost:
    """What one unit of contacting costs, in fen."""

    code: str
    name: str
    name_en: str
    unit: str
    unit_en: str
    cost_fen: int


_KINDS = {
    "revenue": ("收入型", "revenue"),
    "growth": ("成长型", "growth"),
    "strategic": ("战略型", "strategic"),
}
_MONTH = ("月", "month")
_KNOWN_BY = {
    "CRBT": {"owned_tag": "v_crbt", "score_topic": "crbt_potential"},
    "CLUB": {"owned_tag": "v_musicclub"},
    "PAPER": {"owned_tag": "v_mnews", "score_topic": "paper_potential"},
    "MMS3": {"owned_tag": "mms_pack", "score_topic": "mms_potential"},
    "FETION": {"owned_tag": "v_fetion", "score_topic": "fetion_potential"},
}


def _product(
    code: str, names: tuple[str, str], kind: str, price: tuple[int, str, str], terms: tuple[str, str],
    order_word: str, gift: tuple[str, str, int],
) -> Product:  # fmt: skip
    return Product(
        code=code, name=names[0], name_en=names[1], kind=_KINDS[kind][0], kind_en=_KINDS[kind][1],
        price_fen=price[0], unit=price[1], unit_en=price[2], terms=terms[0], terms_en=terms[1],
        order_word=order_word, gift=gift[0], gift_en=gift[1], gift_cost_fen=gift[2],
        **_KNOWN_BY.get(code, {}),
    )  # fmt: skip


_NO_GIFT = ("", "", 0)
_TONE_GIFT = ("铃音1首", "one tone", 100)

PRODUCTS = (
    _product("CRBT", ("彩铃", "Ring-back tone"), "revenue", (500, *_MONTH),
             ("5元/月；包年50元（付10用12）", "5 yuan a month; 50 yuan a year (pay 10, use 12)"),
             "KTCL/CLBN", _TONE_GIFT),
    _product("TONE", ("付费铃音", "Paid tone"), "revenue", (200, "首", "tone"),
             ("2元/首", "2 yuan a tone"), "发歌名到10086", _NO_GIFT),
    _product("MBOX", ("彩铃音乐盒", "Ring-back music box"), "revenue", (100, *_MONTH),
             ("1元/月", "1 yuan a month"), "YYH", _TONE_GIFT),
    _product("CLUB", ("无线音乐俱乐部高级会员", "Music club senior member"), "growth", (500, *_MONTH),
             ("5元/月", "5 yuan a month"), "GJHY", _NO_GIFT),
    _product("PAPER", ("手机报（彩信版）", "Mobile paper (MMS)"), "growth", (500, *_MONTH),
             ("5元/月", "5 yuan a month"), "KTSJB", ("首月5元", "first month 5 yuan", 500)),
    _product("MMS3", ("彩信3元包", "MMS 3-yuan pack"), "revenue", (300, *_MONTH),
             ("3元/月含15条", "3 yuan a month with 15 MMS"), "CX3", ("首月3元", "first month 3 yuan", 300)),
    _product("FETION", ("飞信", "Fetion"), "growth", (0, *_MONTH),
             ("0元/月", "0 yuan a month"), "KTFX", _NO_GIFT),
    _product("FAMILY", ("家庭计划", "Family plan"), "revenue", (1000, *_MONTH),
             ("10元/月，最多5人", "10 yuan a month, up to 5 people"), "JTJH",
             ("首月减5元", "5 yuan off the first month", 500)),
    _product("TWOCITY", ("两城一家", "Two cities, one home"), "revenue", (500, *_MONTH),
             ("5元/月", "5 yuan a month"), "LCYJ", ("首月5元", "first month 5 yuan", 500)),
    _product("IP12593", ("12593国内长途", "12593 long distance"), "revenue", (30, "分钟", "minute"),
             ("0.30元/分钟", "0.30 yuan a minute"), "", _NO_GIFT),
    _product("G3PHONE", ("G3定制手机", "G3 customised phone"), "strategic", (0, "台", "phone"),
             ("补贴最高300元/台", "subsidy up to 300 yuan a phone"), "",
             ("补贴300元，酬金20元", "subsidy 300 yuan, commission 20 yuan", 32000)),
)  # fmt: skip
CODES = tuple(product.code for product in PRODUCTS)
#: The word a customer writes to order; none where it takes more than a word.
ORDER_WORDS = {
    product.code: product.order_word.split("/")[0] for product in PRODUCTS if product.order_word.isascii()
}

#: Products of earlier years' campaigns: they fill the contact history and are no longer sold.
FORMER_CODES = ("CALLALERT", "WEATHER", "MSTOCK", "MMAIL", "LOTTERY", "MMSCARD", "PAYDAY", "RECHARGE")

UNIT_COSTS = (
    UnitCost(code="sms", name="短信", name_en="SMS", unit="条", unit_en="part", cost_fen=5),
    UnitCost(code="mms", name="彩信", name_en="MMS", unit="条", unit_en="message", cost_fen=15),
    UnitCost(code="call", name="外呼", name_en="Outbound call", unit="户", unit_en="customer", cost_fen=150),
    UnitCost(code="shop", name="营业厅酬金", name_en="Shop commission", unit="户", unit_en="success",
             cost_fen=200),
    UnitCost(code="dealer", name="代理商酬金", name_en="Dealer commission", unit="户", unit_en="success",
             cost_fen=200),
)  # fmt: skip
