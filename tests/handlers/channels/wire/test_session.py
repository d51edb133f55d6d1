"""One session with a centre that follows a script."""

import asyncio
import time

import pytest

from handlers.channels.wire import Answer, Command, Pdu, Status, answer, pack
from handlers.channels.wire.faults import (
    AlreadyBound,
    BindPutOff,
    BindRefused,
    BindUnanswered,
    LineBroken,
    LineGarbled,
    LineSilent,
    LinkFault,
    SessionEnded,
    UnknownSystem,
    Unreachable,
    WrongPassword,
)
from handlers.channels.wire.pdu import LAST_SEQUENCE
from handlers.channels.wire.session import Session, Submitted, connect
from tests.handlers.channels.wire.scripted import (
    Line,
    Scripted,
    accepted,
    delivery,
    in_a_loop,
    scripted,
    settings_for,
    some_part,
)


class Hearing:
    """Hears what a session hears."""

    def __init__(self) -> None:
        self.delivered_ones: list[Pdu] = []

    def answered(self, submitted: Submitted, status: int, centre_id: str) -> None:
        submitted.answer.set_result(Answer(status, centre_id))

    def unanswered(self, submitted: Submitted) -> None:
        submitted.answer.cancel()

    def delivered(self, session: Session, pdu: Pdu) -> None:
        self.delivered_ones.append(pdu)
        session.acknowledge(pdu, Status.ESME_ROK)

    def heard(self) -> None:
        pass


async def bound(centre: Scripted, hearing: Hearing | None = None, **chosen: object) -> tuple[Session, Line]:
    session = asyncio.create_task(connect(settings_for(centre.port, **chosen), hearing or Hearing()))
    line = await centre.bound()
    return await session, line


def submit(session: Session, count: int) -> list[asyncio.Future[Answer]]:
    loop = asyncio.get_running_loop()
    parts = [Submitted(some_part(number), loop.create_future()) for number in range(count)]
    for part in parts:
        session.submit(part, time.monotonic())
    session.flush()
    return [part.answer for part in parts]


@in_a_loop
async def test_a_session_begins_with_our_name_and_password() -> None:
    async with scripted() as centre:
        session = asyncio.create_task(connect(settings_for(centre.port), Hearing()))
        bind = await (await centre.line()).welcome()
        assert (bind.system_id, bind.password, bind.interface_version) == ("bihuan", "secret", 0x34)
        assert (await session).is_open
        (await session).end(LineBroken())


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (Status.ESME_RINVPASWD, WrongPassword),
        (Status.ESME_RINVSYSID, UnknownSystem),
        (Status.ESME_RALYBND, AlreadyBound),
        (Status.ESME_RBINDFAIL, BindRefused),
        (0x400, BindRefused),
        (Status.ESME_RSYSERR, BindPutOff),
        (Status.ESME_RTHROTTLED, BindPutOff),
    ],
)
@in_a_loop
async def test_a_refusal_says_what_is_wrong(status: int, fault: type[LinkFault]) -> None:
    async with scripted() as centre:
        session = asyncio.create_task(connect(settings_for(centre.port), Hearing()))
        line = await centre.line()
        await line.refuse(status)
        with pytest.raises(fault) as refused:
            await session
        assert type(refused.value) is fault
        assert "%" not in str(refused.value)
        await line.gone()


@in_a_loop
async def test_nobody_at_home_is_told() -> None:
    async with scripted() as centre:
        port = centre.port
    with pytest.raises(Unreachable, match=str(port)):
        await connect(settings_for(port), Hearing())


@in_a_loop
async def test_an_address_that_cannot_be_one_is_nobody_at_home() -> None:
    for wrong in ({"port": 99_999}, {"host": "a" * 80}):
        with pytest.raises(Unreachable):
            await connect(settings_for(**{"port": 1, **wrong}), Hearing())


@in_a_loop
async def test_somebody_who_does_not_answer_the_bind_is_left() -> None:
    async with scripted() as centre:
        session = asyncio.create_task(connect(settings_for(centre.port, answer_within=0.05), Hearing()))
        line = await centre.line()
        with pytest.raises(BindUnanswered):
            await session
        await line.gone()


@in_a_loop
async def test_somebody_who_hangs_up_at_the_bind_is_a_broken_line() -> None:
    async with scripted() as centre:
        session = asyncio.create_task(connect(settings_for(centre.port), Hearing()))
        (await centre.line()).drop()
        with pytest.raises(LineBroken):
            await session


@in_a_loop
async def test_a_centre_that_cannot_read_the_bind_refuses_us() -> None:
    async with scripted() as centre:
        session = asyncio.create_task(connect(settings_for(centre.port), Hearing()))
        line = await centre.line()
        line.say(pack(Command.GENERIC_NACK, 0, status=Status.ESME_RINVCMDID))
        with pytest.raises(BindRefused):
            await session


@in_a_loop
async def test_answers_find_their_messages_in_whatever_order_they_come() -> None:
    async with scripted() as centre:
        session, line = await bound(centre)
        answers = submit(session, 5)
        asked = await line.expect(Command.SUBMIT_SM, 5)
        order = [3, 0, 4, 2, 1]
        line.say(*(accepted(asked[number], f"m{number}") for number in order))
        assert await asyncio.gather(*answers) == [Answer(0, f"m{number}") for number in range(5)]
        session.end(LineBroken())


@in_a_loop
async def test_numbers_begin_again_after_the_last_and_pass_over_those_still_waiting() -> None:
    async with scripted() as centre:
        session, line = await bound(centre)
        session.sequence = 1
        (waiting,) = submit(session, 1)
        session.sequence = LAST_SEQUENCE - 1
        answers = submit(session, 4)
        asked = await line.expect(Command.SUBMIT_SM, 5)
        assert [pdu.sequence for pdu in asked] == [1, LAST_SEQUENCE - 1, LAST_SEQUENCE, 2, 3]
        line.say(*(accepted(pdu, f"m{pdu.sequence}") for pdu in asked))
        assert (await waiting).centre_id == "m1"
        assert (await answers[1]).centre_id == f"m{LAST_SEQUENCE}"
        assert (await answers[2]).centre_id == "m2"
        session.end(LineBroken())


@in_a_loop
async def test_a_status_other_than_accepted_is_the_answer() -> None:
    async with scripted() as centre:
        session, line = await bound(centre)
        answers = submit(session, 2)
        first, second = await line.expect(Command.SUBMIT_SM, 2)
        line.say(answer(first, status=Status.ESME_RINVDSTADR))
        line.say(pack(Command.GENERIC_NACK, second.sequence, status=Status.ESME_RINVCMDLEN))
        assert await asyncio.gather(*answers) == [
            Answer(Status.ESME_RINVDSTADR, ""),
            Answer(Status.ESME_RINVCMDLEN, ""),
        ]
        session.end(LineBroken())


@in_a_loop
async def test_the_centre_may_ask_whether_we_are_there() -> None:
    async with scripted() as centre:
        session, line = await bound(centre)
        line.say(pack(Command.ENQUIRE_LINK, 77))
        assert await line.next() == Pdu(Command.ENQUIRE_LINK_RESP, 0, 77, b"")
        session.end(LineBroken())


@in_a_loop
async def test_a_silent_centre_is_asked_and_kept_while_it_answers() -> None:
    async with scripted() as centre:
        session, line = await bound(centre, enquire_every=0.01)
        for _ in range(5):
            (asked,) = await line.expect(Command.ENQUIRE_LINK)
            assert session.is_open
            line.say(answer(asked))
        session.end(LineBroken())


@in_a_loop
async def test_a_half_open_line_is_given_up() -> None:
    async with scripted() as centre:
        session, line = await bound(centre, enquire_every=0.02, answer_within=0.4)
        await line.expect(Command.ENQUIRE_LINK)
        fault = await session.ended
        assert isinstance(fault, LineSilent)
        assert fault.fields["seconds"] >= 0.4
        await line.gone()


@in_a_loop
async def test_a_pdu_whose_end_never_comes_is_no_sign_of_life() -> None:
    async with scripted() as centre:
        session, line = await bound(centre, enquire_every=0.02, answer_within=0.4)
        torn = delivery(1)
        line.say(torn[:20])
        await line.expect(Command.ENQUIRE_LINK)
        line.say(torn[20:-1])
        assert isinstance(await session.ended, LineSilent)


@pytest.mark.parametrize("noise", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", bytes(64), b"\xff" * 64])
@in_a_loop
async def test_what_is_not_smpp_is_named_so_and_left(noise: bytes) -> None:
    async with scripted() as centre:
        session, line = await bound(centre)
        line.say(noise)
        assert isinstance(await session.ended, LineGarbled)
        (nack,) = await line.expect(Command.GENERIC_NACK)
        assert nack.status == Status.ESME_RINVCMDLEN


@in_a_loop
async def test_a_request_we_do_not_know_is_refused_and_an_answer_nobody_waits_for_is_dropped() -> None:
    async with scripted() as centre:
        session, line = await bound(centre)
        line.say(pack(0x0103, 9, b"data_sm"), pack(Command.SUBMIT_SM_RESP, 4_711, b"m9\0"))
        line.say(pack(0x80000103, 4_712), pack(Command.GENERIC_NACK, 0), pack(Command.ENQUIRE_LINK, 10))
        assert await line.next() == Pdu(Command.GENERIC_NACK, Status.ESME_RINVCMDID, 9, b"")
        assert await line.next() == Pdu(Command.ENQUIRE_LINK_RESP, 0, 10, b"")
        session.end(LineBroken())


@in_a_loop
async def test_a_centre_that_takes_leave_is_answered_and_left() -> None:
    async with scripted() as centre:
        session, line = await bound(centre)
        line.say(pack(Command.UNBIND, 5))
        assert await line.next() == Pdu(Command.UNBIND_RESP, 0, 5, b"")
        assert isinstance(await session.ended, SessionEnded)


@in_a_loop
async def test_we_take_leave_and_wait_for_the_answer() -> None:
    async with scripted() as centre:
        session, line = await bound(centre)
        leaving = asyncio.create_task(session.leave(10))
        (asked,) = await line.expect(Command.UNBIND)
        assert not leaving.done()
        line.say(answer(asked))
        await leaving
        await line.gone()


@in_a_loop
async def test_we_leave_a_centre_that_does_not_answer_our_leave() -> None:
    async with scripted() as centre:
        session, line = await bound(centre)
        await session.leave(0.01)
        await line.gone()
        assert not session.is_open


@in_a_loop
async def test_what_was_written_and_never_answered_is_left_when_the_line_breaks() -> None:
    async with scripted() as centre:
        session, line = await bound(centre)
        answers = submit(session, 3)
        asked = await line.expect(Command.SUBMIT_SM, 3)
        line.say(accepted(asked[1]))
        await answers[1]
        line.drop()
        assert isinstance(await session.ended, LineBroken)
        assert [left.answer for left in session.give_up()] == [answers[0], answers[2]]
        assert list(session.give_up()) == []


@in_a_loop
async def test_an_answer_that_is_owed_too_long_is_given_up_and_not_heard_later() -> None:
    async with scripted() as centre:
        session, line = await bound(centre, answer_within=0.4)
        (waiting,) = submit(session, 1)
        (asked,) = await line.expect(Command.SUBMIT_SM)
        (presence,) = await line.expect(Command.ENQUIRE_LINK)
        assert not waiting.done(), "the line may be dead"
        line.say(answer(presence))
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        line.say(accepted(asked), pack(Command.ENQUIRE_LINK, 1))
        await line.expect(Command.ENQUIRE_LINK_RESP)
        session.end(LineBroken())


class Counted(asyncio.Transport):
    """Counts how often it is written to."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self

    def setsockopt(self, *given: object) -> None:
        pass

    def abort(self) -> None:
        pass


@in_a_loop
async def test_what_is_said_in_one_turn_leaves_in_one_piece() -> None:
    wire, hearing = Counted(), Hearing()
    session = Session(settings_for(1), hearing)
    session.connection_made(wire)
    session.data_received(pack(Command.BIND_TRANSCEIVER_RESP, 1))
    submit(session, 50)
    session.data_received(b"".join(delivery(number) for number in range(20)))
    assert len(wire.writes) == 3, "the bind, fifty messages, twenty answers"
    assert len(hearing.delivered_ones) == 20
    session.end(LineBroken())
