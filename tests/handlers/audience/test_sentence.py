"""Trees said in words."""

from typing import Any

import pytest

from handlers.audience import GROUPS, SCORES, TAGS, Words, parse, sentence

PLACES = {"05": Words("沙浦", "Shapu"), "0101": Words("学林县", "Xuelin"), "02": Words("青屿", "Qingyu")}


def _said(locale: str, *nodes: Any) -> str:
    return sentence(parse({"version": 1, "all": list(nodes)}), locale, PLACES)


H09 = (
    {"tag": "pref", "op": "=", "value": "05"},
    {"any": [
        {"tag": "id_region", "op": "=", "value": "99"},
        {"score": "migrant", "op": ">=", "value": 0.5},
    ]},
    {"tag": "v_mnews", "op": "=", "value": False},
)  # fmt: skip


def test_the_sentence_of_the_wizard_in_both_languages() -> None:
    assert _said("zh_Hans_CN", *H09) == (
        "沙浦在网客户，并且（身份证归属省外，或者外来工模型得分不低于0.5），并且还没有订手机报"
    )
    assert _said("en", *H09) == (
        "Customers in Shapu, and (ID card region is outside the province,"
        " or migrant worker score is at least 0.5), and does not have a mobile newspaper"
    )


@pytest.mark.parametrize(
    ("node", "zh", "en"),
    [
        ({"tag": "age", "between": [18, 23]}, "年龄在18–23岁之间", "age is between 18 and 23 years"),
        ({"tag": "arpu_fen", "op": ">=", "value": 5800},
         "月均消费不低于58元", "average monthly spend is at least 58 yuan"),
        ({"tag": "arpu_fen", "op": "<", "value": 5850},
         "月均消费低于58.5元", "average monthly spend is below 58.5 yuan"),
        ({"tag": "tone_dl_6m", "op": "<=", "value": 1}, "近6个月下载铃音不多于1首", None),
        ({"tag": "brand", "in": ["全球通", "动感地带"]},
         "品牌是全球通或动感地带", "brand is GoTone or M-Zone"),
        ({"tag": "brand", "not_in": ["全球通"]}, "品牌不是全球通", "brand is not GoTone"),
        ({"tag": "sex", "op": "=", "value": "男"}, "性别男", "sex is male"),
        ({"tag": "v_crbt", "op": "=", "value": True}, "已开通彩铃", "has ring-back tones"),
        ({"tag": "fashion", "is": "blank"}, "时尚程度没有记录", "fashion is blank"),
        ({"score": "crbt_potential", "top_percent": 20}, "彩铃潜在客户模型得分居前20%", None),
        ({"score": "new_topic", "top_percent": 2.5}, "new_topic得分居前2.5%", None),
        ({"group": ["高潜力型", "感性跟随型"]}, "属于高潜力型或感性跟随型", None),
        ({"none": [{"tag": "vip", "op": "=", "value": True}, {"tag": "campus", "op": "=", "value": True}]},
         "不符合（是VIP客户，或者常驻校区）", "not (is a VIP, or lives in a campus cell)"),
        ({"tag": "pref", "op": "!=", "value": "05"}, "归属地市不是沙浦", "prefecture is not Shapu"),
    ],
)  # fmt: skip
def test_each_condition_reads_naturally(node: dict[str, Any], zh: str, en: str | None) -> None:
    assert _said("zh", node) == f"全部在网客户，并且{zh}"
    if en:
        assert _said("en", node) == f"All customers, and {en}"


def test_the_place_comes_first_wherever_it_was_put() -> None:
    said = _said("zh", {"tag": "age", "op": ">=", "value": 18}, {"tag": "pref", "in": ["05", "02"]})
    assert said == "青屿、沙浦在网客户，并且年龄不小于18岁"


def test_nothing_asked_means_everybody() -> None:
    assert _said("zh") == "全部在网客户"
    assert _said("en") == "All customers"


def test_a_place_without_a_name_shows_its_code() -> None:
    assert sentence(parse({"version": 1, "all": [H09[0]]}), "zh") == "05在网客户"


def test_every_tag_score_and_group_has_words_in_both_languages() -> None:
    for tag in TAGS.values():
        assert tag.zh and tag.en and tag.description.zh and tag.description.en and tag.source.zh
        if tag.type == "yesno":
            assert tag.yes.zh and tag.yes.en and tag.no.zh and tag.no.en
        if tag.type == "choice":
            assert tag.values
        if tag.type == "number":
            assert list(tag.bands) == sorted(tag.bands) and tag.bands[0] == 0
    for words in [*SCORES.values(), *GROUPS.values(), *(w for t in TAGS.values() for w in t.values.values())]:
        assert words.zh and words.en and words.en.isascii()
    assert len(GROUPS) == 14
