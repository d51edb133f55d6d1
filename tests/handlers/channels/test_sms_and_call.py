"""What is particular to a message and to a call, and to the double of both."""

from pathlib import Path

import pytest

from handlers.channels import CHANNELS, Content
from handlers.channels.double import ChannelDouble
from handlers.channels.text import (
    MoreThanOneMessage,
    NoRefusal,
    NoSignature,
    PlaceholderLeft,
    TooManyParts,
)
from tests.handlers.channels.samples import CONTENT, FIELDS, LATER, NOW, identity, recipients, slip

SMS, CALL = CHANNELS["sms"], CHANNELS["call"]
SCRIPT = Content(text="「{称谓}您好，我是10086客服{工号}。您用了{月数}个月了。」")


def test_a_promotion_needs_signature_and_refusal() -> None:
    found = SMS.validate(Content(text="开通彩铃"), {})
    assert [type(problem) for problem in found] == [NoSignature, NoRefusal]


def test_a_notice_needs_no_refusal() -> None:
    assert SMS.validate(Content(text="系统升级【东屿移动】", is_promotion=False), {}) == []


def test_a_message_with_a_placeholder_left_is_refused() -> None:
    found = SMS.validate(CONTENT, {"产品": "彩铃"})
    assert [type(problem) for problem in found] == [PlaceholderLeft]
    assert "日期" in str(found[0])
    with pytest.raises(PlaceholderLeft):
        SMS.prepare(recipients(), CONTENT, {"产品": "彩铃"})


def test_a_text_no_message_can_carry_is_refused() -> None:
    content = Content(text="彩" * 18_000 + "退订回TD【东屿移动】")
    assert [type(problem) for problem in SMS.validate(content, {})] == [TooManyParts]


def test_a_long_message_warns_and_costs_every_part() -> None:
    preview = SMS.preview(Content(text="彩" * 71), {}, unit_cost=5)
    assert (preview.characters, preview.parts, preview.price) == (71, 2, 10)
    assert [type(warning) for warning in preview.warnings] == [MoreThanOneMessage]
    assert str(preview.warnings[0]) == "71 characters: more than one SMS (70), charged as 2."


def test_each_customer_is_charged_for_the_parts_of_the_own_text(tmp_path: Path) -> None:
    table = recipients(2, 产品=["彩铃", "彩" * 60])
    rows = list(SMS.prepare(table, CONTENT, FIELDS))
    proof = SMS.hand_over(slip(), rows, tmp_path, [identity()[1]], NOW)
    assert [SMS.units(row) for row in rows] == [1, 2]
    assert (proof.rows, proof.units) == (2, 3)


def test_a_script_keeps_what_the_desk_fills_in() -> None:
    rows = list(CALL.prepare(recipients(2, 月数=["25", "30"]), SCRIPT, {}))
    assert rows[1][2] == "「{称谓}您好，我是10086客服{工号}。您用了30个月了。」"
    preview = CALL.preview(SCRIPT, {"月数": "25"}, unit_cost=150)
    assert (preview.parts, preview.price, preview.left) == (1, 150, ("称谓", "工号"))


def test_a_script_needs_no_signature_and_may_be_long() -> None:
    assert CALL.validate(Content(text="您好，" * 400), {}) == []


def test_the_double_remembers_what_it_would_have_sent(tmp_path: Path) -> None:
    double = ChannelDouble(SMS)
    rows = list(double.prepare(recipients(), CONTENT, FIELDS))
    double.hand_over(slip("B-1"), rows, tmp_path, ["any"], NOW)
    assert double.rows == {"B-1": rows}
    assert double.slips["B-1"].campaign == "HD-00-2026-001"
    assert list(tmp_path.iterdir()) == []


def test_the_double_answers_receipts_as_told_and_once(tmp_path: Path) -> None:
    double = ChannelDouble(SMS)
    double.tell("m0001", status="DELIVRD")
    double.tell("m0002", status="EXPIRED")
    assert double.answers(NOW) == []
    double.hand_over(slip(), double.prepare(recipients(2), CONTENT, FIELDS), tmp_path, ["any"], NOW)
    assert double.answers(LATER) == [
        {"key": "sms-1", "message_id": "m0001", "status": "DELIVRD", "at": LATER.isoformat()}
    ]
    assert double.answers(LATER) == []


def test_the_double_answers_calls_with_reasons_and_attempts(tmp_path: Path) -> None:
    double = ChannelDouble(CALL)
    double.hand_over(slip(), double.prepare(recipients(1), SCRIPT, {}), tmp_path, ["any"], NOW)
    double.tell("m0000", outcome="not_reached", reason="", attempt=1)
    double.tell("m0000", outcome="refuse", reason="价格高", attempt=2)
    answers = double.answers(NOW)
    assert [(a["contact_id"], a["outcome"], a["attempt"]) for a in answers] == [
        ("m0000", "not_reached", 1),
        ("m0000", "refuse", 2),
    ]
    assert len({a["key"] for a in answers}) == 2
