"""Messages of unknown fate: a receipt tells later, or a person decides for all of a work order."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from handlers.channels.outbox import hear_of, match_centre_ids, settle_unknown, the_unknown_of
from handlers.channels.outbox.double import CentreDouble
from models.execution import Contact
from models.sending import SendAnswer
from tests.handlers.channels.outbox.world import World, run


@pytest.fixture
def order(world: World) -> int:
    """Sixty customers, ten of them unknown after a break: five have the message."""
    made = world.order(60)
    world.window = 10
    centre = CentreDouble(world.window)

    async def act() -> None:
        centre.hold()
        async with world.sending(centre) as sender:
            await centre.until(world.window)
            centre.break_line(5, 5)
            centre.mend()
            centre.go_on()
            await sender.is_dry.wait()

    run(act())
    world.settle()
    assert world.states(made) == {"accepted": 50, "unknown": 10}
    return made


def unknown(world: World, order: int) -> list[Contact]:
    return [contact for contact in world.contacts(order) if contact.state == "unknown"]


def decided(world: World, order: int, verdict: Any) -> object:
    return world.change(lambda session, row: settle_unknown(session, row, verdict, world.now), order)


def test_counted_as_sent_they_were_met_when_the_others_were(world: World, order: int) -> None:
    people, sent_at = unknown(world, order), world.now
    world.later(days=3)
    assert decided(world, order, "sent") == 10
    assert world.states(order) == {"accepted": 60}
    assert {c.contacted_at for c in world.contacts(order)} == {sent_at}
    assert {world.ledger(contact.sid) for contact in people} == {("settled", 1)}
    assert decided(world, order, "sent") == 0


def test_written_off_they_have_failed_and_their_places_are_free(world: World, order: int) -> None:
    people = unknown(world, order)
    assert decided(world, order, "written_off") == 10
    assert world.states(order) == {"accepted": 50, "failed written_off": 10}
    assert {world.ledger(contact.sid) for contact in people} == {("settled", 0)}


def test_sent_again_they_go_through_every_check(world: World, order: int) -> None:
    people = unknown(world, order)
    world.refuses(people[0].sid)
    assert decided(world, order, "again") == 10
    centre = world.send_and_settle()
    assert centre.numbers == {world.number(contact.sid): 1 for contact in people[1:]}
    assert world.states(order) == {"accepted": 59, "suppressed do_not_disturb": 1}


def test_while_a_batch_of_theirs_is_under_way_they_are_not_sent_again(world: World, order: int) -> None:
    decided(world, order, "again")
    with world.session() as session:
        first = select(Contact.id).where(Contact.work_order_id == order).order_by(Contact.id).limit(1)
        session.execute(update(Contact).where(Contact.id == first.scalar_subquery()).values(state="unknown"))
        session.commit()
    assert decided(world, order, "again") == 0
    centre = world.send_and_settle()
    assert centre.numbers.total() == 9
    assert decided(world, order, "again") == 1
    world.send_and_settle()
    assert world.states(order) == {"accepted": 60}


def test_who_is_still_unknown_after_that_can_be_sent_to_once_more(world: World, order: int) -> None:
    decided(world, order, "again")
    centre = CentreDouble(world.window)

    async def act() -> None:
        centre.hold()
        async with world.sending(centre) as sender:
            await centre.until(world.window)
            centre.break_line(0, 4)
            centre.mend()
            centre.go_on()
            await sender.is_dry.wait()

    run(act())
    world.settle()
    assert world.states(order) == {"accepted": 56, "unknown": 4}
    assert decided(world, order, "again") == 4
    world.send_and_settle()
    assert world.states(order) == {"accepted": 60}


def test_a_late_receipt_proves_that_the_centre_had_the_message(world: World, order: int) -> None:
    people = unknown(world, order)
    world.later(hours=5)
    with world.session() as session:
        assert [the_unknown_of(session, contact.sid) for contact in people] == [c.id for c in people]
        assert hear_of(session, [people[0].id, people[3].id], world.now) == 2
        assert hear_of(session, [people[0].id], world.now) == 0
        session.commit()
    assert world.states(order) == {"accepted": 52, "unknown": 8}
    assert world.ledger(people[0].sid) == ("settled", 1)
    assert world.contacts(order)[0].contacted_at == world.now - timedelta(hours=5)


def test_a_customer_with_two_unknown_messages_or_none_is_not_guessed(world: World, order: int) -> None:
    sid = unknown(world, order)[0].sid
    world.order([sid])
    with world.session() as session:
        assert the_unknown_of(session, 55) is None
        session.execute(update(Contact).where(Contact.sid == sid).values(state="unknown"))
        assert the_unknown_of(session, sid) is None


def test_messages_are_found_by_the_centres_id(world: World, order: int) -> None:
    with world.session() as session:
        answers = session.scalars(select(SendAnswer).order_by(SendAnswer.id)).all()
        ids = [answer.centre_id for answer in answers]
        found = match_centre_ids(session, [*ids, "nobody's"])
        assert found == {answer.centre_id: answer.contact_id for answer in answers}


def test_an_id_the_centre_gives_again_means_the_latest_message(world: World, order: int) -> None:
    with world.session() as session:
        session.add(SendAnswer(batch_id=1, contact_id=7, part=1, status=0, centre_id="c1", at=world.now))
        session.flush()
        assert match_centre_ids(session, ["c1"]) == {"c1": 7}
