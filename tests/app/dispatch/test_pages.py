"""What the pages of dispatch say: figures, reasons in words, send lists, in a fixed number of statements."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from app.progress import progress_of
from models.base import db
from models.execution import Contact
from models.process import Candidate, Process, ProcessVersion, ToDo
from tests.app.dispatch import world as make
from tests.app.dispatch.world import NINE, NOW, World

PART = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#orders"}


def numbers(page: str) -> set[int]:
    """Serials of the work orders a page shows."""
    return {int(found) for found in re.findall(r"RW-00-2026-(\d{4})", page)}


# -- figures


def test_an_order_being_sent_counts_answers_before_its_batch_is_settled(world: World) -> None:
    order = make.order(make.campaign(), planned=100)
    batch = make.batch(order, "taken", sent_to=40)
    make.answers(batch, *[0] * 30, *[11] * 5)
    (found,) = progress_of(db.session(), [order])
    assert (found.sent, found.accepted, found.failed, found.refused, found.left) == (35, 30, 5, 5, 65)


def test_a_message_delivered_before_its_batch_is_settled_counts_once(world: World) -> None:
    order = make.order(make.campaign(), planned=10)
    make.answers(make.batch(order, "taken", sent_to=10), *[0] * 10)
    make.contacts(order)[0].state = "delivered"
    db.session.commit()
    (found,) = progress_of(db.session(), [order])
    assert (found.sent, found.accepted, found.delivered, found.left) == (10, 10, 1, 0)


def test_everybody_is_sent_to_or_left_or_neither_for_a_reason(world: World) -> None:
    states = {
        "planned": 7, "waiting": 3, "suppressed": 5, "stopped": 2, "accepted": 11, "delivered": 13,
        "failed": 4, "unknown": 6,
    }  # fmt: skip
    (found,) = progress_of(db.session(), [make.order(make.campaign(), **states)])
    assert found.sent == found.accepted + found.failed + found.unknown == 34
    assert found.left == 10


def test_a_call_list_is_done_and_left(world: World) -> None:
    order = make.order(make.campaign(), "call", handed_over=20, reached=8, not_reached=2)
    make.calls(order)
    (found,) = progress_of(db.session(), [order])
    assert (found.sent, found.left, found.delivered) == (10, 20, 8)


def test_a_list_somebody_else_has_is_sent_and_not_answered(world: World) -> None:
    (found,) = progress_of(db.session(), [make.order(make.campaign(), "call", handed_over=20, reached=8)])
    assert (found.sent, found.unanswered, found.left) == (28, 20, 0)


@pytest.mark.parametrize(
    ("states", "standing"),
    [
        ({"planned": 1, "failed": 1}, "executing"),
        ({"delivered": 5}, "done"),
        ({"delivered": 5, "failed": 1}, "partly_failed"),
        ({"delivered": 5, "unknown": 1}, "unknown"),
        ({"handed_over": 5}, "executing"),
    ],
)
def test_a_work_order_says_how_it_stands(world: World, states: dict[str, int], standing: str) -> None:
    (found,) = progress_of(db.session(), [make.order(make.campaign(), **states)])
    assert found.standing == standing


# -- the list


def test_the_list_shows_todays_and_later_orders_with_their_figures(world: World) -> None:
    make.order(make.campaign(), delivered=880, failed=162, planned=8)
    page = world.look("huangzhiyong", "/dispatch")
    for told in ("RW-00-2026-0001", "手机报客户规模拓展", "1,050", "1,042", "executing", "You keep: SMS"):
        assert told in page, told
    assert "880 accepted, 162 failed, 0 unknown, 8 left" in page


def test_what_was_planned_earlier_and_goes_on_is_in_it_and_what_is_over_is_not(world: World) -> None:
    campaign = make.campaign()
    make.order(campaign, day=date(2026, 2, 27), planned=1)
    make.order(campaign, day=date(2026, 2, 26), state="done", delivered=1)
    make.order(campaign, day=date(2026, 1, 2), state="done", delivered=1)
    coming, recent = (world.look("huangzhiyong", f"/dispatch?when={when}") for when in ("coming", "recent"))
    assert numbers(coming) == {1}
    assert numbers(recent) == {1, 2}


def test_it_can_be_narrowed_to_a_channel_and_to_mine(world: World) -> None:
    campaign = make.campaign()
    make.order(campaign, "sms", planned=1)
    make.order(campaign, "call", planned=1)
    assert numbers(world.look("huangzhiyong", "/dispatch?channel=sms")) == {1}
    assert numbers(world.look("huangzhiyong", "/dispatch?mine=1")) == {1}
    assert numbers(world.look("zhenghaiyan", "/dispatch?mine=1")) == {2}
    assert numbers(world.look("zhoulan", "/dispatch?mine=1")) == {1, 2}
    assert numbers(world.look("yefang", "/dispatch?mine=1")) == set()


def test_another_office_sees_only_its_own(world: World) -> None:
    make.order(make.campaign("zhoulan"), planned=1)
    make.order(make.campaign("yefang"), planned=1)
    assert numbers(world.look("zhoulan", "/dispatch")) == {1, 2}
    assert numbers(world.look("gaoyang", "/dispatch")) == {2}
    assert numbers(world.look("caimin", "/dispatch")) == set()
    assert world.browser("gaoyang").get("/dispatch/RW-00-2026-0001").status_code == 404
    assert world.browser("caimin").get("/dispatch/RW-00-2026-0002/figures").status_code == 404


def test_the_rows_are_fetched_without_the_frame_while_something_goes_on(world: World) -> None:
    make.order(make.campaign(), planned=5)
    assert 'hx-trigger="every 5s"' in world.look("huangzhiyong", "/dispatch")
    answer = world.browser("huangzhiyong").get("/dispatch/rows", headers=PART)
    assert "<html" not in answer.text
    assert "RW-00-2026-0001" in answer.text


def test_nothing_is_fetched_again_while_nothing_goes_on(world: World) -> None:
    make.order(make.campaign(), state="to_dispatch", planned=5)
    assert 'hx-trigger="none"' in world.look("huangzhiyong", "/dispatch")


def test_the_load_of_the_next_two_weeks_stands_by_day_and_channel(world: World) -> None:
    campaign = make.campaign()
    make.order(campaign, "sms", planned=500)
    make.order(campaign, "call", day=date(2026, 3, 9), state="to_dispatch", planned=440)
    make.order(campaign, "call", day=date(2026, 3, 30), state="to_dispatch", planned=777)
    page = world.look("huangzhiyong", "/dispatch")
    assert "500 customers today" in page
    assert '<th scope="row">9/3</th>' in page
    assert "440" in page
    assert "777" not in page.split('id="orders"')[0]


def test_what_waits_for_me_stands_beside_the_list(world: World) -> None:
    row = make.line("feed", 1, nobodys=4)
    version = ProcessVersion(
        key="reconcile", number=1, digest="-", name="对账", name_en="Reconciliation", sources=b"",
        specification=b"", decisions={}, published_at=NOW, published_by="system",
    )  # fmt: skip
    process = Process(
        version=version, subject_type="balance", subject_id=row.id, started_at=NOW, started_by="system"
    )
    db.session.add(process)
    db.session.flush()
    db.session.add(
        ToDo(
            process_id=process.id,
            token="t",
            element="explain_difference",
            path="-",
            name="说明差异",
            name_en="Explain the difference",
            form="",
            properties={},
            variables={"channel": "sms"},
            subject_type="balance",
            subject_id=row.id,
            created_at=NOW,
            due_at=NOW + timedelta(days=2),
            candidates=[Candidate(login="huangzhiyong"), Candidate(login="deputy")],
        )
    )
    db.session.commit()
    page = world.look("huangzhiyong", "/dispatch")
    assert "<b>Receipts</b>" in page
    assert "by 4 Mar 10:42" in page
    assert "Nothing waits for you here." in world.look("zhenghaiyan", "/dispatch")


# -- reasons in words


@pytest.mark.parametrize(
    ("state", "message", "fields", "words"),
    [
        ("up", "", {}, "up since today 08:00, at most 200 messages a second"),
        (
            "refused",
            "The SMS centre refused %(who)s: wrong password.",
            {"who": "bihuan"},
            "refused since today 08:00: The SMS centre refused bihuan: wrong password.",
        ),
        ("down", "next try in %(seconds)s s", {"seconds": "30"}, "down since today 08:00: next try in 30 s"),
        ("unset", "", {}, "No SMS centre is configured; lists of messages go by file."),
    ],
)
def test_the_link_says_how_it_stands(
    world: World, state: str, message: str, fields: dict[str, str], words: str
) -> None:
    make.link(state, message, **fields)
    assert words in world.look("shilei", "/dispatch")


def note_of(world: World) -> str:
    return (
        world.look("shilei", "/dispatch").split('<td class="name sm ')[1].split("</td>")[0].partition(">")[2]
    )


def test_who_paused_it_when_and_why(world: World) -> None:
    make.link("up")
    order = make.order(make.campaign(), state="paused", planned=5)
    order.paused_by, order.paused_at, order.pause_reason = "huangzhiyong", NINE, "投诉增多"
    db.session.commit()
    assert note_of(world) == "paused by Huangzhiyong today 09:00: 投诉增多"
    order.paused_by, order.pause_reason = "system", "The approval was withdrawn."
    db.session.commit()
    assert note_of(world) == "held back: The approval was withdrawn."


def test_when_it_begins(world: World) -> None:
    order = make.order(make.campaign(), state="to_dispatch", planned=5)
    order.planned_at = NINE + timedelta(days=1)
    db.session.commit()
    assert note_of(world) == "begins tomorrow 09:00"


def test_that_it_waits_for_quiet_hours_or_a_blackout_to_end(world: World) -> None:
    make.link("up")
    batch = make.batch(make.order(make.campaign(), planned=5), "ready", due_at=NINE + timedelta(hours=3))
    assert note_of(world) == "quiet hours until today 12:00"
    make.blackout("call")
    assert note_of(world) == "quiet hours until today 12:00"
    make.blackout("sms", reason="台风红色预警")
    assert note_of(world) == "no sending until today 12:00: 台风红色预警"
    batch.due_at = NINE
    db.session.commit()
    assert note_of(world) == ""


def test_that_the_link_is_down_while_somebody_is_left(world: World) -> None:
    make.link("down", "next try")
    order = make.order(make.campaign(), planned=5)
    make.batch(order, "ready")
    assert note_of(world) == "the link to the SMS centre is down"
    db.session.query(Contact).update({"state": "delivered"})
    db.session.commit()
    assert note_of(world) == ""


def test_that_no_centre_is_configured_unless_the_list_went_by_file(world: World) -> None:
    order = make.order(make.campaign(), planned=5)
    make.batch(order, "ready")
    assert note_of(world) == "no SMS centre is configured"
    order.file = "RW-00-2026-0001.csv.age"
    db.session.commit()
    assert note_of(world) == ""


def test_how_many_the_centre_refused_or_nobody_knows_of_or_wait(world: World) -> None:
    make.link("up")
    make.order(make.campaign(), delivered=5, failed=2, unknown=1, waiting=3)
    db.session.query(Contact).filter_by(state="failed").update({"cause": "refused_11"})
    db.session.commit()
    assert note_of(world) == "2 refused by the SMS centre"
    db.session.query(Contact).filter_by(state="failed").update({"cause": "EXPIRED"})
    db.session.commit()
    assert note_of(world) == "1 of unknown fate"
    db.session.query(Contact).filter_by(state="unknown").update({"state": "delivered"})
    db.session.commit()
    assert note_of(world) == "3 wait for a blackout to end"


# -- one work order


def test_the_send_list_shows_masked_numbers_answers_and_receipts(world: World) -> None:
    order = make.order(make.campaign(), delivered=2, failed=1)
    make.answers(make.batch(order, "settled", sent_to=3), 0, 0, 11)
    people = make.contacts(order)
    people[2].cause = "refused_11"
    make.receipt(people[0])
    page = world.look("huangzhiyong", "/dispatch/RW-00-2026-0001")
    assert world.number(1) not in page
    assert f"{world.number(1)[:3]}****{world.number(1)[-4:]}" in page
    for told in ("2 of 2 parts", "DELIVRD", "today 09:05", "refused by the SMS centre, status 11", "settled"):
        assert told in page, told


def test_it_can_be_filtered_by_state_and_read_page_by_page(world: World) -> None:
    make.order(make.campaign(), delivered=120, failed=3)
    page = world.look("huangzhiyong", "/dispatch/RW-00-2026-0001?state=failed")
    assert page.count("****") == 3
    assert "delivered 120" in page
    pages = [world.look("huangzhiyong", f"/dispatch/RW-00-2026-0001?page={n}") for n in (1, 2, 3)]
    assert [page.count("****") for page in pages] == [50, 50, 23]
    assert "123 in all, page 3 of 3" in pages[2]


def test_a_number_finds_exactly_one_and_stays_out_of_the_address(world: World) -> None:
    make.order(make.campaign(), delivered=120)
    client = world.browser("huangzhiyong")
    answer = client.post("/dispatch/RW-00-2026-0001/find", data={"number": f" {world.number(77)} "})
    assert answer.status_code == 303
    assert world.number(77) not in answer.headers["Location"]
    page = client.get(answer.headers["Location"]).text
    assert page.count("****") == 1
    assert world.number(77)[-4:] in page


@pytest.mark.parametrize("number", ["13900000000", "", "abc"])
def test_a_number_that_is_not_on_the_list_is_said(world: World, number: str) -> None:
    make.order(make.campaign(), delivered=3)
    client = world.browser("huangzhiyong")
    answer = client.post("/dispatch/RW-00-2026-0001/find", data={"number": number}, follow_redirects=True)
    assert "This customer is not on the send list." in answer.text


def test_the_batches_and_the_balance_of_each_day_stand_beside_it(world: World) -> None:
    order = make.order(make.campaign(), delivered=5, planned=3)
    make.batch(order, "ready", due_at=NINE + timedelta(hours=3))
    make.line("work_order", order.id, unknown=6)
    page = world.look("huangzhiyong", "/dispatch/RW-00-2026-0001")
    assert "from today 12:00" in page
    assert "1 Mar" in page


def test_a_call_list_shows_results_instead_of_receipts(world: World) -> None:
    order = make.order(make.campaign(), "call", handed_over=2, reached=1)
    make.contacts(order)[2].outcome = "consider"
    make.calls(order)
    page = world.look("zhenghaiyan", "/dispatch/RW-00-2026-0001")
    assert "considers" in page
    assert "Receipt" not in page


# -- cost


@contextmanager
def counted() -> Iterator[list[str]]:
    seen: list[str] = []

    def listen(*given: Any) -> None:
        seen.append(given[2])

    event.listen(db.engine, "before_cursor_execute", listen)
    yield seen
    event.remove(db.engine, "before_cursor_execute", listen)


@pytest.mark.parametrize("path", ["/dispatch", "/dispatch/balance", "/dispatch/blackouts"])
def test_a_page_costs_the_same_however_many_rows_it_shows(world: World, path: str) -> None:
    client = world.browser("zhoulan")
    costs = []
    for more in (1, 9):
        for _ in range(more):
            order = make.order(make.campaign(), delivered=2, planned=1)
            make.batch(order, "taken")
            make.line("work_order", order.id, unknown=1)
            make.blackout()
        db.session.remove()
        with counted() as seen:
            assert client.get(path).status_code == 200
        costs.append(len(seen))
    assert costs[0] == costs[1], path


def test_one_work_order_costs_the_same_however_many_people_it_has(world: World) -> None:
    client = world.browser("zhoulan")
    costs = []
    for people in (2, 60):
        order = make.order(make.campaign(), delivered=people)
        make.answers(make.batch(order, "settled", sent_to=people), *[0] * people)
        number = order.number
        db.session.remove()
        with counted() as seen:
            assert client.get(f"/dispatch/{number}").status_code == 200
        costs.append(len(seen))
    assert costs[0] == costs[1]
