"""The line breaks: what was never written goes out later, what may be there is parked or sent again."""

import pytest

from handlers.channels.outbox.double import CentreDouble
from tests.factories.rows import SMS
from tests.handlers.channels.outbox.world import World, run

LONG = SMS + "彩铃" * 60


def broken(world: World, centre: CentreDouble, *breaks: tuple[int, int, int]) -> CentreDouble:
    """Send everything while the line breaks: each time so many parts wait, were accepted, were lost."""

    async def act() -> None:
        async with world.sending(centre) as sender:
            for waiting, accepted, lost in breaks:
                centre.hold()
                await centre.until(waiting)
                centre.break_line(accepted, lost)
                centre.mend()
            centre.go_on()
            await sender.is_dry.wait()

    run(act())
    return centre


def test_what_was_not_written_is_sent_when_the_line_stands_again(world: World) -> None:
    order = world.order(60)
    centre = broken(world, CentreDouble(world.window), (10, 0, 0), (10, 0, 0))
    world.settle()
    assert set(centre.numbers.values()) == {1}
    assert world.states(order) == {"accepted": 60}


def test_at_most_once_parks_what_may_be_there(world: World) -> None:
    order = world.order(60)
    centre = broken(world, CentreDouble(world.window), (10, 3, 4), (8, 2, 0))
    world.settle()
    assert max(centre.numbers.values()) == 1
    assert world.states(order) == {"accepted": 51, "unknown": 9}
    unknown = [contact for contact in world.contacts(order) if contact.state == "unknown"]
    assert sum(centre.numbers[world.number(contact.sid)] for contact in unknown) == 5
    assert {contact.contacted_at for contact in unknown} == {None}
    assert {world.ledger(contact.sid) for contact in unknown} == {("reserved", 1)}


def test_at_least_once_sends_again_what_may_be_there(world: World) -> None:
    order = world.order(60, delivery="at_least_once")
    centre = broken(world, CentreDouble(world.window), (10, 3, 4), (10, 2, 0))
    world.settle()
    assert centre.numbers.total() == 60 + 3 + 2
    assert world.states(order) == {"accepted": 60}


@pytest.mark.parametrize("delivery", ["at_most_once", "at_least_once"])
def test_a_message_cut_in_two_by_a_break_is_brought_to_its_end(world: World, delivery: str) -> None:
    order = world.order(9, content=LONG, delivery=delivery)
    centre = broken(world, CentreDouble(world.window), (9, 0, 0))
    world.settle()
    assert world.states(order) == {"accepted": 9}
    assert set(centre.numbers.values()) == {3}


def test_of_a_message_in_parts_one_unknown_part_makes_it_unknown(world: World) -> None:
    order = world.order(9, content=LONG)
    broken(world, CentreDouble(world.window), (9, 1, 0))
    world.settle()
    assert world.states(order) == {"accepted": 8, "unknown": 1}


def test_unknown_are_at_most_as_many_as_the_window_at_each_break(world: World) -> None:
    order = world.order(150)
    breaks = [(10, 10, 0), (10, 0, 10), (10, 5, 5)]
    centre = broken(world, CentreDouble(world.window), *breaks)
    world.settle()
    states = world.states(order)
    assert states == {"accepted": 120, "unknown": 30}
    assert max(centre.numbers.values()) == 1
    assert states["unknown"] <= world.window * len(breaks)
