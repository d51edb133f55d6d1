"""A batch belongs to one sender at a time, and no long list keeps a short one waiting."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import text, update

from handlers.channels.outbox.claiming import LEASE, Taken, give_back, renew, take
from handlers.channels.outbox.opening import SIZE
from models.sending import SendBatch
from tests import databases
from tests.handlers.channels.outbox.world import MONDAY, World


def taken(world: World, but: tuple[int, ...] = ()) -> Taken | None:
    """The batch taken first; those taken along are given back."""
    with world.session() as session:
        found = take(session, world.now, world.now, but)
        for along in found[1:]:
            give_back(session, along, world.now)
        session.commit()
        return found[0] if found else None


def orders_taken(world: World, count: int) -> list[int]:
    """Work orders in the order their batches are taken, while nobody brings one to its end."""
    return [found.work_order_id for _ in range(count) if (found := taken(world)) is not None]


def test_a_work_order_is_cut_into_batches_of_a_thousand(world: World) -> None:
    world.size = SIZE
    order = world.order(2_500)
    found = [(b.number, b.people, b.state, b.intended_to) for b in world.batches(order)]
    assert found == [(1, 1000, "ready", 0), (2, 1000, "ready", 0), (3, 500, "ready", 0)]
    spans = [(b.first_id, b.last_id) for b in world.batches(order)]
    assert spans == sorted(spans)
    assert all(first <= last for first, last in spans)


def test_a_batch_is_taken_once_while_its_lease_lasts(world: World) -> None:
    world.order(30)
    first = taken(world)
    assert first is not None
    assert taken(world) is None
    world.later(seconds=LEASE.total_seconds() - 1)
    assert taken(world) is None
    world.later(seconds=1)
    second = taken(world)
    assert second is not None
    assert (second.id, second.fence) == (first.id, first.fence + 1)


def test_a_renewed_lease_lasts_longer_and_a_lost_one_is_not_renewed(world: World) -> None:
    world.order(30)
    first = taken(world)
    assert first is not None
    nearly = LEASE.total_seconds() * 0.8
    world.later(seconds=nearly)
    with world.session() as session:
        assert renew(session, [first], world.now) == set()
        session.commit()
    world.later(seconds=nearly)
    assert taken(world) is None
    world.later(seconds=nearly)
    assert taken(world) is not None
    with world.session() as session:
        assert renew(session, [first], world.now) == {first.id}
        assert give_back(session, first, world.now) is False


def test_what_the_caller_has_already_is_not_taken_again(world: World) -> None:
    world.order(30)
    first = taken(world)
    assert first is not None
    world.later(hours=3)
    assert taken(world, but=(first.id,)) is None


def test_nothing_is_taken_before_it_is_due(world: World) -> None:
    order = world.order(30)
    with world.session() as session:
        session.execute(update(SendBatch).values(due_at=world.now + timedelta(hours=1)))
        session.commit()
    assert taken(world) is None
    world.later(hours=1)
    found = taken(world)
    assert found is not None
    assert found.work_order_id == order


def test_batches_of_all_work_orders_are_taken_in_turn(world: World) -> None:
    long, short = world.order(90), world.order(range(90, 95))
    middle = world.order(50)
    assert orders_taken(world, 6) == [long, short, middle, long, middle, long]


def test_a_short_list_that_comes_later_waits_for_one_round(world: World) -> None:
    long = world.order(90)
    assert orders_taken(world, 1) == [long]
    short = world.order(range(90, 95))
    assert orders_taken(world, 3) == [long, short, long]


def test_a_list_that_was_held_back_is_not_ahead_of_the_others_for_it(world: World) -> None:
    late, other = world.order(90), world.order(90)
    with world.session() as session:
        held = update(SendBatch).where(SendBatch.work_order_id == late)
        session.execute(held.values(due_at=world.now + timedelta(hours=1)))
        session.commit()
    assert orders_taken(world, 2) == [other, other]
    world.later(hours=1)
    with world.session() as session:
        session.execute(update(SendBatch).where(SendBatch.state == "taken").values(state="settled"))
        session.commit()
    assert orders_taken(world, 4) == [late, other, late, late]


def test_a_lease_from_before_the_clock_was_set_back_ends_all_the_same(world: World) -> None:
    world.order(30)
    assert taken(world) is not None
    world.now = MONDAY - timedelta(hours=5)
    assert taken(world) is not None


def test_two_nodes_whose_clocks_differ_a_little_do_not_take_each_others_batches(world: World) -> None:
    world.order(30)
    assert taken(world) is not None
    world.later(seconds=-LEASE.total_seconds() / 2)
    assert taken(world) is None


def test_a_sender_that_takes_does_not_wait_for_another_that_takes(world: World) -> None:
    order = world.order(300)
    with world.session() as one, world.session() as other:
        mine = take(one, world.now, world.now)
        if not databases.ON_POSTGRESQL:
            one.commit()  # SQLite has one writer at a time
        if databases.ON_POSTGRESQL:
            other.execute(text("SET LOCAL lock_timeout = '100ms'"))
        theirs = take(other, world.now, world.now)
        one.commit()
        other.commit()
    both = {each.id for each in (*mine, *theirs)}
    assert len(both) == len(mine) + len(theirs) == 8
    assert both < {batch.id for batch in world.batches(order)}


def test_senders_who_take_at_once_get_every_batch_once_and_are_not_in_each_others_way(world: World) -> None:
    for first in range(0, 3_000, 300):
        world.order(range(first, first + 300))
    total = len(world.batches())

    def take_all() -> list[int]:
        mine: list[int] = []
        while True:
            with world.session() as session:
                found = take(session, world.now, world.now)
                session.commit()
            if not found:
                return mine
            mine += [batch.id for batch in found]

    with ThreadPoolExecutor(4) as senders:
        taken = [one for each in [senders.submit(take_all) for _ in range(4)] for one in each.result()]
    assert len(taken) == len(set(taken)) == total
