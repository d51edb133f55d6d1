"""Our link against an SMS centre nobody of us wrote: npm `smpp` 0.5.1, with its habits and its faults."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import pytest

from handlers.channels.wire import (
    Answer,
    Incoming,
    Link,
    LinkState,
    NotSent,
    OutcomeUnknown,
    Receipt,
    Submission,
    encode,
)
from tests.handlers.channels.wire.scripted import Taker, Told, in_a_loop, settings_for
from tests.missing import missing
from tests.peers.centre import Centre, NoPeer, running


@contextmanager
def peer(**options: object) -> Iterator[Centre]:
    try:
        with running(**options) as centre:
            yield centre
    except NoPeer as lacking:
        missing(str(lacking))


def link_to(centre: Centre, taker: Taker | None = None, told: Told | None = None, **chosen: object) -> Link:
    settings = settings_for(centre.port, **{"window": 100, **chosen})
    pause = {"pause": lambda seconds: asyncio.sleep(0)}
    return Link(settings, taker or Taker(), told or (lambda state: None), **pause)


def parts(link: Link, count: int, text: str = "尊敬的客户，退订回TD【东屿移动】") -> list[bytes]:
    submissions = (Submission(f"138{number:08d}", text) for number in range(count))
    return list(chain.from_iterable(encode(each, link.settings) for each in submissions))


async def send(link: Link, given: list[bytes]) -> list[asyncio.Future[Answer]]:
    """As a sender does: room first."""
    found = []
    for part in given:
        await link.room()
        found.append(link.submit(part))
    await asyncio.wait(found)
    return found


async def taken(taker: Taker, count: int) -> list[Receipt | Incoming]:
    while len(taker.all) < count:
        await taker.came.wait()
        taker.came.clear()
    return taker.all


@in_a_loop
async def test_thousands_of_messages_are_accepted_each_once() -> None:
    with peer(track=1) as centre:
        async with link_to(centre) as link:
            answers = await send(link, parts(link, 3_000))
            assert {each.result().status for each in answers} == {0}
            assert len({each.result().centre_id for each in answers}) == 3_000
        counts = centre.counts()
        assert (counts["accepted"], counts["different"], counts["twice"]) == (3_000, 3_000, 0)


@pytest.mark.parametrize(
    ("text", "count"),
    [("Hello {[€]}", 1), ("a" * 400, 3), ("中" * 66 + "🎵" + "中" * 10, 2), ("字" * 700, 11)],
)
@in_a_loop
async def test_the_peer_reads_every_part_of_every_kind_of_text(text: str, count: int) -> None:
    with peer(track=1) as centre:
        async with link_to(centre) as link:
            answers = await send(link, parts(link, 1, text))
            assert [each.result().status for each in answers] == [0] * count
        assert centre.counts()["different"] == count


@in_a_loop
async def test_answers_in_reverse_order_find_their_messages() -> None:
    with peer(reverse=50) as centre:
        async with link_to(centre) as link:
            answers = await send(link, parts(link, 500))
        assert [each.result().centre_id for each in answers] == [f"m{n}" for n in range(1, 501)]


@pytest.mark.parametrize(("receipts", "times"), [("after", 1), ("before", 1), ("twice", 2)])
@in_a_loop
async def test_receipts_come_whenever_the_peer_sends_them_and_are_acknowledged(
    receipts: str, times: int
) -> None:
    taker = Taker()
    with peer(receipts=receipts) as centre:
        async with link_to(centre, taker) as link:
            answers = await send(link, parts(link, 200))
            found = await taken(taker, 200 * times)
        ids = [each.centre_id for each in found if isinstance(each, Receipt)]
        assert sorted(ids) == sorted([each.result().centre_id for each in answers] * times)
        counts = centre.counts()
        assert (counts["delivered"], counts["put_off"]) == (200 * times, 0)


@in_a_loop
async def test_a_reply_of_a_customer_comes_as_it_was_written() -> None:
    taker = Taker()
    with peer() as centre:
        async with link_to(centre, taker) as link:
            await link.room()
            centre.say("reply 13800000007 退订")
            assert await taken(taker, 1) == [
                Incoming(number="13800000007", text="退订", destination="10086"),
            ]


@in_a_loop
async def test_a_broken_line_leaves_at_most_a_window_unknown_and_nothing_twice() -> None:
    with peer(track=1, drop=501) as centre:
        async with link_to(centre, window=50) as link:
            given = parts(link, 3_000)
            answers = await send(link, given)
            unknown = [each for each in answers if isinstance(each.exception(), OutcomeUnknown)]
            unsent = [each for each in answers if isinstance(each.exception(), NotSent)]
            accepted = len(answers) - len(unknown) - len(unsent)
            counts = centre.counts()
        breaks = counts["binds"] - 1
        assert breaks >= 5
        assert 0 < len(unknown) <= 50 * breaks
        assert counts["twice"] == 0
        assert accepted <= counts["accepted"] <= accepted + len(unknown)


@in_a_loop
async def test_what_was_not_sent_may_be_sent_again_and_nothing_is_there_twice() -> None:
    with peer(track=1, drop=501) as centre:
        async with link_to(centre, window=50) as link:
            left, unknown = parts(link, 2_000), 0
            while left:
                answers = await send(link, left)
                fates = [each.exception() for each in answers]
                unknown += sum(isinstance(fate, OutcomeUnknown) for fate in fates)
                left = [part for part, fate in zip(left, fates, strict=True) if isinstance(fate, NotSent)]
            counts = centre.counts()
        assert counts["twice"] == 0
        assert 2_000 - unknown <= counts["different"] <= 2_000


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"password": "other"}, "refuses the password"), ({"refuse": 13}, "refuses the connection")],
)
@in_a_loop
async def test_a_refused_bind_is_told_in_words(options: dict[str, object], reason: str) -> None:
    told = Told()
    with peer(**options) as centre:
        async with link_to(centre, told=told):
            state = await told.until(lambda state: state.state == "refused")
            assert reason in state.reason % state.fields


@in_a_loop
async def test_a_peer_that_is_silent_on_an_idle_line_is_left_and_found_again() -> None:
    told = Told()

    def is_given_up(state: LinkState) -> bool:
        return "has not answered" in state.reason

    with peer(silent=1) as centre:
        async with link_to(centre, told=told, enquire_every=0.05, answer_within=1.0) as link:
            await told.until(is_given_up)
            await link.room()
        assert centre.counts()["binds"] >= 2


@in_a_loop
async def test_an_idle_line_is_kept_by_asking_each_other() -> None:
    told = Told()
    with peer(enquire=20) as centre:
        async with link_to(centre, told=told, enquire_every=0.01) as link:
            await link.room()
            counts = centre.counts()
            while counts["answered"] < 3 or counts["enquired"] < 3:
                counts = await asyncio.to_thread(centre.counts)
            assert link.state.state == "up"
        assert counts["binds"] == 1


@in_a_loop
async def test_a_peer_that_takes_leave_is_found_again() -> None:
    told = Told()
    with peer() as centre:
        async with link_to(centre, told=told) as link:
            await link.room()
            centre.say("unbind")
            await told.until(lambda state: state.reason == "The SMS centre ended the session.")
            await link.room()
        assert centre.counts()["binds"] == 2


@in_a_loop
async def test_a_throttling_peer_is_asked_what_it_allows_and_gets_every_message_once() -> None:
    with peer(track=1, rate=400, burst=100) as centre:
        async with link_to(centre, rate=800.0) as link:
            answers = await send(link, parts(link, 800))
            assert {each.result().status for each in answers} == {0}
            assert link.state.rate < 800 * 0.98
        counts = centre.counts()
        assert (counts["accepted"], counts["twice"]) == (800, 0)
        assert 0 < counts["throttled"] < 0.5 * 800, "at once would be forty times as often"
