"""Receipts and replies: handed over in lots, acknowledged when they were taken, in any order."""

import asyncio
from collections.abc import Sequence

import pytest

from handlers.channels.wire import Command, Incoming, Receipt, Status, answer, deliveries, pack
from tests.handlers.channels.wire.scripted import (
    Line,
    Taker,
    accepted,
    delivery,
    in_a_loop,
    linked,
    receipt,
    scripted,
    some_part,
)


async def acknowledged(line: Line, count: int) -> list[tuple[int, int]]:
    return [(pdu.sequence, pdu.status) for pdu in await line.expect(Command.DELIVER_SM_RESP, count)]


class Slow(Taker):
    """Takes nothing before it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may = asyncio.Event()

    async def __call__(self, lot: Sequence[Receipt | Incoming]) -> None:
        await super().__call__(lot)
        await self.may.wait()


class Failing(Taker):
    """Fails to take the first lot."""

    async def __call__(self, lot: Sequence[Receipt | Incoming]) -> None:
        await super().__call__(lot)
        if len(self.lots) == 1:
            raise OSError("the database is gone")


@in_a_loop
async def test_a_reply_and_a_receipt_are_told_apart() -> None:
    taker = Taker()
    async with scripted() as centre, linked(centre, taker) as (_, line):
        line.say(delivery(1, b"TD"), receipt(2, "m7"))
        assert await acknowledged(line, 2) == [(1, 0), (2, 0)]
        reply, told = taker.all
        assert reply == Incoming(number="13800000000", text="TD", destination="10086")
        assert isinstance(told, Receipt)
        assert (told.centre_id, told.status, told.number) == ("m7", "DELIVRD", "13800000000")


@in_a_loop
async def test_a_delivery_is_acknowledged_only_when_it_was_taken() -> None:
    taker = Slow()
    async with scripted() as centre, linked(centre, taker) as (_, line):
        line.say(receipt(1, "m1"))
        await taker.came.wait()
        line.say(pack(Command.ENQUIRE_LINK, 99))
        await line.expect(Command.ENQUIRE_LINK_RESP)
        taker.may.set()
        assert await acknowledged(line, 1) == [(1, 0)]


@in_a_loop
async def test_deliveries_that_come_together_are_one_lot() -> None:
    taker = Slow()
    async with scripted() as centre, linked(centre, taker) as (_, line):
        line.say(receipt(1, "m1"))
        await taker.came.wait()
        line.say(*(receipt(number, f"m{number}") for number in range(2, 102)))
        line.say(pack(Command.ENQUIRE_LINK, 999))
        await line.expect(Command.ENQUIRE_LINK_RESP)
        taker.may.set()
        assert await acknowledged(line, 101) == [(number, 0) for number in range(1, 102)]
        assert [len(lot) for lot in taker.lots] == [1, 100]


@in_a_loop
async def test_the_centre_is_asked_to_send_again_what_could_not_be_taken() -> None:
    taker = Failing()
    async with scripted() as centre, linked(centre, taker) as (_, line):
        line.say(receipt(1, "m1"), receipt(2, "m2"))
        assert await acknowledged(line, 2) == [(1, Status.ESME_RX_T_APPN), (2, Status.ESME_RX_T_APPN)]
        line.say(receipt(3, "m1"), receipt(4, "m2"))
        assert await acknowledged(line, 2) == [(3, 0), (4, 0)]


@in_a_loop
async def test_receipts_may_come_before_the_answer_twice_and_in_any_order() -> None:
    taker = Taker()
    async with scripted() as centre, linked(centre, taker) as (link, line):
        waiting = [link.submit(some_part(number)) for number in range(2)]
        first, second = await line.expect(Command.SUBMIT_SM, 2)
        line.say(receipt(1, "m2"), receipt(2, "m1"), receipt(3, "m2"))
        line.say(accepted(second, "m2"), accepted(first, "m1"))
        assert [each.centre_id for each in await asyncio.gather(*waiting)] == ["m1", "m2"]
        await acknowledged(line, 3)
        assert [each.centre_id for each in taker.all if isinstance(each, Receipt)] == ["m2", "m1", "m2"]


@in_a_loop
async def test_a_delivery_that_cannot_be_read_is_refused_and_keeps_nobody_waiting() -> None:
    taker = Taker()
    async with scripted() as centre, linked(centre, taker) as (_, line):
        line.say(pack(Command.DELIVER_SM, 1, b"torn"), receipt(2, "m1"))
        assert await acknowledged(line, 2) == [(1, Status.ESME_RINVMSGLEN), (2, 0)]
        assert len(taker.all) == 1


@in_a_loop
async def test_a_centre_in_a_hurry_is_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "MOST", 3)
    taker = Slow()
    async with scripted() as centre, linked(centre, taker) as (_, line):
        line.say(receipt(1, "m1"))
        await taker.came.wait()
        line.say(*(receipt(number, f"m{number}") for number in range(2, 7)))
        assert await acknowledged(line, 2) == [(5, Status.ESME_RX_T_APPN), (6, Status.ESME_RX_T_APPN)]
        taker.may.set()
        assert await acknowledged(line, 4) == [(number, 0) for number in range(1, 5)]


@in_a_loop
async def test_a_long_lot_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "AT_ONCE", 2)
    taker = Slow()
    async with scripted() as centre, linked(centre, taker) as (_, line):
        line.say(receipt(1, "m1"))
        await taker.came.wait()
        line.say(*(receipt(number, f"m{number}") for number in range(2, 7)))
        line.say(pack(Command.ENQUIRE_LINK, 999))
        await line.expect(Command.ENQUIRE_LINK_RESP)
        taker.may.set()
        await acknowledged(line, 6)
        assert [len(lot) for lot in taker.lots] == [1, 2, 2, 1]


@in_a_loop
async def test_what_was_taken_after_the_line_broke_is_not_acknowledged_and_comes_again() -> None:
    taker = Slow()
    async with scripted() as centre, linked(centre, taker) as (link, line):
        line.say(receipt(1, "m1"))
        await taker.came.wait()
        line.drop()
        line = await centre.bound()
        await link.room()
        taker.may.set()
        line.say(receipt(1, "m1"))
        assert await acknowledged(line, 1) == [(1, 0)]
        assert len(taker.all) == 2


@in_a_loop
async def test_closing_waits_for_what_is_being_taken() -> None:
    taker = Slow()
    async with scripted() as centre, linked(centre, taker) as (link, line):
        line.say(receipt(1, "m1"))
        await taker.came.wait()
        closing = asyncio.create_task(link.close(10))
        await asyncio.sleep(0)
        taker.may.set()
        assert await acknowledged(line, 1) == [(1, 0)]
        line.say(answer((await line.expect(Command.UNBIND))[0]))
        await closing
