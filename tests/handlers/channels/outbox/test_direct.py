"""Single messages: committed to before the wire, sent at most once, and their fate written down."""

import asyncio
from typing import Any

from sqlalchemy import select

from handlers.channels.outbox import DirectOutbox, DirectSender, park_direct
from handlers.channels.outbox.claiming import LEASE
from handlers.channels.outbox.double import CentreDouble
from models.sending import DirectMessage
from tests.handlers.channels.outbox.world import BAD, World, run

TEXT = "您同意开通彩铃（5元/月）吗？回复「是」确认，不回复不开通。【东屿移动】"


def asked(world: World, *sids: int, text: str = TEXT) -> None:
    with world.session() as session:
        for sid in sids:
            key = f"order:{sid}"
            row = DirectMessage(
                purpose="order_confirmation", key=key, sid=sid, text=text, created_at=world.now
            )
            session.add(row)
        session.commit()


def fates(world: World) -> list[tuple[str, str, str]]:
    with world.session() as session:
        rows = session.scalars(select(DirectMessage).order_by(DirectMessage.id))
        return [(row.state, row.cause, row.centre_id) for row in rows]


def outbox(world: World) -> DirectOutbox:
    return DirectOutbox(world.session, lambda: world.now, lambda: world.now, world.tools())


def sent(world: World, centre: CentreDouble, act: Any = None) -> CentreDouble:
    """Send all there is, doing something when they wait for their answers."""

    async def whole() -> None:
        sender, stop = DirectSender(outbox(world), centre), asyncio.Event()
        running = asyncio.create_task(sender.run(stop))
        if act is not None:
            await act()
        await sender.is_dry.wait()
        stop.set()
        await running

    run(whole())
    return centre


def test_each_is_sent_once_and_its_id_kept(world: World) -> None:
    asked(world, 1, 2)
    centre = sent(world, CentreDouble())
    assert centre.numbers == {world.number(1): 1, world.number(2): 1}
    assert [message.text for message in centre.accepted] == [TEXT, TEXT]
    assert fates(world) == [("accepted", "", "c1"), ("accepted", "", "c2")]
    assert len(sent(world, centre).accepted) == 2


def test_a_bad_number_and_a_refusal_are_told(world: World) -> None:
    asked(world, BAD, 2, 3)
    centre = CentreDouble()
    centre.refusing = {world.number(3): 11}
    sent(world, centre)
    assert fates(world) == [
        ("failed", "bad_number", ""),
        ("accepted", "", "c1"),
        ("failed", "refused_11", ""),
    ]


def test_after_a_break_what_may_be_there_is_never_sent_again(world: World) -> None:
    asked(world, 1, 2, 3)
    centre = CentreDouble()
    centre.hold()

    async def act() -> None:
        await centre.until(3)
        centre.break_line(accepted=1, lost=1)
        centre.mend()
        centre.go_on()

    sent(world, centre, act)
    assert [state for state, _, _ in fates(world)] == ["unknown", "unknown", "accepted"]
    assert centre.numbers == {world.number(1): 1, world.number(3): 1}


def test_what_a_dead_sender_had_committed_to_is_of_unknown_fate(world: World) -> None:
    asked(world, 1)
    assert len(outbox(world).take()) == 1
    assert outbox(world).take() == []
    with world.session() as session:
        assert park_direct(session, world.now, world.now) == 0
        world.later(seconds=LEASE.total_seconds())
        assert park_direct(session, world.now, world.now) == 1
        session.commit()
    assert fates(world) == [("unknown", "", "")]
    assert sent(world, CentreDouble()).accepted == []


def test_a_text_of_several_parts_is_accepted_when_all_are(world: World) -> None:
    asked(world, 1, text=TEXT * 3)
    centre = sent(world, CentreDouble())
    assert centre.numbers == {world.number(1): 2}
    assert fates(world) == [("accepted", "", "c2")]
