"""What the background does with calls by the calendar."""

import csv
import json
from datetime import timedelta

from app.calls.regular import end_overdue_calls, send_confirmed_orders
from handlers.channels import calls
from models.base import db
from models.call import Call, OrderRequest
from tests.app.calls.world import World


def test_confirmed_orders_leave_in_a_file_the_order_system_can_check(world: World) -> None:
    desk = world.open()
    world.app.extensions["workshop"] = world.workshop
    held = desk.take()
    desk.ask(held, "MBOX")
    desk.yes(held)
    desk.say(held, "success")
    for _ in range(2):
        send_confirmed_orders(world.now, world.now)
    folder = world.workshop.out / "orders"
    (manifest,) = folder.glob("*.manifest.json")
    told = json.loads(manifest.read_text())
    (line,) = csv.DictReader((folder / told["file"]).read_text().splitlines())
    assert (told["rows"], told["day"], line["product"], line["asked_by"]) == (
        1, "2026-03-02", "MBOX", "dujuan",
    )  # fmt: skip
    assert db.session.query(OrderRequest.state).scalar() == "sent"


def test_calls_of_a_campaign_that_is_over_end(world: World) -> None:
    desk = world.open()
    world.now += timedelta(days=20)
    assert calls.pull(db.session, desk.centre, "dujuan", world.now) is None
    end_overdue_calls(world.now, world.now)
    assert {state for (state,) in db.session.query(Call.state)} == {"stopped"}
