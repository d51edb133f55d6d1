"""A list that leaves a day late takes its places in the ledger along; whoever finds none is left out."""

from datetime import date, timedelta

from sqlalchemy import insert, select

from handlers.channels.outbox.claiming import Taken, take
from handlers.channels.outbox.looking import Cleared, look
from handlers.channels.outbox.placing import hold_today
from handlers.channels.outbox.store import Outbox
from models.ledger import LedgerEntry
from tests.handlers.channels.outbox.world import World

TUESDAY = date(2026, 3, 3)


def days(world: World, campaign: int = 1) -> dict[tuple[str, date], int]:
    """How many places of a campaign are in each state on each day."""
    found: dict[tuple[str, date], int] = {}
    with world.session() as session:
        for entry in session.scalars(select(LedgerEntry).where(LedgerEntry.campaign_id == campaign)):
            found[entry.state, entry.day] = found.get((entry.state, entry.day), 0) + 1
    return found


def looked_at(outbox: Outbox) -> int:
    """Messages of all batches that can be had now."""
    return sum(len(load.messages) for load in outbox.next_loads())


def fill(world: World, sid: int, day: date) -> None:
    """Other campaigns reserve as many contacts of a customer on a day as the channel allows."""
    others = [world.campaign() for _ in range(4)]
    entry = {"channel": "sms", "sid": sid, "day": day, "contacts": 1, "state": "reserved"}
    with world.session() as session:
        session.execute(
            insert(LedgerEntry), [{**entry, "campaign_id": n, "changed_at": world.now} for n in others]
        )
        session.commit()


def test_on_the_planned_day_the_places_are_as_they_were(world: World) -> None:
    world.order(30)
    assert looked_at(world.outbox()) == 30
    assert days(world) == {("reserved", date(2026, 3, 2)): 30}


def test_on_a_later_day_the_places_go_over_to_it(world: World) -> None:
    world.order(30)
    world.later(days=1)
    assert looked_at(world.outbox()) == 30
    assert days(world) == {("reserved", TUESDAY): 30}


def test_an_emergency_needs_no_room(world: World) -> None:
    order = world.order(30, campaign_type="temporary")
    world.later(days=1)
    world.send_and_settle()
    assert world.states(order) == {"accepted": 30}


def test_who_finds_no_room_after_the_look_is_left_out(world: World) -> None:
    """Another campaign reserved between the look and the writing: the turn decides."""
    order = world.order(30)
    world.later(days=1)
    with world.session() as session:
        batches = take(session, world.now, world.now)
        session.commit()
        found = look(session, batches, world.tools(), world.now)
    fill(world, 7, TUESDAY + timedelta(days=29))
    (held,) = _held(world, batches, found)
    assert 7 not in {message.sid for message in held.load.messages}
    assert len(held.load.messages) == len(held.people.messages) == 29
    assert held.people.suppressed["over_frequency"].sids.tolist() == [7]
    assert world.states(order) == {"planned": 30}


def _held(world: World, batches: list[Taken], found: list[Cleared]) -> list[Cleared]:
    with world.session() as session:
        held = hold_today(session, batches, found, world.tools(), world.now)
        session.commit()
    return [one for one in held if isinstance(one, Cleared)]
