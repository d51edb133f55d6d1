"""The desk page: what it shows, what it never shows, and what its verbs do."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from flask.testing import FlaskClient

from handlers.channels import calls
from handlers.channels.calls.slots import CAPACITY
from models.base import db
from models.call import Call, CallAttempt, OrderRequest
from models.execution import DoNotDisturb
from tests.app.calls.world import World
from tests.handlers.channels.calls.desk import Desk

PART = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "section#questions"}


def take(client: FlaskClient) -> str:
    """Press "take the next call" and look at the desk."""
    assert client.post("/calls/next").location == "/calls"
    return client.get("/calls").text


def fence() -> int:
    return int(db.session.query(Call.fence).filter_by(state="taken", taken_by="dujuan").scalar())


def say(client: FlaskClient, outcome: str, call_id: int = 1, **more: str) -> object:
    """Press "record, and take the next"."""
    fields = {"fence": str(fence()), "key": f"desk-{call_id}-{fence()}", "outcome": outcome, **more}
    return client.post(f"/calls/{call_id}/result", data=fields)


def words(html: str) -> str:
    """What stands on the page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


def numbers_of(desk: Desk) -> list[str]:
    return desk.centre.warehouse.numbers(np.array(desk.sids))


def test_the_desk_is_where_a_call_agent_begins(world: World) -> None:
    assert world.browser().get("/").location == "/calls"
    assert world.browser("yefang").get("/").location == "/to-dos"
    assert world.browser("yefang").get("/calls").status_code == 403


def test_without_a_list_the_page_says_so_and_looks_again(world: World) -> None:
    page = world.browser().get("/calls").text
    assert "现在没有可拨的名单。" in page
    assert "data-reload" in page


def test_before_the_first_call_the_day_is_seen(world: World) -> None:
    desk = world.open()
    page = words(world.browser().get("/calls").text)
    assert "下一位客户在等。" in page
    assert f"彩铃沉默用户活跃度提升{desk.order.number}0004" in page.replace(" ", "")


def test_looking_takes_no_call(world: World) -> None:
    world.open()
    client = world.browser()
    client.get("/calls")
    assert db.session.query(Call).filter_by(state="taken").count() == 0


def test_a_call_shows_who_it_is_why_and_what_to_say(world: World) -> None:
    world.open()
    page = words(take(world.browser()))
    for part in (
        "第 1 次拨打，最多 3 次", "彩铃状态沉默", "每月付功能费，半年没换过歌", "近6个月下载铃音不多于1首",
        "您好，我是10086客服dujuan，占用您一分钟。", "嫌麻烦「有个音乐盒", "那我时间再打给您", "上限 2 次",
        "您同意开通彩铃音乐盒（1元/月）吗？", "今天已拨 0", "还有 4",
    ):  # fmt: skip
        assert part in page, part


def test_no_number_leaves_the_page_unmasked(world: World) -> None:
    desk = world.open()
    client = world.browser()
    pages = [take(client)]
    client.post("/calls/1/order", data={"fence": fence(), "product": "MBOX"})
    pages.append(client.get("/calls").text)
    say(client, "consider", reason="no_time", call_back_at="2026-03-05T10:00:00+08:00")
    pages.append(client.get("/calls").text)
    client.post("/calls/2/rest", data={"fence": fence()})
    pages.append(client.get("/calls").text)
    first, *others = numbers_of(desk)
    assert f"{first[:3]} **** {first[-4:]}" in pages[2]
    for page in pages:
        assert not [number for number in (first, *others) if number in page]
        assert not re.search(r"(?<!\d)1\d{10}(?!\d)", page)


def test_recording_goes_on_with_the_next_customer(world: World) -> None:
    world.open()
    client = world.browser()
    take(client)
    answer = say(client, "refuse", reason="price")
    assert (answer.status_code, answer.location) == (303, "/calls")  # type: ignore[attr-defined]
    assert db.session.query(CallAttempt.outcome, CallAttempt.reason).all() == [("refuse", "price")]
    assert db.session.query(Call.id).filter_by(state="taken").scalar() == 2


def test_the_same_page_sent_twice_is_recorded_once(world: World) -> None:
    world.open()
    client = world.browser()
    take(client)
    fields = {"fence": str(fence()), "key": f"desk-1-{fence()}", "outcome": "not_reached", "reason": "busy"}
    for _ in range(2):
        assert client.post("/calls/1/result", data=fields).status_code == 303
    assert db.session.query(CallAttempt).count() == 1
    assert db.session.query(Call.id).filter_by(state="taken").scalar() == 2


@pytest.mark.parametrize(
    ("outcome", "more", "said"),
    [
        ("", {}, "请选择通话结果"),
        ("refuse", {}, "请选择没成的原因"),
        ("refuse", {"reason": "other", "note": " "}, "请写明其他原因是什么"),
        ("consider", {"reason": "price", "call_back_at": "2026-03-05T11:00:00+08:00"}, "不能约回拨"),
        ("success", {}, "请先发确认短信"),
    ],
)
def test_what_is_missing_is_said_and_what_was_chosen_stays(
    world: World, outcome: str, more: dict[str, str], said: str
) -> None:
    world.open()
    client = world.browser()
    take(client)
    fields = {"note": "再想想", **more}
    answer = say(client, outcome, **fields)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    page = answer.text  # type: ignore[attr-defined]
    assert said in words(page)
    assert f'value="{fields["note"]}"' in page
    if outcome:
        assert f'value="{outcome}" checked' in page
    assert db.session.query(CallAttempt).count() == 0


def test_a_full_time_cannot_be_chosen_and_is_refused_where_it_was(world: World) -> None:
    world.open(CAPACITY + 1)
    client = world.browser()
    take(client)
    thursday = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
    promised = db.session.query(Call).filter(Call.state == "waiting")
    promised.update({"is_appointed": True, "due_at": thursday})
    db.session.commit()
    page = client.get("/calls").text
    assert "满" in words(page)
    assert thursday.isoformat() not in page
    answer = say(client, "consider", reason="no_time", call_back_at=thursday.isoformat())
    assert "已经约满" in words(answer.text)  # type: ignore[attr-defined]


def test_a_promised_call_comes_back_with_what_was_said(world: World) -> None:
    world.open(1)
    client = world.browser()
    take(client)
    say(client, "consider", reason="no_time", note="下午在家", call_back_at="2026-03-02T14:30:00+08:00")
    page = words(client.get("/calls").text)
    assert "现在没有要打的电话。" in page
    assert "下一通在今天 14:30。" in page
    assert "我约的回拨" in page
    world.now += timedelta(hours=4)
    page = words(take(client))
    assert "约定回拨" in page
    assert "第 2 次拨打" in page
    assert "今天 10:50 考虑 · 没时间下午在家" in page


def test_one_key_asks_the_customer_and_the_page_waits_for_the_answer(world: World) -> None:
    world.open()
    client = world.browser()
    take(client)
    answer = client.post("/calls/1/order", data={"fence": fence(), "product": "MBOX"}, headers=PART)
    assert "等客户回复「是」" in answer.text
    assert 'hx-trigger="every 3s"' in answer.text
    sid = db.session.query(OrderRequest.sid).scalar()
    calls.confirm_orders(db.session, sid, world.now)
    db.session.commit()
    answer = client.get("/calls/1/answer", headers=PART)
    assert "已回复「是」" in answer.text
    assert "hx-trigger" not in answer.text
    say(client, "success")
    assert "成功 1" in words(client.get("/calls").text)


def test_without_script_the_question_is_asked_all_the_same(world: World) -> None:
    world.open()
    client = world.browser()
    take(client)
    assert client.post("/calls/1/order", data={"fence": fence(), "product": "MBOX"}).location == "/calls"
    refused = client.post("/calls/1/order", data={"fence": fence(), "product": "CRBT"})
    assert refused.location == "/calls"
    assert "不能办理CRBT" in client.get("/calls").text


def test_an_unanswered_question_is_shown_to_who_put_it(world: World) -> None:
    world.open()
    client = world.browser()
    take(client)
    client.post("/calls/1/order", data={"fence": fence(), "product": "MBOX"})
    say(client, "success")
    assert "待确认 1" in words(client.get("/calls").text)
    world.now += timedelta(days=1)
    calls.lapse_orders(db.session, world.now)
    assert "一天内没回复" in words(client.get("/calls").text)
    assert "一天内没回复" not in words(world.browser("hexia").get("/calls").text)


def test_a_call_given_to_somebody_else_is_said_to_be_gone(world: World) -> None:
    world.open()
    client, other = world.browser(), world.browser("hexia")
    take(client)
    old = fence()
    world.now += timedelta(minutes=21)
    take(other)
    fields = {"fence": str(old), "key": "late", "outcome": "refuse", "reason": "price"}
    assert client.post("/calls/1/result", data=fields).status_code == 303
    assert "已转给 hexia" in client.get("/calls").text
    assert db.session.query(CallAttempt).count() == 0
    gone = client.get("/calls/1/answer", headers=PART)
    assert "已不在您手里" in gone.text


def test_a_break_puts_the_call_back(world: World) -> None:
    world.open()
    client = world.browser()
    take(client)
    assert client.post("/calls/1/rest", data={"fence": fence()}).status_code == 303
    page = client.get("/calls").text
    assert "您在休息" in page
    assert "拨下一个" in page
    assert db.session.query(Call).filter_by(state="taken").count() == 0


def test_who_wants_no_calls_gets_none(world: World) -> None:
    desk = world.open()
    client = world.browser()
    take(client)
    say(client, "refuse", reason="no_more_calls")
    assert db.session.query(DoNotDisturb.sid, DoNotDisturb.channel).all() == [(desk.sids[0], "call")]


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-03-02T14:30:00+08:00", "今天下午2点半"),
        ("2026-03-05T10:00:00+08:00", "周四上午10点"),
        ("2026-03-06T18:30:00+08:00", "周五晚上6点半"),
        ("", "时间"),
        ("soon", "时间"),
        ("2026-03-05T10:00:00", "时间"),
    ],
)
def test_a_picked_time_is_put_into_the_words_of_the_script(world: World, moment: str, said: str) -> None:
    assert world.browser().get("/calls/when", query_string={"call_back_at": moment}).text == said


def test_the_desk_speaks_english_too(world: World) -> None:
    world.open()
    client = world.browser(language="en")
    assert "The next customer waits." in client.get("/calls").text
    page = words(take(client))
    for part in ("attempt 1 of 3", "ring-back tone statesilent", "Why this customer", "at most 2", "Break"):
        assert part in page, part
