"""Times without sending: set by service managers with a reason, ended early, seen by all."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from models.base import db
from models.sending import Blackout, SendBatch
from tests.app.dispatch import world as make
from tests.app.dispatch.world import NINE, NOW, World

WISH = {
    "channel": "sms",
    "office_code": "01",
    "starts_at": "2026-03-15T00:00",
    "ends_at": "2026-03-16T00:00",
    "reason": "3·15 消费者权益日",
}


def wish(client: FlaskClient, **changed: str) -> tuple[int, str]:
    answer = client.post("/dispatch/blackouts", data=WISH | changed)
    return answer.status_code, " ".join(answer.text.split())


def spans() -> list[Blackout]:
    db.session.expire_all()
    return list(db.session.query(Blackout).order_by(Blackout.id))


def test_a_service_manager_sets_one_and_history_has_it(world: World) -> None:
    assert wish(world.browser("linwanqing"))[0] == 303
    (row,) = spans()
    assert (row.channel, row.office_code, row.reason) == ("sms", "01", "3·15 消费者权益日")
    assert row.starts_at == datetime(2026, 3, 14, 16, 0, tzinfo=UTC)
    assert (row.made_by, row.made_at) == ("linwanqing", NOW)
    ((chain, verb, who, details),) = world.engine.acts
    assert (chain, verb, who) == ("blackouts", "blackout_set", "linwanqing")
    assert details["from"] == "2026-03-15T00:00:00+08:00"
    page = world.look("gaoyang", "/dispatch/blackouts")
    for told in ("15 Mar 00:00", "Office 01", "SMS", "3·15 消费者权益日", "Linwanqing", "to come"):
        assert told in page, told


def test_all_channels_and_the_whole_province_can_be_meant(world: World) -> None:
    wish(world.browser("linwanqing"), channel="", office_code="00")
    assert [(row.channel, row.office_code) for row in spans()] == [("", "00")]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"starts_at": ""}, "Give day and hour."),
        ({"ends_at": "soon"}, "Give day and hour."),
        ({"ends_at": "2026-03-15T00:00"}, "The end must lie after the beginning, and after now."),
        (
            {"starts_at": "2026-03-01T00:00", "ends_at": "2026-03-02T10:42"},
            "The end must lie after the beginning, and after now.",
        ),
        ({"reason": "  "}, "Say why nothing is to be sent; planners will ask."),
        ({"office_code": "99"}, "Choose the province, a prefecture or a county."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    world: World, changed: dict[str, str], told: str
) -> None:
    status, page = wish(world.browser("linwanqing"), **changed)
    assert (status, spans()) == (422, [])
    assert told in page
    assert 'aria-invalid="true"' in page
    if "reason" not in changed:
        assert "3·15 消费者权益日" in page


def test_it_is_ended_early_and_what_waited_is_looked_at_again(world: World) -> None:
    make.batch(make.order(make.campaign(), planned=5), "ready", due_at=NINE + timedelta(hours=9))
    row = make.blackout(hours=9)
    client = world.browser("linwanqing")
    assert client.post(f"/dispatch/blackouts/{row.id}/end").status_code == 303
    assert [one.ends_at for one in spans()] == [NOW]
    assert db.session.query(SendBatch).one().due_at == NOW
    assert world.engine.acts[0][1] == "blackout_ended"
    assert "over" in world.look("shilei", "/dispatch/blackouts")


def test_one_to_come_is_called_off(world: World) -> None:
    wish(world.browser("linwanqing"))
    (row,) = spans()
    world.browser("linwanqing").post(f"/dispatch/blackouts/{row.id}/end")
    (row,) = spans()
    assert row.starts_at == row.ends_at == NOW


@pytest.mark.parametrize("login", ["huangzhiyong", "zhoulan", "shilei"])
def test_others_see_them_and_may_not_set_or_end_one(world: World, login: str) -> None:
    row = make.blackout()
    client = world.browser(login)
    assert "Set it" not in client.get("/dispatch/blackouts").text
    assert wish(client)[0] == 403
    assert client.post(f"/dispatch/blackouts/{row.id}/end").status_code == 403


def test_one_that_is_not_there_cannot_be_ended(world: World) -> None:
    assert world.browser("linwanqing").post("/dispatch/blackouts/99/end").status_code == 404
