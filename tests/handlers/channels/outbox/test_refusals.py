"""Checked a last time before the wire: who refuses, and who was met as often as allowed (H2, H3, H4)."""

from datetime import date

from sqlalchemy import insert

from handlers.channels.outbox.double import CentreDouble
from models.ledger import LedgerEntry
from tests.handlers.channels.outbox.world import World, run


def met_by_others(world: World, *sids: int, times: int) -> None:
    """Contacts of other campaigns today."""
    entry = {
        "channel": "sms",
        "day": date(2026, 3, 2),
        "contacts": 1,
        "state": "settled",
        "changed_at": world.now,
    }
    others = [world.campaign() for _ in range(times)]
    with world.session() as session:
        rows = [{**entry, "campaign_id": other, "sid": sid} for other in others for sid in sids]
        session.execute(insert(LedgerEntry), rows)
        session.commit()


def test_who_refuses_is_left_out(world: World) -> None:
    order = world.order(30)
    world.refuses(3, 5)
    centre = world.send()
    world.settle()
    assert world.states(order) == {"accepted": 28, "suppressed do_not_disturb": 2}
    assert centre.numbers[world.number(3)] == 0
    assert world.ledger(3) == ("released", 0)


def test_who_was_met_as_often_as_allowed_is_left_out(world: World) -> None:
    met_by_others(world, 4, 6, times=4)
    met_by_others(world, 8, times=3)
    order = world.order(30)
    world.refuses(6)
    world.send()
    world.settle()
    found = {c.sid: f"{c.state} {c.cause}".strip() for c in world.contacts(order)}
    assert found[4] == "suppressed over_frequency"
    assert found[6] == "suppressed do_not_disturb"
    assert found[8] == "accepted"
    assert world.states(order)["accepted"] == 28


def test_the_campaigns_own_place_is_no_contact_too_many(world: World) -> None:
    met_by_others(world, *range(30), times=3)
    order = world.order(30)
    world.send()
    world.settle()
    assert world.states(order) == {"accepted": 30}


def test_a_notice_has_no_limit_but_a_refusal_counts(world: World) -> None:
    met_by_others(world, *range(30), times=9)
    order = world.order(30, campaign_type="notice")
    world.refuses(3)
    world.send()
    world.settle()
    assert world.states(order) == {"accepted": 29, "suppressed do_not_disturb": 1}


def test_a_refusal_under_way_holds_from_the_next_half_window_on(world: World) -> None:
    order = world.order(30)
    centre = CentreDouble(world.window)

    async def act() -> None:
        centre.hold()
        async with world.sending(centre) as sender:
            await centre.until(world.window)
            world.refuses(0, 20, 29)
            centre.go_on()
            await sender.is_dry.wait()

    run(act())
    world.settle()
    found = {c.sid: c.state for c in world.contacts(order)}
    assert (found[0], found[20], found[29]) == ("accepted", "suppressed", "suppressed")
    assert world.states(order) == {"accepted": 28, "suppressed do_not_disturb": 2}
    assert centre.numbers[world.number(29)] == 0
    assert world.ledger(29) == ("released", 0)
