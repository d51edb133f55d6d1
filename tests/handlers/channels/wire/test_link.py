"""The link over sessions that come and go: nothing sent twice, nothing forgotten, and it says why."""

import asyncio
from collections.abc import Callable

import pytest

from handlers.channels.wire import (
    Answer,
    Command,
    Link,
    LinkClosed,
    LinkState,
    NotSent,
    OutcomeUnknown,
    Status,
    WindowFull,
    answer,
    pack,
    read_message,
)
from tests.handlers.channels.wire.scripted import (
    Taker,
    Told,
    accepted,
    in_a_loop,
    linked,
    scripted,
    settings_for,
    some_part,
)


class Pauses:
    """Notes how long the link would wait, and lets it go on at once, so many times."""

    def __init__(self, times: int) -> None:
        self.asked: list[float] = []
        self.enough = asyncio.Event()
        self._times = times

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        if len(self.asked) >= self._times:
            self.enough.set()
            await asyncio.Event().wait()


def is_up(state: LinkState) -> bool:
    return state.state == "up"


def link_to(port: int, told: Told, pause: Callable[[float], object] | None = None, **chosen: object) -> Link:
    return Link(
        settings_for(port, **chosen),
        Taker(),
        told,
        pause=pause or (lambda _: asyncio.sleep(0)),
        draw=lambda: 1.0,
    )


async def free_port() -> int:
    async with scripted() as centre:
        return centre.port


async def outcome(future: asyncio.Future[Answer]) -> object:
    """The answer, or the kind of what became of it."""
    try:
        return await future
    except (NotSent, OutcomeUnknown) as fault:
        return type(fault)


@in_a_loop
async def test_a_part_gets_the_answer_of_the_centre() -> None:
    async with scripted() as centre, linked(centre) as (link, line):
        waiting = link.submit(some_part(7))
        (asked,) = await line.expect(Command.SUBMIT_SM)
        assert read_message(asked.body).destination == "13800000007"
        line.say(accepted(asked, "m42"))
        assert await waiting == Answer(status=0, centre_id="m42")


@in_a_loop
async def test_the_id_of_an_answer_has_the_form_receipts_are_turned_into() -> None:
    async with scripted() as centre, linked(centre, receipt_ids="decimal_to_hex") as (link, line):
        waiting = link.submit(some_part())
        line.say(accepted((await line.expect(Command.SUBMIT_SM))[0], "0000007F"))
        assert (await waiting).centre_id == "7f"


@in_a_loop
async def test_another_status_is_a_final_answer() -> None:
    async with scripted() as centre, linked(centre) as (link, line):
        waiting = link.submit(some_part())
        (asked,) = await line.expect(Command.SUBMIT_SM)
        line.say(answer(asked, status=Status.ESME_RINVDSTADR))
        assert await waiting == Answer(Status.ESME_RINVDSTADR, "")


@in_a_loop
async def test_who_asks_for_room_has_no_more_than_a_window_waiting_for_answers() -> None:
    async with scripted() as centre, linked(centre, window=3) as (link, line):
        waiting = [link.submit(some_part(number)) for number in range(3)]
        asked = await line.expect(Command.SUBMIT_SM, 3)
        room = asyncio.create_task(link.room())
        two = asyncio.create_task(link.room(2))
        line.say(accepted(asked[1]))
        await room
        waiting.append(link.submit(some_part(3)))
        asked += await line.expect(Command.SUBMIT_SM)
        line.say(accepted(asked[0]))
        await waiting[0]
        assert not two.done()
        line.say(accepted(asked[2]))
        await two
        line.say(accepted(asked[3]))
        assert [answer.status for answer in await asyncio.gather(*waiting)] == [0] * 4


@in_a_loop
async def test_on_the_wire_the_window_holds_whoever_submits() -> None:
    async with scripted() as centre, linked(centre, window=3) as (link, line):
        waiting = [link.submit(some_part(number)) for number in range(6)]
        with pytest.raises(WindowFull, match="3 messages"):
            link.submit(some_part(6))
        asked = await line.expect(Command.SUBMIT_SM, 3)
        line.say(pack(Command.ENQUIRE_LINK, 1))
        await line.expect(Command.ENQUIRE_LINK_RESP)
        line.say(*(accepted(pdu) for pdu in asked))
        line.say(*(accepted(pdu) for pdu in await line.expect(Command.SUBMIT_SM, 3)))
        assert [answer.status for answer in await asyncio.gather(*waiting)] == [0] * 6


@in_a_loop
async def test_who_asks_for_more_room_than_there_is_waits_for_nothing() -> None:
    async with scripted() as centre, linked(centre, window=3) as (link, _):
        with pytest.raises(WindowFull):
            await link.room(4)


@in_a_loop
async def test_who_waits_for_room_is_not_overtaken_and_need_not_use_it() -> None:
    async with scripted() as centre, linked(centre, window=2) as (link, line):
        link.submit(some_part(0))
        link.submit(some_part(1))
        asked = await line.expect(Command.SUBMIT_SM, 2)
        came: list[str] = []

        async def wait(name: str, places: int) -> None:
            await link.room(places)
            came.append(name)

        waiting = [asyncio.create_task(wait("first", 2)), asyncio.create_task(wait("second", 1))]
        given_up = asyncio.create_task(wait("given up", 1))
        await asyncio.sleep(0)
        line.say(accepted(asked[0]), pack(Command.ENQUIRE_LINK, 1))
        await line.expect(Command.ENQUIRE_LINK_RESP)
        given_up.cancel()
        line.say(accepted(asked[1]))
        await asyncio.gather(*waiting)
        assert came == ["first", "second"]


@in_a_loop
async def test_a_part_the_centre_has_no_time_for_is_sent_again_and_keeps_its_place() -> None:
    told = Told()
    async with scripted() as centre, linked(centre, told=told, window=2, rate=50.0) as (link, line):
        for status in (Status.ESME_RTHROTTLED, Status.ESME_RMSGQFUL):
            waiting = link.submit(some_part(1))
            (first,) = await line.expect(Command.SUBMIT_SM)
            line.say(answer(first, status=status))
            link.submit(some_part(2))
            again, later = await line.expect(Command.SUBMIT_SM, 2)
            assert again.body == first.body
            assert again.sequence != first.sequence
            line.say(accepted(again, "m1"), accepted(later, "m2"))
            assert await waiting == Answer(0, "m1")
            await link.room(2)
        assert link.state.rate < 50.0 * 0.98


@in_a_loop
async def test_whoever_looks_after_the_link_hears_that_it_slows_down() -> None:
    told = Told()
    async with scripted() as centre, linked(centre, told=told, rate=50.0) as (link, line):
        (up,) = told.states
        link._told_at -= 10  # long after the last report
        link.submit(some_part())
        line.say(answer((await line.expect(Command.SUBMIT_SM))[0], status=Status.ESME_RTHROTTLED))
        slower = await told.until(lambda state: state.rate < up.rate)
        assert slower.state == "up"


@in_a_loop
async def test_a_broken_line_leaves_unknown_what_was_written_and_unsent_what_was_not() -> None:
    async with scripted() as centre, linked(centre, window=10, rate=80.0) as (link, line):
        waiting = [link.submit(some_part(number)) for number in range(10)]
        written = await line.expect(Command.SUBMIT_SM, 4)
        line.say(accepted(written[2], "m2"))
        await waiting[2]
        line.drop()
        found = [await outcome(each) for each in waiting]
        line = await centre.bound()
        assert found[2] == Answer(0, "m2")
        assert [found[0], found[1], found[3]] == [OutcomeUnknown] * 3
        assert found[-1] is NotSent
        assert found[4:] == sorted(found[4:], key=lambda each: each is NotSent), "written in order"
        await link.room(10)


@in_a_loop
async def test_a_line_that_breaks_while_the_centre_has_no_time_leaves_the_part_unsent() -> None:
    async with scripted() as centre, linked(centre) as (link, line):
        waiting = link.submit(some_part())
        (asked,) = await line.expect(Command.SUBMIT_SM)
        line.say(answer(asked, status=Status.ESME_RTHROTTLED))
        line.say(pack(Command.UNBIND, 1))
        assert await outcome(waiting) is NotSent


@in_a_loop
async def test_nothing_is_sent_twice_by_itself_after_a_break() -> None:
    async with scripted() as centre, linked(centre) as (link, line):
        lost = link.submit(some_part(1))
        await line.expect(Command.SUBMIT_SM)
        line.drop()
        assert await outcome(lost) is OutcomeUnknown
        line = await centre.bound()
        await link.room()
        link.submit(some_part(2))
        (asked,) = await line.expect(Command.SUBMIT_SM)
        assert read_message(asked.body).destination == "13800000002"


@in_a_loop
async def test_an_answer_owed_too_long_is_an_unknown_outcome_and_gives_its_place_back() -> None:
    async with scripted() as centre, linked(centre, window=1, answer_within=0.4) as (link, line):
        lost = link.submit(some_part())
        await line.expect(Command.SUBMIT_SM)
        line.say(answer((await line.expect(Command.ENQUIRE_LINK))[0]))
        await link.room()
        assert await outcome(lost) is OutcomeUnknown


@in_a_loop
async def test_on_a_line_that_is_dead_no_place_comes_free_so_no_more_than_a_window_is_lost() -> None:
    told = Told()
    chosen = {"window": 3, "enquire_every": 0.1, "answer_within": 0.4}
    async with scripted() as centre, linked(centre, told=told, **chosen) as (link, _):
        waiting = [link.submit(some_part(number)) for number in range(3)]
        room = asyncio.create_task(link.room())
        await told.until(lambda state: "has not answered" in state.reason)
        assert not room.done()
        assert [await outcome(each) for each in waiting] == [OutcomeUnknown] * 3
        await centre.bound()
        await room


@in_a_loop
async def test_a_part_nobody_waits_for_any_more_is_not_written() -> None:
    async with scripted() as centre, linked(centre, window=2) as (link, line):
        link.submit(some_part(1)).cancel()
        link.submit(some_part(2))
        (asked,) = await line.expect(Command.SUBMIT_SM)
        assert read_message(asked.body).destination == "13800000002"
        await link.room()


@in_a_loop
async def test_a_link_that_does_not_stand_takes_nothing() -> None:
    link = link_to(1, Told())
    assert await outcome(link.submit(some_part())) is NotSent
    assert link.state.state == "down"


@in_a_loop
async def test_a_centre_that_is_down_is_tried_less_and_less_often_up_to_a_minute() -> None:
    told, pauses = Told(), Pauses(9)
    link = link_to(await free_port(), told, pauses)
    link.start()
    await pauses.enough.wait()
    assert pauses.asked == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    state = told.states[-1]
    assert state.state == "down"
    assert str(link.settings.port) in state.reason % state.fields
    await link.close(0)


@in_a_loop
async def test_the_pause_is_drawn_by_lot_so_that_links_do_not_come_back_together() -> None:
    lots = iter([0.5, 0.25, 0.0])
    pauses = Pauses(3)
    settings = settings_for(await free_port())
    link = Link(settings, Taker(), pause=pauses, draw=lambda: next(lots))
    link.start()
    await pauses.enough.wait()
    assert pauses.asked == [0.5, 0.5, 0.0]
    await link.close(0)


@in_a_loop
async def test_a_centre_that_comes_up_is_found() -> None:
    told, port = Told(), await free_port()
    link = link_to(port, told)
    link.start()
    await told.until(lambda state: state.state == "down")
    async with scripted(port) as centre:
        await centre.bound()
        await told.until(is_up)
        await link.room()
        await link.close(0)
    assert told.states[-1].reason == LinkClosed.message


@in_a_loop
async def test_a_session_that_was_of_use_makes_the_next_pause_short_again() -> None:
    told, pauses = Told(), Pauses(3)
    async with scripted() as centre:
        link = link_to(centre.port, told, pauses)
        link.start()
        (await centre.line()).drop()
        line = await centre.bound()
        await link.room()
        waiting = link.submit(some_part())
        line.say(accepted((await line.expect(Command.SUBMIT_SM))[0]))
        await waiting
        line.drop()
        (await centre.line()).drop()
        await pauses.enough.wait()
        assert pauses.asked == [1, 1, 2]
        await link.close(0)


@in_a_loop
async def test_a_session_that_ends_at_once_again_and_again_does_not_make_us_hammer() -> None:
    pauses = Pauses(4)
    async with scripted() as centre:
        link = link_to(centre.port, Told(), pauses)
        link.start()
        for _ in range(4):
            (await centre.bound()).drop()
        await pauses.enough.wait()
        assert pauses.asked == [1, 2, 4, 8]
        await link.close(0)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (Status.ESME_RINVPASWD, "refused"),
        (Status.ESME_RINVSYSID, "refused"),
        (Status.ESME_RBINDFAIL, "refused"),
        (Status.ESME_RSYSERR, "down"),
    ],
)
@in_a_loop
async def test_a_refused_bind_is_told_and_tried_again(status: Status, state: str) -> None:
    told = Told()
    async with scripted() as centre:
        link = link_to(centre.port, told)
        link.start()
        await (await centre.line()).refuse(status)
        found = await told.until(lambda state: not is_up(state))
        assert found.state == state
        assert "%" not in found.reason % found.fields
        await centre.bound()
        await told.until(is_up)
        await link.close(0)


@in_a_loop
async def test_the_state_names_what_ended_a_session() -> None:
    told = Told()
    async with scripted() as centre, linked(centre, told=told) as (_, line):
        line.say(pack(Command.UNBIND, 1))
        ended = await told.until(lambda state: state.state == "down")
        assert ended.reason == "The SMS centre ended the session."
        await centre.bound()


@in_a_loop
async def test_who_fails_to_note_the_state_does_not_break_the_link() -> None:
    def fail(state: LinkState) -> None:
        raise OSError("no space left")

    async with scripted() as centre:
        link = Link(settings_for(centre.port), Taker(), fail, pause=lambda _: asyncio.sleep(0))
        async with link:
            line = await centre.bound()
            await link.room()
            waiting = link.submit(some_part())
            line.say(accepted((await line.expect(Command.SUBMIT_SM))[0]))
            assert (await waiting).status == 0
            line.drop()


@in_a_loop
async def test_closing_takes_nothing_more_waits_for_answers_and_takes_leave() -> None:
    async with scripted() as centre, linked(centre, window=2) as (link, line):
        waiting = [link.submit(some_part(number)) for number in range(2)]
        asked = await line.expect(Command.SUBMIT_SM, 2)
        room = asyncio.create_task(link.room())
        await asyncio.sleep(0)
        closing = asyncio.create_task(link.close(10))
        with pytest.raises(LinkClosed):
            await room
        with pytest.raises(LinkClosed):
            await link.room()
        assert await outcome(link.submit(some_part(3))) is NotSent
        line.say(*(accepted(pdu) for pdu in asked))
        (leave,) = await line.expect(Command.UNBIND)
        assert [each.status for each in await asyncio.gather(*waiting)] == [0, 0]
        line.say(answer(leave))
        await closing
        await line.gone()
        assert (link.state.state, link.state.reason) == ("down", LinkClosed.message)


@in_a_loop
async def test_closing_still_sends_what_waits_for_its_turn() -> None:
    async with scripted() as centre, linked(centre, rate=100.0) as (link, line):
        waiting = [link.submit(some_part(number)) for number in range(10)]
        closing = asyncio.create_task(link.close(10))
        for pdu in await line.expect(Command.SUBMIT_SM, 10):
            line.say(accepted(pdu))
        line.say(answer((await line.expect(Command.UNBIND))[0]))
        await closing
        assert {each.result().status for each in waiting} == {0}


@in_a_loop
async def test_closing_does_not_wait_for_ever() -> None:
    async with scripted() as centre, linked(centre, window=10, rate=20.0) as (link, line):
        waiting = [link.submit(some_part(number)) for number in range(10)]
        await line.expect(Command.SUBMIT_SM)
        await link.close(0.05)
        found = [await outcome(each) for each in waiting]
        assert found[0] is OutcomeUnknown
        assert found[-1] is NotSent


@in_a_loop
async def test_closing_ends_the_wait_for_a_line_that_breaks_meanwhile() -> None:
    async with scripted() as centre, linked(centre) as (link, line):
        waiting = link.submit(some_part())
        await line.expect(Command.SUBMIT_SM)
        closing = asyncio.create_task(link.close(1_000))
        await asyncio.sleep(0)
        line.drop()
        await closing
        assert await outcome(waiting) is OutcomeUnknown


@in_a_loop
async def test_a_link_may_be_closed_while_it_connects_or_waits_to() -> None:
    async with scripted() as centre:
        link = link_to(centre.port, Told())
        link.start()
        line = await centre.line()
        await link.close()
        await line.gone()
    link = link_to(1, Told(), Pauses(1))
    link.start()
    room = asyncio.create_task(link.room())
    await asyncio.sleep(0)
    await link.close()
    with pytest.raises(LinkClosed):
        await room


@in_a_loop
async def test_nobody_waits_for_a_link_that_will_never_stand_again(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(seconds: float) -> None:
        raise RuntimeError("a fault of ours")

    link = link_to(await free_port(), Told(), fail)
    link.start()
    with pytest.raises(LinkClosed):
        await link.room()
    with pytest.raises(LinkClosed):
        await link.room()
    await link.close()
    assert "a fault of ours" in caplog.text
