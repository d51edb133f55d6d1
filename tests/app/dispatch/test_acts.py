"""Pause, resume and stop: by whom, with what reason, kept in the campaign's history; refusals are said."""

import pytest
from flask.testing import FlaskClient

from models.base import db
from models.execution import Contact, WorkOrder
from models.sending import SendBatch
from tests.app.dispatch import world as make
from tests.app.dispatch.world import NOW, World

PATH = "/dispatch/RW-00-2026-0001"


def press(client: FlaskClient, verb: str, reason: str = "投诉增多") -> str:
    answer = client.post(f"{PATH}/{verb}", data={"reason": reason}, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def order() -> WorkOrder:
    db.session.expire_all()
    return db.session.query(WorkOrder).one()


@pytest.fixture
def sending(world: World) -> World:
    """A work order of ten, five of whom have been sent to."""
    found = make.order(make.campaign(), planned=10)
    batch = make.batch(found, "taken", sent_to=5)
    make.answers(batch, *[0] * 5)
    return world


def test_the_keeper_pauses_and_lets_go_on(sending: World) -> None:
    client = sending.browser("huangzhiyong")
    assert "Paused; at most one window of messages follows." in press(client, "pause")
    assert (order().state, order().paused_by, order().pause_reason) == ("paused", "huangzhiyong", "投诉增多")
    assert (order().paused_at, db.session.query(SendBatch).one().state) == (NOW, "held")
    assert "It goes on." in press(client, "resume", "")
    assert (order().state, db.session.query(SendBatch).one().state) == ("dispatched", "ready")
    chain = f"process:{order().campaign.process_id}"
    assert [act[:3] for act in sending.engine.acts] == [
        (chain, "work_order_paused", "huangzhiyong"),
        (chain, "work_order_resumed", "huangzhiyong"),
    ]
    assert sending.engine.acts[0][3] == {"work_order": "RW-00-2026-0001", "reason": "投诉增多"}


def test_a_stop_says_first_how_many_will_not_be_met_and_then_how_many_were_not(sending: World) -> None:
    client = sending.browser("zhoulan")
    page = " ".join(client.get(PATH).text.split())
    assert "This cannot be undone. 5 customers not yet met will not be met." in page
    assert "Stopped. 5 customers will not be met." in press(client, "stop")
    assert order().state == "stopped"
    assert db.session.query(Contact).filter_by(state="stopped").count() == 5


@pytest.mark.parametrize("verb", ["pause", "stop"])
def test_nothing_is_done_without_a_reason(sending: World, verb: str) -> None:
    assert "Give a reason" in press(sending.browser("huangzhiyong"), verb, "  ")
    assert (order().state, sending.engine.acts) == ("dispatched", [])


def test_planners_of_another_office_and_keepers_of_another_channel_may_look_but_not_act(world: World) -> None:
    make.order(make.campaign("yefang"), planned=3)
    for login in ("heyizhou", "zhenghaiyan", "zhoulan"):
        client = world.browser(login)
        assert "data-opens" not in client.get(PATH).text
        assert "Only the keeper of the channel" in press(client, "pause")
    assert order().state == "dispatched"
    assert [who for _, _, who in world.engine.refused] == ["heyizhou", "zhenghaiyan", "zhoulan"]
    assert "Paused" in press(world.browser("yefang"), "pause")


@pytest.mark.parametrize("login", ["chenliqun", "jiangtao", "shilei", "linwanqing"])
def test_others_may_only_look(sending: World, login: str) -> None:
    client = sending.browser(login)
    assert client.get(PATH).status_code == 200
    assert client.post(f"{PATH}/pause", data={"reason": "x"}).status_code == 403


def test_who_comes_second_is_told(sending: World) -> None:
    client = sending.browser("huangzhiyong")
    press(client, "stop")
    assert "is not under way; nothing was changed." in press(client, "pause")
    assert "is not paused; nothing was changed." in press(client, "resume")


def test_the_list_offers_to_pause_what_is_mine(sending: World) -> None:
    page = sending.browser("huangzhiyong").get("/dispatch").text
    assert 'data-opens="pause-1"' in page
    assert 'id="pause-1"' in page
    assert 'data-opens="pause-1"' not in sending.browser("zhenghaiyan").get("/dispatch").text


def test_a_pause_from_the_list_leads_back_to_it(sending: World) -> None:
    client = sending.browser("huangzhiyong")
    answer = client.post(f"{PATH}/pause", data={"reason": "投诉", "back": "/dispatch"})
    assert answer.headers["Location"] == "/dispatch"
