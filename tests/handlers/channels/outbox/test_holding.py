"""A person pauses, resumes or stops a work order: at most one window of messages follows the press."""

from typing import Any

import pytest

from handlers.channels.outbox import NotPaused, NotUnderWay, has_work, is_open, pause, resume, stop
from handlers.channels.outbox.claiming import LEASE, take
from handlers.channels.outbox.double import CentreDouble
from handlers.channels.outbox.gates import Held
from handlers.channels.outbox.looking import close, look
from models.execution import WorkOrder
from tests.handlers.channels.outbox.world import World, run


def paused(world: World, order: int) -> None:
    world.change(lambda session, row: pause(session, row, "zhoulan", "投诉多", world.now), order)


def resumed(world: World, order: int) -> None:
    world.change(lambda session, row: resume(session, row, world.now), order)


def stopped(world: World, order: int) -> int:
    found: Any = world.change(lambda session, row: stop(session, row, world.now), order)
    return int(found)


def pressed(world: World, order: int, press: Any) -> CentreDouble:
    """Press while a full window waits for its answers, then let the centre answer everything."""
    centre = CentreDouble(world.window)

    async def act() -> None:
        centre.hold()
        async with world.sending(centre) as sender:
            await centre.until(world.window)
            press(world, order)
            centre.go_on()
            await sender.is_dry.wait()

    run(act())
    return centre


def test_after_pause_at_most_one_window_follows(world: World) -> None:
    order = world.order(120)
    centre = pressed(world, order, paused)
    assert len(centre.accepted) <= 2 * world.window
    assert {b.state for b in world.batches()} == {"held"}
    world.later(hours=1)
    assert world.send(centre).waiting == 0
    assert len(centre.accepted) <= 2 * world.window
    with world.session() as session:
        row = session.get_one(WorkOrder, order)
        assert (row.state, row.paused_by, row.pause_reason) == ("paused", "zhoulan", "投诉多")


def test_resumed_it_goes_on_and_nobody_is_sent_to_twice_or_left_out(world: World) -> None:
    order = world.order(120)
    centre = pressed(world, order, paused)
    resumed(world, order)
    world.send_and_settle(centre)
    assert set(centre.numbers.values()) == {1}
    assert world.states(order) == {"accepted": 120}
    with world.session() as session:
        row = session.get_one(WorkOrder, order)
        assert (row.state, row.paused_by, row.paused_at, row.pause_reason) == ("dispatched", "", None, "")


@pytest.mark.parametrize("delivery", ["at_most_once", "at_least_once"])
def test_paused_and_resumed_while_answers_are_owed_nobody_is_sent_to_twice(
    world: World, delivery: str
) -> None:
    order = world.order(60, delivery=delivery)

    def both(world: World, order: int) -> None:
        paused(world, order)
        resumed(world, order)

    centre = pressed(world, order, both)
    world.send_and_settle(centre)
    assert set(centre.numbers.values()) == {1}
    assert world.states(order) == {"accepted": 60}


def test_resumed_while_a_sender_looks_at_a_batch_the_batch_is_not_forgotten(world: World) -> None:
    order = world.order(30)
    with world.session() as session:
        (taken,) = take(session, world.now, world.now)
        session.commit()
    with world.session() as session:
        session.get_one(WorkOrder, order).state = "paused"
        session.commit()
        (found,) = look(session, [taken], world.tools(), world.now)
    assert isinstance(found, Held)
    resumed(world, order)
    with world.session() as session:
        close(session, taken, found, world.now)
        session.commit()
    world.send_and_settle()
    assert world.states(order) == {"accepted": 30}


def test_stopped_nobody_else_is_begun_and_who_was_begun_is_settled(world: World) -> None:
    order = world.order(120)
    centre = pressed(world, order, stopped)
    accepted = len(centre.accepted)
    assert accepted <= 2 * world.window
    world.settle()
    assert world.states(order) == {"accepted": accepted, "stopped": 120 - accepted}
    assert {b.state for b in world.batches()} == {"settled"}
    world.later(hours=1)
    assert len(world.send(centre).accepted) == accepted
    states = {c.sid: c.state for c in world.contacts(order)}
    ledger = {"accepted": ("settled", 1), "stopped": ("released", 0)}
    assert all(world.ledger(sid) == ledger[state] for sid, state in states.items())


def test_stopped_before_anything_left_everybody_is_stopped(world: World) -> None:
    order = world.order(120)
    assert stopped(world, order) == 120
    assert world.send().accepted == []
    world.settle()
    assert world.states(order) == {"stopped": 120}


def test_stopped_with_a_dead_sender_its_window_is_of_unknown_fate(world: World) -> None:
    order = world.order(30)
    centre = CentreDouble(world.window)

    async def act() -> None:
        centre.hold()
        async with world.sending(centre):
            await centre.until(world.window)
            stopped(world, order)
            centre.break_line(0, world.window)

    run(act())
    world.later(seconds=LEASE.total_seconds())
    world.settle()
    assert world.states(order) == {"unknown": 10, "stopped": 20}


def test_a_paused_work_order_can_be_stopped(world: World) -> None:
    order = world.order(60)
    paused(world, order)
    assert stopped(world, order) == 60
    world.settle()
    assert world.states(order) == {"stopped": 60}


def test_who_is_late_is_told_and_changes_nothing(world: World) -> None:
    order = world.order(30)
    with pytest.raises(NotPaused):
        resumed(world, order)
    paused(world, order)
    with pytest.raises(NotUnderWay):
        paused(world, order)
    stopped(world, order)
    for act in (paused, stopped):
        with pytest.raises(NotUnderWay):
            act(world, order)
    with pytest.raises(NotPaused):
        resumed(world, order)


def test_other_work_orders_go_on(world: World) -> None:
    held, other = world.order(60), world.order(range(60, 120))
    paused(world, held)
    centre = world.send()
    world.settle()
    assert world.states(held) == {"planned": 60}
    assert world.states(other) == {"accepted": 60}
    assert len(centre.accepted) == 60


def test_a_campaign_is_open_until_its_last_batch_is_settled(world: World) -> None:
    campaign = world.campaign()
    order = world.order(30, campaign=campaign)

    def asked() -> tuple[bool, bool]:
        with world.session() as session:
            return is_open(session, campaign), has_work(session, session.get_one(WorkOrder, order))

    assert asked() == (True, True)
    world.send()
    assert asked() == (True, True)
    world.settle()
    assert asked() == (False, False)
