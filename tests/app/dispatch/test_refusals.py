"""Do-not-disturb: lists taken in whole or not at all, refusals looked up and lifted with a reason."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from app.dispatch.refusals import NoNumbers, NotANumber, TooManyNumbers, read_numbers
from handlers.contacts import Refusal, refuse
from models.base import db
from models.execution import DoNotDisturb
from tests.app.dispatch.world import NOW, World

MANAGER = "linwanqing"
PAGE = "/dispatch/do-not-disturb"


def handed_in(world: World, login: str = MANAGER, **form: object) -> tuple[int, str]:
    data = {"channel": "sms", "reason": "12300 投诉清单", "typed": "", **form}
    answer = world.browser(login).post(PAGE, data=data, content_type="multipart/form-data")
    return answer.status_code, " ".join(answer.text.split())


def refusing() -> set[tuple[int, str, str]]:
    db.session.expire_all()
    rows = db.session.scalars(select(DoNotDisturb))
    return {(row.sid, row.channel, row.source) for row in rows}


def test_a_file_is_taken_in_and_in_force_at_once(world: World) -> None:
    lines = ["手机号码", world.number(3), f"+86{world.number(4)}", world.number(3), "19900000000"]
    file = (BytesIO("\r\n".join(lines).encode("gb18030")), "名单.csv")
    client = world.browser(MANAGER)
    data = {"channel": "sms", "reason": "12300 投诉清单", "file": file}
    answer = client.post(PAGE, data=data, content_type="multipart/form-data", follow_redirects=True)
    told = "2 taken in, in force from now on; 1 known before, 1 are nobody of ours."
    assert told in " ".join(answer.text.split())
    assert refusing() == {(3, "sms", "list"), (4, "sms", "list")}
    ((chain, verb, who, details),) = world.engine.acts
    assert (chain, verb, who) == ("do_not_disturb", "refusals_imported", MANAGER)
    assert (details["channel"], details["numbers"], details["reason"]) == ("sms", 4, "12300 投诉清单")
    assert world.number(3) not in str(details)


def test_numbers_can_be_typed_and_a_list_again_changes_nothing(world: World) -> None:
    for _ in range(2):
        assert handed_in(world, typed=f"{world.number(5)}，{world.number(6)}", channel="call")[0] == 303
    assert refusing() == {(5, "call", "list"), (6, "call", "list")}


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"typed": "13800000000\n1380000000"}, "Line 2: “1380000000” is no phone number of eleven digits."),
        ({"typed": " "}, "Choose a file with a phone number on each line, or type numbers."),
        ({"file": (BytesIO(b"\xff\xff\xff"), "x")}, "The file cannot be read; save it as text"),
        ({"typed": "13800000000", "reason": ""}, "Say where this comes from; auditors will ask."),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_taken_in(
    world: World, form: dict[str, object], told: str
) -> None:
    status, page = handed_in(world, **form)
    assert (status, refusing(), world.engine.acts) == (422, set(), [])
    assert told in page
    assert 'aria-invalid="true"' in page


def test_a_list_may_have_a_heading_quotes_and_any_sign_between_numbers() -> None:
    assert read_numbers('号码\n"13800000001";008613800000002\t+8613800000003') == [
        f"1380000000{n}" for n in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", NoNumbers),
        ("手机", NoNumbers),
        ("手机\n没有", NotANumber),
        ("１３８０００００００１", NotANumber),
        ("13800000001\n" * 100_001, TooManyNumbers),
    ],
)
def test_a_list_that_is_none(text: str, problem: type[Exception]) -> None:
    with pytest.raises(problem):
        read_numbers(text)


def find(world: World, number: str) -> str:
    answer = world.browser(MANAGER).post(f"{PAGE}/find", data={"number": number})
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def test_one_customer_is_looked_up_without_showing_the_number(world: World) -> None:
    refuse(db.session, [Refusal(sid=7, channel="sms", since=NOW - timedelta(days=1))], "reply")
    db.session.commit()
    number = world.number(7)
    shown = find(world, f" {number[:3]} {number[3:]}")
    assert f"{number[:3]}****{number[-4:]}" in shown
    assert "the customer's own word" in shown.replace("&#39;", "'")
    assert "yesterday 10:42" in shown
    assert "No customer of ours has this number." in find(world, "19900000000")
    assert "No customer of ours has this number." in find(world, "abc")


def test_a_refusal_is_lifted_with_a_reason(world: World) -> None:
    refuse(db.session, [Refusal(sid=7, channel=channel, since=NOW) for channel in ("sms", "call")], "reply")
    db.session.commit()
    client, form = world.browser(MANAGER), {"sid": "7", "channel": "sms"}
    refused = client.post(f"{PAGE}/lift", data={**form, "reason": " "})
    assert (refused.status_code, len(refusing())) == (422, 2)
    assert refused.text.count("Say where this comes from; auditors will ask.") == 1, "at the one pressed"
    assert client.post(f"{PAGE}/lift", data={**form, "reason": "客户来电要求恢复"}).status_code == 303
    assert refusing() == {(7, "call", "reply")}
    assert world.engine.acts[-1][1:3] == ("refusal_lifted", MANAGER)
    assert world.engine.acts[-1][3] == {"channel": "sms", "sid": 7, "reason": "客户来电要求恢复"}


def test_what_the_customer_data_say_is_shown_and_cannot_be_lifted_here(world: World) -> None:
    (sid, *_) = world.stage.province.sids_where("dnd_sms").tolist()
    shown = find(world, world.number(sid))
    assert "taken back where it comes from" in shown
    assert "Lift it" not in shown
    assert "customer data" in world.look("shilei", PAGE)


@pytest.mark.parametrize("path", ["", "/find", "/lift"])
def test_others_look_and_do_not_touch(world: World, path: str) -> None:
    assert world.browser("gaoyang").post(PAGE + path, data={}).status_code == 403
    assert "Service managers take lists in and lift refusals." in world.look("gaoyang", PAGE)
