"""Programs at the call list: diallers and desks of somebody else."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from app.access import ACCESS
from handlers.channels import calls
from handlers.channels.calls import REASONS
from models.base import db
from models.call import Call, CallAttempt, CallTaking
from models.sending import DirectMessage
from tests.app.calls.world import PASSWORD, World, world_in

API = "/api/v1/calls"


def pulled(client: FlaskClient) -> dict[str, Any]:
    answer = client.post(f"{API}/next")
    assert answer.status_code == 200, answer.text
    call: dict[str, Any] = answer.get_json()["call"]
    return call


def hand_in(client: FlaskClient, call: dict[str, Any], outcome: str, **more: Any) -> Any:
    body = {"fence": call["fence"], "key": f"K-{call['id']}-{call['fence']}", "outcome": outcome, **more}
    return client.post(f"{API}/{call['id']}/result", json=body)


def test_a_call_comes_with_number_script_and_reasons_and_the_number_is_on_record(world: World) -> None:
    desk = world.open()
    client = world.browser()
    call = pulled(client)
    (number,) = desk.centre.warehouse.numbers(np.array(desk.sids[:1]))
    assert call["dial"] == number
    assert call["number"] == f"{number[:3]}****{number[-4:]}"
    assert call["opening"].startswith("您好，我是10086客服dujuan，")
    assert call["branches"][3] == {"label": "考虑", "words": "那我{时间}再打给您，方便吗？"}
    assert call["reasons"] == {outcome: list(codes) for outcome, codes in REASONS.items()}
    assert (call["attempt"], call["most_attempts"], call["is_appointed"]) == (1, 3, False)
    assert call["products"][0]["text"] == (
        "您同意开通彩铃音乐盒（1元/月）吗？回复「是」确认，不回复不开通。【东屿移动】"
    )
    assert (call["campaign_name"], call["work_order"]) == ("彩铃沉默用户活跃度提升", desk.order.number)
    assert db.session.query(CallTaking.login).all() == [("dujuan",)]


def test_the_number_is_given_with_the_pull_and_nowhere_else(world: World) -> None:
    world.open()
    client = world.browser()
    call = pulled(client)
    number = call["dial"]
    answers = [
        client.get(f"{API}/{call['id']}"),
        client.post(f"{API}/{call['id']}/order", json={"fence": call["fence"], "product": "MBOX"}),
        client.get(f"{API}/progress"),
        client.get(f"{API}/slots"),
        client.get("/calls"),
        hand_in(client, call, "success"),
        client.get("/calls"),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert number not in answer.text


def test_a_lost_answer_does_no_harm(world: World) -> None:
    world.open()
    client = world.browser()
    first = pulled(client)
    assert pulled(client) | {"leased_until": ""} == first | {"leased_until": ""}
    said = [hand_in(client, first, "not_reached", reason="busy").get_json() for _ in range(2)]
    assert said[0] == said[1]
    assert said[0]["next_at"] == (world.now + timedelta(hours=4)).isoformat()
    assert db.session.query(CallAttempt).count() == 1


def test_two_call_agents_never_have_one_customer(world: World) -> None:
    world.open(2)
    one, other = pulled(world.browser()), pulled(world.browser("hexia"))
    assert one["id"] != other["id"]
    answer = hand_in(world.browser("hexia"), one, "refuse", reason="price")
    assert answer.status_code == 409
    assert "这通电话" in answer.get_json()["message"]


def test_without_a_call_one_learns_when_there_will_be_one(world: World) -> None:
    client = world.browser()
    assert client.post(f"{API}/next").get_json() == {"call": None, "next_at": None}
    world.open(1)
    hand_in(client, pulled(client), "not_reached", reason="no_answer")
    later = (world.now + timedelta(hours=4)).isoformat()
    assert client.post(f"{API}/next").get_json() == {"call": None, "next_at": later}


def test_an_order_is_asked_confirmed_and_counted(world: World) -> None:
    world.open()
    client = world.browser()
    call = pulled(client)
    too_early = hand_in(client, call, "success")
    assert too_early.status_code == 422
    order = {"fence": call["fence"], "product": "MBOX"}
    asked = client.post(f"{API}/{call['id']}/order", json=order)
    assert (asked.status_code, asked.get_json()["state"]) == (200, "asked")
    assert client.post(f"{API}/{call['id']}/order", json=order).get_json() == asked.get_json()
    (message,) = db.session.query(DirectMessage).all()
    assert hand_in(client, call, "success").status_code == 200
    tally = client.get(f"{API}/progress").get_json()
    assert tally["mine"] == {"called": 1, "successes": 0, "to_confirm": 1}
    calls.confirm_orders(db.session, message.sid, world.now)
    db.session.commit()
    tally = client.get(f"{API}/progress").get_json()
    assert tally["mine"] == {"called": 1, "successes": 1, "to_confirm": 0}
    assert [(order["left"], order["campaign"]) for order in tally["orders"]] == [
        (3, "彩铃沉默用户活跃度提升")
    ]


def test_a_time_of_the_slots_is_promised_and_comes_back(world: World) -> None:
    world.open()
    client = world.browser()
    slots = client.get(f"{API}/slots").get_json()
    assert len(slots) == 12
    assert (slots[0]["is_past"], slots[1]["part"], slots[1]["free"]) == (True, "afternoon", 10)
    call = pulled(client)
    said = hand_in(client, call, "consider", reason="no_time", call_back_at=slots[1]["at"]).get_json()
    assert (said["next_at"], said["is_appointed"]) == (slots[1]["at"], True)
    assert client.get(f"{API}/slots").get_json()[1]["free"] == 9
    world.now += timedelta(hours=4)
    back = pulled(client)
    assert (back["id"], back["attempt"], back["is_appointed"]) == (call["id"], 2, True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"outcome": "refuse"}, 422),
        ({"outcome": "refuse", "reason": "busy"}, 422),
        ({"outcome": "refuse", "reason": "nothing we know"}, 422),
        ({"outcome": "maybe"}, 422),
        ({"outcome": "refuse", "reason": "price", "key": ""}, 422),
        ({"outcome": "refuse", "reason": "price", "key": "k" * 61}, 422),
        ({"outcome": "refuse", "reason": "price", "fence": "x"}, 422),
        ({"outcome": "refuse", "reason": "price", "fence": 99}, 409),
        ({"outcome": "consider", "reason": "price", "call_back_at": "2026-03-05T10:00:00"}, 422),
        ({"outcome": "consider", "reason": "price", "call_back_at": "2026-03-05T10:10:00+08:00"}, 422),
        ({"outcome": "consider", "reason": "price", "call_back_at": "2026-03-02T10:00:00+08:00"}, 422),
    ],
)
def test_a_result_that_cannot_be_is_refused_and_the_call_stays(
    world: World, body: dict[str, Any], status: int
) -> None:
    world.open(1)
    client = world.browser()
    call = pulled(client)
    answer = hand_in(client, call, **body)
    assert (answer.status_code, answer.get_json()["code"]) == (status, status), answer.text
    assert db.session.query(CallAttempt).count() == 0
    assert db.session.query(Call.state).scalar() == "taken"


def test_what_is_not_there_is_said_not_to_be(world: World) -> None:
    world.open(1)
    client = world.browser()
    call = pulled(client)
    for answer in (
        client.get(f"{API}/999"),
        client.post(f"{API}/999/put-back", json={"fence": 1}),
        client.post(f"{API}/999/order", json={"fence": 1, "product": "MBOX"}),
        hand_in(client, call | {"id": 999}, "refuse", reason="price"),
    ):
        assert answer.status_code == 404
        assert "999" in answer.get_json()["message"]
    assert world.browser("hexia").get(f"{API}/{call['id']}").status_code == 404


def test_a_break_gives_the_call_to_the_next(world: World) -> None:
    world.open(1)
    client = world.browser()
    call = pulled(client)
    assert client.post(f"{API}/{call['id']}/put-back", json={"fence": call["fence"]}).status_code == 204
    assert pulled(world.browser("hexia"))["id"] == call["id"]
    late = client.post(f"{API}/{call['id']}/put-back", json={"fence": call["fence"]})
    assert late.status_code == 409


@pytest.mark.parametrize("login", ["zhoulan", "zhenghaiyan", "shilei"])
def test_only_call_agents_get_in_and_a_program_is_told_so(world: World, login: str) -> None:
    answer = world.browser(login).post(f"{API}/next")
    assert answer.status_code == 403
    assert answer.get_json()["status"] == "Forbidden"


def test_who_has_not_signed_in_gets_nothing(world: World) -> None:
    assert world.app.test_client().post(f"{API}/next").status_code == 401


def test_a_program_signs_in_as_a_person_and_sends_the_token_of_its_session(tmp_path: Path) -> None:
    with world_in(tmp_path) as world:
        world.app.config.update(WTF_CSRF_ENABLED=True)
        world.open(1)
        client = world.app.test_client()
        form = client.get("/sign-in").text
        token = form.partition('name="csrf_token" value="')[2].partition('"')[0]
        fields = {"login": "dujuan", "password": PASSWORD, "csrf_token": token}
        assert client.post("/sign-in", data=fields).status_code == 303
        without = client.post(f"{API}/next")
        assert without.status_code == 400
        assert "X-CSRFToken" in without.get_json()["message"]
        session = client.get("/api/v1/session").get_json()
        assert (session["login"], session["roles"]) == ("dujuan", ["call_agent"])
        headers = {"X-CSRFToken": session["csrf_token"]}
        assert client.post(f"{API}/next", headers=headers).get_json()["call"]["id"] == 1


def test_the_description_names_every_address_what_it_takes_and_how_it_refuses(world: World) -> None:
    told = world.browser().get("/api/v1/openapi.json").get_json()
    assert set(told["paths"]) >= {
        f"{API}/next", f"{API}/slots", f"{API}/progress", "/api/v1/session",
        *(f"{API}/{{call_id}}{end}" for end in ("", "/result", "/order", "/put-back")),
    }  # fmt: skip
    result = told["paths"][f"{API}/{{call_id}}/result"]["post"]
    assert {"200", "404", "409", "422"} <= set(result["responses"])
    schemas = told["components"]["schemas"]
    assert schemas["Result"]["properties"]["outcome"]["enum"] == list(REASONS)
    assert "dial" in schemas["Dialled"]["properties"]
    assert "dial" not in schemas["Call"]["properties"]
    assert {name for name in ACCESS if name.startswith("api_calls.")} == {
        f"api_calls.{verb}" for verb in ("pull", "look", "hand_in", "order", "put_back", "slots", "progress")
    }
