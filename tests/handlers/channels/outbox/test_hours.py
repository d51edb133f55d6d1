"""When nothing may be sent: at night, outside the campaign's hours and days, in a blackout, unapproved."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete

from handlers.channels.outbox import look_again
from handlers.channels.outbox.double import CentreDouble
from handlers.channels.outbox.feeding import Feeder
from handlers.channels.outbox.runs import Run
from handlers.channels.outbox.store import Note
from handlers.desk.binding import NotApproved
from models.campaign import Approval
from models.execution import WorkOrder
from models.sending import Blackout
from tests.handlers.channels.outbox.world import World, run


def at(world: World, hour: int, minute: int = 0, day: int = 2) -> datetime:
    """It is this moment of March 2026, local time."""
    world.now = datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)
    return world.now


def due(world: World) -> set[datetime]:
    return {batch.due_at for batch in world.batches() if batch.state == "ready"}


def test_at_night_nothing_is_sent_and_in_the_morning_it_goes_on(world: World) -> None:
    at(world, 22)
    order = world.order(60, hours="00:00-24:00")
    assert world.send().accepted == []
    morning = at(world, 8, day=3)
    assert due(world) == {morning}
    at(world, 7, 59, day=3)
    assert world.send().accepted == []
    at(world, 8, day=3)
    world.send_and_settle()
    assert world.states(order) == {"accepted": 60}


def test_an_emergency_is_sent_at_night(world: World) -> None:
    at(world, 3)
    order = world.order(10, hours="00:00-24:00", campaign_type="temporary")
    world.send_and_settle()
    assert world.states(order) == {"accepted": 10}


def test_the_campaigns_own_hours_hold_inside_the_quiet_hours(world: World) -> None:
    at(world, 8, 30)
    world.order(10, hours="09:00-20:00")
    assert world.send().accepted == []
    assert due(world) == {at(world, 9)}


def test_when_the_hour_strikes_under_way_nothing_more_is_begun(world: World) -> None:
    at(world, 20, 59)
    order = world.order(60, hours="00:00-24:00")
    centre = CentreDouble(world.window)

    async def act() -> None:
        centre.hold()
        async with world.sending(centre) as sender:
            await centre.until(world.window)
            at(world, 21)
            centre.go_on()
            await sender.is_dry.wait()

    run(act())
    assert len(centre.accepted) <= 2 * world.window
    at(world, 8, day=3)
    world.send_and_settle(centre)
    assert set(centre.numbers.values()) == {1}
    assert world.states(order) == {"accepted": 60}


def test_what_waited_for_the_line_until_the_hour_struck_waits_till_morning(world: World) -> None:
    """Committed, but the line broke before it was written; when it stands again it is night."""
    evening = at(world, 20, 59)
    order = world.order(10, hours="00:00-24:00")
    centre = CentreDouble(world.window)
    outbox = world.outbox()
    (load,) = outbox.next_loads()
    late = load.until
    night = asyncio.Event()

    async def act() -> list[int]:
        feeder = Feeder(centre, world.window, lambda: late if night.is_set() else evening, lambda: None)
        feeding = asyncio.create_task(feeder.feed())
        centre.hold()
        feeder.give(Run(load), load.messages)
        await centre.until(world.window)
        centre.break_line()
        night.set()
        centre.mend()
        while feeder.pending:
            await asyncio.sleep(0)
        feeding.cancel()
        centre.go_on()
        return feeder.take_waiting()

    waiting = run(act())
    assert waiting == [contact.id for contact in world.contacts(order)]
    run(outbox.write(Note(waiting=waiting, done=[load.taken])))
    world.settle()
    at(world, 8, day=3)
    world.send_and_settle(centre)
    assert set(centre.numbers.values()) == {1}
    assert world.states(order) == {"accepted": 10}


def test_after_the_campaigns_last_day_nobody_is_sent_to(world: World) -> None:
    order = world.order(30, end_on=date(2026, 3, 2))
    at(world, 23, 30)
    assert world.send().accepted == []
    at(world, 9, day=3)
    assert world.send().accepted == []
    world.settle()
    assert world.states(order) == {"suppressed too_late": 30}
    assert world.ledger(3) == ("released", 0)


def test_hours_that_never_come_are_asked_for_again_the_next_day(world: World) -> None:
    world.order(30, hours="22:00-23:00")
    assert world.send().accepted == []
    assert due(world) == {world.now + timedelta(days=1)}


# -- blackouts


def test_a_blackout_of_one_prefecture_lets_the_others_have_their_messages(world: World) -> None:
    order = world.order(60)
    world.blackout("01", hours=3)
    centre = world.send()
    assert len(centre.accepted) == 30
    world.settle()
    assert world.states(order) == {"accepted": 30, "planned": 30}
    assert world.send(centre).numbers.total() == 30
    assert due(world) == {world.now + timedelta(hours=3)}
    world.later(hours=3)
    world.send_and_settle(centre)
    assert world.states(order) == {"accepted": 60}
    assert set(centre.numbers.values()) == {1}


@pytest.mark.parametrize(("office", "channel", "sent"), [
    ("00", "", 0), ("0103", "sms", 15), ("0104", "", 30), ("01", "call", 30), ("01", "sms", 15),
])  # fmt: skip
def test_a_blackout_is_for_an_office_and_a_channel(
    world: World, office: str, channel: str, sent: int
) -> None:
    world.order(30)
    world.blackout(office, hours=1, channel=channel)
    assert len(world.send().accepted) == sent


def test_a_blackout_made_under_way_is_seen_at_the_next_half_window(world: World) -> None:
    order = world.order(120)
    centre = CentreDouble(world.window)

    async def act() -> None:
        centre.hold()
        async with world.sending(centre) as sender:
            await centre.until(world.window)
            world.blackout("00", hours=2)
            centre.go_on()
            await sender.is_dry.wait()

    run(act())
    assert len(centre.accepted) <= 2 * world.window
    world.later(hours=2)
    world.send_and_settle(centre)
    assert set(centre.numbers.values()) == {1}
    assert world.states(order) == {"accepted": 120}


def test_a_blackout_that_begins_under_way_is_kept(world: World) -> None:
    order = world.order(60)
    world.blackout("00", hours=1, after=0.5)
    centre = CentreDouble(world.window)

    async def act() -> None:
        centre.hold()
        async with world.sending(centre) as sender:
            await centre.until(world.window)
            world.later(minutes=30)
            centre.go_on()
            await sender.is_dry.wait()

    run(act())
    assert len(centre.accepted) <= 2 * world.window
    world.later(hours=1)
    world.send_and_settle(centre)
    assert world.states(order) == {"accepted": 60}


def test_a_blackout_lifted_early_is_over_when_somebody_says_so(world: World) -> None:
    order = world.order(30)
    world.blackout("00", hours=5)
    world.send()
    with world.session() as session:
        session.execute(delete(Blackout))
        assert look_again(session, world.now) == 1
        session.commit()
    world.send_and_settle()
    assert world.states(order) == {"accepted": 30}


# -- approval


def test_a_campaign_whose_approval_was_withdrawn_is_held_back(world: World) -> None:
    order = world.order(60)
    world.forbidden = NotApproved()
    assert world.send().accepted == []
    with world.session() as session:
        row = session.get_one(WorkOrder, order)
        assert (row.state, row.paused_by, row.pause_reason) == ("paused", "system", NotApproved.message)
    assert {batch.state for batch in world.batches()} == {"held"}


def test_an_approval_withdrawn_under_way_is_seen_at_the_next_half_window(world: World) -> None:
    campaign = world.campaign()
    order = world.order(120, campaign=campaign)
    centre = CentreDouble(world.window)

    def approval(state: str) -> None:
        with world.session() as session:
            session.add(
                Approval(
                    campaign_id=campaign, submission=1, digest="-", bound={}, evidence={}, route=[],
                    state=state, created_at=world.now,
                )
            )  # fmt: skip
            session.commit()

    approval("passed")

    async def act() -> None:
        centre.hold()
        async with world.sending(centre) as sender:
            await centre.until(world.window)
            approval("voided")
            world.forbidden = NotApproved()
            centre.go_on()
            await sender.is_dry.wait()

    run(act())
    assert len(centre.accepted) <= 2 * world.window
    assert world.states(order)["planned"] > 0
    with world.session() as session:
        assert session.get_one(WorkOrder, order).state == "paused"
