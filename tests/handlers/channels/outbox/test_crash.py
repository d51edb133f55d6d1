"""The sender dies: another takes its batch over, and nobody is sent to twice who should not be."""

import asyncio

from handlers.channels.outbox.claiming import LEASE
from handlers.channels.outbox.double import CentreDouble
from handlers.channels.outbox.sender import Sender
from tests.handlers.channels.outbox.world import World, run


async def killed(world: World, centre: CentreDouble, waiting: int) -> None:
    """A sender that ends without a word when so many parts wait for their answers."""
    running = asyncio.create_task(world.sender(centre).run(asyncio.Event()))
    await centre.until(waiting)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def dead(world: World, centre: CentreDouble) -> None:
    """The sender is killed with a full window; the centre has the first half of it."""

    async def act() -> None:
        centre.hold()
        await killed(world, centre, world.window)
        centre.break_line(world.window // 2, world.window // 2)

    run(act())
    centre.mend()
    centre.go_on()


def test_what_it_began_is_parked_and_the_rest_is_sent(world: World) -> None:
    order = world.order(30)
    centre = CentreDouble(world.window)
    dead(world, centre)
    assert world.send(centre).numbers.total() == 5, "its lease still lasts"
    world.later(seconds=LEASE.total_seconds())
    world.send(centre)
    world.settle()
    assert set(centre.numbers.values()) == {1}
    assert world.states(order) == {"accepted": 20, "unknown": 10}
    assert len(centre.accepted) == 25


def test_where_silence_is_worse_than_a_double_it_is_sent_again(world: World) -> None:
    order = world.order(30, delivery="at_least_once")
    centre = CentreDouble(world.window)
    dead(world, centre)
    world.later(seconds=LEASE.total_seconds())
    world.send(centre)
    world.settle()
    assert sorted(centre.numbers.values()) == [1] * 25 + [2] * 5
    assert world.states(order) == {"accepted": 30}


def test_who_refused_meanwhile_is_not_sent_to_again(world: World) -> None:
    order = world.order(30, delivery="at_least_once")
    centre = CentreDouble(world.window)
    dead(world, centre)
    world.refuses(0, 29)
    world.later(seconds=LEASE.total_seconds())
    world.send(centre)
    world.settle()
    assert world.states(order) == {"accepted": 28, "unknown": 1, "suppressed do_not_disturb": 1}
    assert centre.numbers[world.number(0)] == 1
    assert centre.numbers[world.number(29)] == 0


def test_a_sender_that_wakes_after_its_lease_begins_nobody_and_its_answers_still_count(world: World) -> None:
    """It was asleep with a full window; meanwhile another took over, ended the batch, and it was settled."""
    order = world.order(30)
    slow, fast = CentreDouble(world.window), CentreDouble(world.window)

    async def act() -> Sender:
        slow.hold()
        async with world.sending(slow) as sleeper:
            await slow.until(world.window)
            world.later(seconds=LEASE.total_seconds())
            async with world.sending(fast) as other:
                await other.is_dry.wait()
            world.settle()
            assert world.states(order) == {"accepted": 20, "unknown": 10}
            slow.go_on()
            await sleeper.is_dry.wait()
            return sleeper

    run(act())
    assert len(slow.accepted) == world.window
    assert len(fast.accepted) == 20
    assert not set(slow.numbers) & set(fast.numbers)
    world.settle()
    assert world.states(order) == {"accepted": 30}
    assert world.ledger(0) == ("settled", 1)


def test_a_sender_that_loses_its_batch_goes_on_with_the_next(world: World) -> None:
    first, second = world.order(30), world.order(range(30, 60))
    slow, fast = CentreDouble(world.window), CentreDouble(world.window)

    async def act() -> None:
        slow.hold()
        async with world.sending(slow) as sleeper:
            await slow.until(world.window)
            world.later(seconds=LEASE.total_seconds())
            async with world.sending(fast) as other:
                await other.is_dry.wait()
            slow.go_on()
            await sleeper.is_dry.wait()

    run(act())
    world.settle()
    assert world.states(first) == {"accepted": 30}
    assert world.states(second) == {"accepted": 30}
    assert set((slow.numbers + fast.numbers).values()) == {1}


def test_after_the_clock_was_set_back_a_dead_senders_batch_is_taken_all_the_same(world: World) -> None:
    order = world.order(30)
    centre = CentreDouble(world.window)
    dead(world, centre)
    world.later(hours=-1)
    world.send(centre)
    world.settle()
    assert world.states(order) == {"accepted": 20, "unknown": 10}


def test_two_senders_share_the_work_and_nobody_is_sent_to_by_both(world: World) -> None:
    orders = [world.order(120), world.order(range(120, 240))]
    one, other = CentreDouble(world.window), CentreDouble(world.window)

    async def act() -> None:
        async with world.sending(one) as first, world.sending(other) as second:
            await first.is_dry.wait()
            await second.is_dry.wait()

    run(act())
    world.settle()
    assert set((one.numbers + other.numbers).values()) == {1}
    assert [world.states(order) for order in orders] == [{"accepted": 120}] * 2
