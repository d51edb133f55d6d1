"""Answers become states of contacts and places in the ledger: in sets, once, and also when they come late."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select, update

from handlers.channels.outbox.settling import fold
from models.execution import Contact, WorkOrder
from models.ledger import LedgerEntry
from models.sending import SendAnswer, SendBatch
from tests.handlers.channels.outbox.world import World


def answered(world: World, order: int, *said: tuple[int, int, int, int]) -> None:
    """The batch is sent: (place of the contact, part, parts, status) of each answer."""
    (batch,) = world.batches(order)
    row = {"batch_id": batch.id, "centre_id": "c", "at": world.now}
    rows = [
        {**row, "contact_id": batch.first_id + place, "part": part, "parts": parts, "status": status}
        for place, part, parts, status in said
    ]
    with world.session() as session:
        session.execute(insert(SendAnswer), rows)
        session.execute(update(SendBatch).values(state="sent", intended_to=batch.last_id))
        session.commit()


def test_parts_are_counted_each_once_whatever_came_twice(world: World) -> None:
    order = world.order(5)
    answered(
        world, order,
        (0, 1, 2, 0), (0, 2, 2, 0),
        (1, 1, 2, 0), (1, 1, 2, 0),
        (2, 1, 2, 0), (2, 2, 2, 69),
        (3, 1, 2, 69), (3, 2, 2, 69),
    )  # fmt: skip
    world.settle()
    assert [(c.state, c.cause, c.units) for c in world.contacts(order)] == [
        ("accepted", "", 2), ("unknown", "", 1), ("failed", "refused_69", 1), ("failed", "refused_69", 0),
        ("unknown", "", 1),
    ]  # fmt: skip
    assert [world.ledger(sid) for sid in range(5)] == [
        ("settled", 1), ("reserved", 1), ("settled", 1), ("settled", 0), ("reserved", 1),
    ]  # fmt: skip
    met = [c.contacted_at for c in world.contacts(order)]
    assert met == [world.now, None, world.now, None, None]


def test_a_receipt_that_was_faster_stays(world: World) -> None:
    order = world.order(3)
    with world.session() as session:
        for place, state in enumerate(("delivered", "failed")):
            mine = (Contact.work_order_id == order, Contact.sid == place)
            session.execute(update(Contact).where(*mine).values(state=state, cause="UNDELIV"[: 7 * place]))
        session.commit()
    answered(world, order, (0, 1, 1, 0), (1, 1, 1, 0), (2, 1, 1, 0))
    world.settle()
    assert world.states(order) == {"delivered": 1, "failed UNDELIV": 1, "accepted": 1}
    assert {c.contacted_at for c in world.contacts(order)} == {world.now}
    assert [world.ledger(sid) for sid in range(3)] == [("settled", 1)] * 3


def test_settling_twice_changes_nothing(world: World) -> None:
    order = world.order(3)
    answered(world, order, (0, 1, 1, 0), (1, 1, 1, 8))
    world.settle()
    before = [(c.state, c.cause, c.contacted_at, c.settled_at) for c in world.contacts(order)]
    world.later(days=1)
    with world.session() as session:
        batch = session.scalars(select(SendBatch)).one()
        fold(session, batch, session.get_one(WorkOrder, order), world.now)
        session.commit()
    assert [(c.state, c.cause, c.contacted_at, c.settled_at) for c in world.contacts(order)] == before


def test_what_was_written_off_counts_when_it_is_heard_of_after_all(world: World) -> None:
    order = world.order(1)
    answered(world, order, (0, 1, 1, 0))
    with world.session() as session:
        session.execute(update(Contact).values(state="failed", cause="written_off"))
        session.commit()
    world.settle()
    assert world.states(order) == {"accepted": 1}


def test_a_contact_counts_on_the_local_day_it_was(world: World) -> None:
    world.order(2)
    world.now = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)
    answered(world, 1, (0, 1, 1, 0))
    world.later(hours=20)
    world.settle()
    with world.session() as session:
        entry = session.scalars(select(LedgerEntry).where(LedgerEntry.sid == 0)).one()
        assert (entry.day.isoformat(), entry.changed_at) == ("2026-03-03", world.now)


def test_a_batch_whose_sender_may_still_hear_something_is_not_settled(world: World) -> None:
    order = world.order(2)
    answered(world, order, (0, 1, 1, 0))
    with world.session() as session:
        session.execute(update(SendBatch).values(leased_until=world.now + timedelta(seconds=30)))
        session.commit()
    assert world.settle() == 0
    world.later(seconds=30)
    assert world.settle() == 1
