"""A script as one writes it, and as the desk shows it."""

import pytest

from demo.office.scenarios import SCENARIOS
from handlers.channels.calls import Piece, fill, read_script

TEXT = """「您好，我是10086客服{工号}，占用您一分钟。」
嫌麻烦：「有个音乐盒，每月一元。」
考虑: 那我{时间}再打给您，方便吗？

  拒绝： 打扰了。
这个业务不会再打给您。
"""


def test_a_script_is_an_opening_and_what_to_say_when() -> None:
    script = read_script(TEXT)
    assert script.opening == "您好，我是10086客服{工号}，占用您一分钟。"
    assert [(branch.label, branch.words) for branch in script.branches] == [
        ("嫌麻烦", "有个音乐盒，每月一元。"),
        ("考虑", "那我{时间}再打给您，方便吗？"),
        ("拒绝", "打扰了。\n这个业务不会再打给您。"),
    ]


@pytest.mark.parametrize("text", ["您好：请问方便吗？", "只有一句话", "", "第一行\r\n第二行"])
def test_without_labels_everything_opens(text: str) -> None:
    script = read_script(text)
    assert script.branches == ()
    assert script.opening == text.replace("\r\n", "\n")


def test_a_sentence_with_a_colon_is_no_label() -> None:
    script = read_script("您好。\n资费如下，请听：每月一元。\n时间：早上")
    assert script.opening == "您好。\n资费如下，请听：每月一元。"
    assert [branch.label for branch in script.branches] == ["时间"]


def test_gaps_are_filled_or_show_their_name() -> None:
    pieces = fill("客服{工号}，{时间}再打", {"工号": "6018"})
    assert pieces == (
        Piece(text="客服", is_value=False),
        Piece(text="6018", is_value=True, gap="工号"),
        Piece(text="，", is_value=False),
        Piece(text="时间", is_value=True, gap="时间"),
        Piece(text="再打", is_value=False),
    )


def test_a_stray_brace_leaves_the_words_as_they_are() -> None:
    assert fill("客服{工号", {"工号": "1"}) == (Piece(text="客服{工号", is_value=False),)


def test_the_demos_script_has_an_answer_to_every_objection() -> None:
    text = next(one for one in SCENARIOS if one["code"] == "H02")["content"]["call"]
    script = read_script(text)
    assert script.opening.startswith("您好，我是10086客服{工号}")
    assert [branch.label for branch in script.branches] == [
        "嫌麻烦", "不会下载", "担心扣费", "考虑", "拒绝",
    ]  # fmt: skip
