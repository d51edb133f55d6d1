"""Short messages: what they count, where they are cut, what must stand in them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.channels.text import (
    EmptyText,
    LooksLikeFormula,
    PlaceholderLeft,
    StrayBrace,
    UnsendableCharacter,
    find_faults,
    harmless,
    has_refusal,
    has_signature,
    measure,
    read_template,
    show,
)
from handlers.channels.wire import split

#: Texts of the demo with the longest values filled in, and their length.
DEMO = {
    "开通彩铃送2个月热门铃音；包年付10个月用12个月，朋友打来就听好歌。"
    "回复KTCL开通，5元/月。退订回TD【东屿移动】": 60,
    "1元彩铃音乐盒：每月自动换热门歌曲，免下载免设置，另送2首铃音。"
    "回复YYH开通，1元/月。退订回TD【东屿移动】": 56,
    "好歌不断线：预存彩铃包年，返15元话费，再送2个月功能费和2首铃音。"
    "回复CLBN或到营业厅办理。退订回TD【东屿移动】": 59,
    "您常下载铃音，高级会员更划算：会员曲库免费下，另享歌友会特权，5元/月。"
    "回复GJHY开通。退订回TD【东屿移动】": 56,
    "中秋到，把月亮和笑脸发给家人：彩信包3元/月含15条，本月开通首月免费。"
    "回复CX3开通。退订回TD【东屿移动】": 55,
    "刚才的长途可以更省：号码前加拨12593，国内长途0.30元/分钟，不用申请，拨了就优惠。"
    "退订回TD【东屿移动】": 56,
    "今天是您的生日，东屿移动祝您生日快乐！送您生日铃音1首，回复SR免费领取。退订回TD【东屿移动】": 48,
}
EMOJI = "🎵"


@pytest.mark.parametrize(("text", "length"), DEMO.items())
def test_the_texts_of_the_demo_are_one_message_of_their_length(text: str, length: int) -> None:
    found = measure(text)
    assert (found.alphabet, found.characters, found.parts) == ("UCS-2", length, 1)
    assert find_faults(text) == []
    assert has_signature(text)
    assert has_refusal(text)


@pytest.mark.parametrize(
    ("text", "alphabet", "characters", "parts"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("中" * 70, "UCS-2", 70, 1),
        ("中" * 71, "UCS-2", 71, 2),
        ("中" * 134, "UCS-2", 134, 2),
        ("中" * 135, "UCS-2", 135, 3),
        ("a" * 70 + "中", "UCS-2", 71, 2),
        (EMOJI * 35, "UCS-2", 70, 1),
        (EMOJI * 36, "UCS-2", 72, 2),
    ],
)
def test_messages_are_counted_as_the_network_charges_them(
    text: str, alphabet: str, characters: int, parts: int
) -> None:
    found = measure(text)
    assert (found.alphabet, found.characters, found.parts) == (alphabet, characters, parts)


def test_an_emoji_at_the_border_goes_whole_into_the_next_part() -> None:
    text = "中" * 66 + EMOJI + "中" * 10
    assert split(text) == ["中" * 66, EMOJI + "中" * 10]


def test_a_pair_that_does_not_fit_can_cost_one_part_more() -> None:
    text = "a" * 152 + "€" + "a" * 152
    assert (measure(text).characters, measure(text).parts) == (2 * 153, 3)
    assert split(text) == ["a" * 152, "€" + "a" * 151, "a"]


@given(st.text(st.sampled_from("aé€{^中，" + EMOJI), max_size=700))
def test_parts_are_whole_readable_full_and_nothing_is_lost(text: str) -> None:
    parts, whole = split(text), measure(text)
    each = whole.limit if len(parts) == 1 else {160: 153, 70: 67}[whole.limit]
    sizes = [
        sum(2 if sign in "€{^" else 1 for sign in part)
        if whole.alphabet == "GSM-7"
        else len(part.encode("utf-16-le")) // 2
        for part in parts
    ]
    assert "".join(parts) == text
    assert sum(sizes) == whole.characters
    assert all(size <= each for size in sizes)
    assert all(size >= each - 1 for size in sizes[:-1])
    assert whole.parts == (len(parts) if text else 0) >= math.ceil(whole.characters / each)


def test_placeholders_are_filled() -> None:
    template = read_template("您的{产品}将于{日期}到期，{产品}")
    assert template.placeholders == ("产品", "日期")
    assert template.fill({"产品": "彩铃", "日期": "3月9日"}) == "您的彩铃将于3月9日到期，彩铃"


@pytest.mark.parametrize("values", [{"产品": "彩铃"}, {"产品": "彩铃", "日期": " "}])
def test_a_placeholder_without_a_value_is_refused_by_name(values: dict[str, str]) -> None:
    with pytest.raises(PlaceholderLeft, match="日期"):
        read_template("{产品}{日期}").fill(values)


def test_braces_in_a_value_are_not_read_again() -> None:
    assert read_template("{a}{b}").fill({"a": "{b}", "b": "2"}) == "{b}2"


def test_what_is_known_is_shown_and_what_is_left_is_named() -> None:
    assert show("{称谓}您好，{产品}", {"产品": "彩铃"}) == ("{称谓}您好，彩铃", ("称谓",))
    assert show("还没写完{产", {}) == ("还没写完{产", ())


@pytest.mark.parametrize("text", ["{", "a}", "{}", "{{a}}", "{a b}", "｛产品｝到期", "{产品"])
def test_a_brace_of_no_placeholder_is_refused(text: str) -> None:
    with pytest.raises(StrayBrace):
        read_template(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", EmptyText),
        (" \n", EmptyText),
        ("a\x00b", UnsendableCharacter),
        ("a\ud83db", UnsendableCharacter),
        ("=1+1", LooksLikeFormula),
        ("+加倍", LooksLikeFormula),
        ("-", LooksLikeFormula),
        ("＠", LooksLikeFormula),
    ],
)
def test_what_no_channel_can_say_is_found(text: str, fault: type[Exception]) -> None:
    assert [type(found) for found in find_faults(text)] == [fault]


def test_the_place_of_a_bad_character_is_told() -> None:
    assert str(find_faults("彩铃\x07")[0]) == "The character U+0007 at place 3 cannot be sent."


@pytest.mark.parametrize(
    ("text", "signed"),
    [
        ("好【东屿移动】", True),
        ("【东屿移动】好", True),
        ("好【】", False),
        ("好【东】好", False),
        ("好", False),
    ],
)
def test_the_signature_stands_first_or_last(text: str, signed: bool) -> None:
    assert has_signature(text) is signed


@pytest.mark.parametrize(
    ("text", "refusable"),
    [
        ("退订回TD【东】", True),
        ("回复TD，", True),
        ("LTD", False),
        ("TD3", False),
        ("回td", False),
        ("", False),
    ],
)
def test_the_refusal_is_a_word_of_its_own(text: str, refusable: bool) -> None:
    assert has_refusal(text) is refusable


@pytest.mark.parametrize("cell", ["=1", "+86", "-1", "@a", "\t=1", "＝1"])
def test_cells_like_formulas_are_made_harmless(cell: str) -> None:
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "1=1", "彩铃", "13800000000"])
def test_other_cells_stay(cell: str) -> None:
    assert harmless(cell) == cell
