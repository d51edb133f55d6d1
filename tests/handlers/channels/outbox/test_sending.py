"""A work order leaves in batches: everybody once, an intent before the wire and an answer after it."""

import asyncio

import pytest

from handlers.channels.announcing import service_code
from handlers.channels.outbox.double import CentreDouble
from models.execution import WorkOrder
from tests.factories.rows import SMS
from tests.handlers.channels.outbox.world import BAD, World, run

#: three parts
LONG = SMS + "彩铃" * 60


def unanswered(world: World) -> int:
    """Contacts committed to without an answer in the tables."""
    batches, answered = world.batches(), {answer.contact_id for answer in world.answers()}
    return sum(
        sum(
            1
            for c in world.contacts(b.work_order_id)
            if b.first_id <= c.id <= b.intended_to and c.id not in answered
        )
        for b in batches
    )


def test_everybody_is_sent_to_once_and_counted(world: World) -> None:
    order = world.order(30)
    centre = world.send()
    assert centre.numbers == {world.number(sid): 1 for sid in range(30)}
    assert {message.text for message in centre.accepted} == {SMS}
    assert {message.source for message in centre.accepted} == {"10086"}
    assert {message.service_type for message in centre.accepted} == {service_code(order)}
    assert [b.state for b in world.batches()] == ["sent"]
    assert world.states(order) == {"planned": 30}
    assert world.settle() == 1
    assert world.states(order) == {"accepted": 30}
    assert {(c.contacted_at, c.units) for c in world.contacts(order)} == {(world.now, 1)}
    assert world.ledger(3) == ("settled", 1)
    assert [(b.state, b.ended_at) for b in world.batches()] == [("settled", world.now)]


def test_many_batches_of_many_work_orders(world: World) -> None:
    orders = [world.order(70), world.order(range(70, 75)), world.order(range(75, 130))]
    centre = world.send()
    assert set(centre.numbers.values()) == {1}
    assert world.settle() == 6
    assert [world.states(order) for order in orders] == [{"accepted": n} for n in (70, 5, 55)]


def test_an_intent_stands_in_the_tables_before_anything_is_on_the_wire(world: World) -> None:
    order = world.order(30)
    seen: list[tuple[int, int]] = []

    class Watching(CentreDouble):
        def submit(self, part):
            answer = super().submit(part)
            batch, contacts = world.batches()[0], world.contacts(order)
            intended = sum(1 for contact in contacts if contact.id <= batch.intended_to)
            seen.append((len(self.accepted) + self.waiting, intended))
            return answer

    world.send(Watching(world.window))
    assert len(seen) == 30
    assert all(sent <= intended for sent, intended in seen)


def test_intents_without_an_answer_never_exceed_the_window(world: World) -> None:
    world.order(60)
    found: list[int] = []

    class Watching(CentreDouble):
        def submit(self, part):
            found.append(unanswered(world))
            return super().submit(part)

    centre = world.send(Watching(world.window))
    assert max(found) <= world.window
    assert centre.busiest <= world.window


def test_both_halves_of_the_window_are_used(world: World) -> None:
    world.order(60)
    centre = CentreDouble(world.window)

    async def act() -> None:
        centre.hold()
        async with world.sending(centre) as sender:
            await asyncio.wait_for(centre.until(world.window), 20)
            centre.go_on()
            await sender.is_dry.wait()

    run(act())
    assert len(centre.accepted) == 60


@pytest.mark.parametrize("window", [1, 2, 3])
def test_a_narrow_window_is_enough(world: World, window: int) -> None:
    world.window = window
    order = world.order(7)
    assert world.send().busiest <= window
    world.settle()
    assert world.states(order) == {"accepted": 7}


def test_a_message_of_several_parts_is_accepted_when_all_are(world: World) -> None:
    order = world.order(20, content=LONG)
    centre = world.send()
    assert set(centre.numbers.values()) == {3}
    assert len(world.answers()) == 60
    world.settle()
    assert world.states(order) == {"accepted": 20}
    assert {contact.units for contact in world.contacts(order)} == {3}


def test_a_message_of_more_parts_than_the_window_gets_through(world: World) -> None:
    world.window = 2
    order = world.order(3, content=LONG)
    assert world.send().busiest <= 2
    world.settle()
    assert world.states(order) == {"accepted": 3}


def test_a_number_that_is_none_never_reaches_the_wire(world: World) -> None:
    order = world.order([1, 2, BAD])
    centre = world.send()
    assert len(centre.accepted) == 2
    world.settle()
    assert world.states(order) == {"accepted": 2, "failed bad_number": 1}
    assert [c.units for c in world.contacts(order)] == [1, 1, 0]
    assert world.ledger(BAD) == ("settled", 0)


def test_who_the_centre_refuses_has_failed_and_is_not_tried_again(world: World) -> None:
    order = world.order(10)
    centre = CentreDouble(world.window)
    centre.refusing = {world.number(4): 11, world.number(6): 0xFFFF_FFFF}
    world.send(centre)
    world.settle()
    assert world.states(order) == {"accepted": 8, "failed refused_11": 1, "failed refused_2147483647": 1}
    assert world.ledger(4) == ("settled", 0)
    assert [c.contacted_at for c in world.contacts(order) if c.sid in (4, 6)] == [None, None]


def test_a_text_that_cannot_be_filled_holds_the_work_order_back(world: World) -> None:
    order = world.order(10, content=SMS + "{余额}")
    assert world.send().accepted == []
    with world.session() as session:
        found = session.get_one(WorkOrder, order)
        assert (found.state, found.paused_by) == ("paused", "system")
        assert "余额" in found.pause_reason
    assert [b.state for b in world.batches()] == ["held"]


def test_nobody_left_in_a_batch_is_no_batch_to_send(world: World) -> None:
    order = world.order(5)
    world.refuses(*range(5))
    assert world.send().accepted == []
    world.settle()
    assert world.states(order) == {"suppressed do_not_disturb": 5}
    assert [b.state for b in world.batches()] == ["settled"]
    assert world.ledger(2) == ("released", 0)


def test_told_to_stop_it_gives_back_what_is_left_and_nothing_is_unknown(world: World) -> None:
    order = world.order(60)
    centre = CentreDouble(world.window)

    async def act() -> None:
        centre.hold()
        stop = asyncio.Event()
        running = asyncio.create_task(world.sender(centre).run(stop))
        await centre.until(world.window)
        stop.set()
        centre.go_on()
        await running

    run(act())
    assert {(b.state, b.leased_until) for b in world.batches()} == {("ready", None)}
    world.send_and_settle(centre)
    assert set(centre.numbers.values()) == {1}
    assert world.states(order) == {"accepted": 60}
