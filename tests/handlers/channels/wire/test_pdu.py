"""PDUs: what is written is read again, however it was cut; what is no PDU is refused at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.channels.wire import (
    Bind,
    Command,
    Frames,
    Garbage,
    Pdu,
    ShortMessage,
    Status,
    answer,
    pack,
    read_bind,
    read_id,
    read_message,
    write_bind_answer,
    write_id,
)
from handlers.channels.wire.pdu import LONGEST, read_options, write_options

WORDS = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=60)
OCTET = st.integers(0, 255)
NUMBER = st.integers(0, 2**32 - 1)
PDUS = st.lists(st.tuples(NUMBER, NUMBER, NUMBER, st.binary(max_size=300)), max_size=8)
MESSAGES = st.builds(
    ShortMessage,
    source=st.from_regex("[0-9]{0,20}|[A-Z]{1,11}", fullmatch=True),
    destination=st.from_regex("[0-9]{1,20}", fullmatch=True),
    octets=st.binary(max_size=254),
    service_type=st.from_regex("[A-Z0-9]{0,5}", fullmatch=True),
    esm_class=OCTET,
    data_coding=OCTET,
    registered_delivery=OCTET,
    options=st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=80), max_size=4),
)


def cut(octets: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({min(place, len(octets)) for place in places} | {len(octets)})
    return [octets[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


@given(PDUS, st.lists(st.integers(0, 2_000), max_size=10))
def test_pdus_come_out_as_they_went_in_however_the_stream_is_cut(
    sent: list[tuple[int, int, int, bytes]], places: list[int]
) -> None:
    stream = b"".join(pack(command, sequence, body, status) for command, status, sequence, body in sent)
    frames = Frames()
    got = [pdu for piece in cut(stream, places) for pdu in frames.feed(piece)]
    assert got == [Pdu(*each) for each in sent]


@pytest.mark.parametrize("length", [0, 1, 15, LONGEST + 1, 0x80000000, 0xFFFFFFFF])
def test_a_length_that_cannot_be_is_refused_before_anything_is_waited_for(length: int) -> None:
    frames = Frames()
    stream = pack(Command.ENQUIRE_LINK, 7) + length.to_bytes(4, "big") + bytes(12)
    got = []
    with pytest.raises(Garbage):
        for pdu in frames.feed(stream):
            got.append(pdu)
    assert got == [Pdu(Command.ENQUIRE_LINK, 0, 7, b"")], "what came before it counts"


def test_the_longest_pdu_is_taken() -> None:
    frames = Frames()
    whole = pack(Command.DELIVER_SM, 1, bytes(LONGEST - 16))
    assert list(frames.feed(whole[:-1])) == []
    assert [len(pdu.body) for pdu in frames.feed(whole[-1:])] == [LONGEST - 16]


@given(st.binary(max_size=2_000))
def test_no_stream_of_octets_does_worse_than_being_refused(noise: bytes) -> None:
    frames = Frames()
    try:
        for pdu in frames.feed(noise):
            assert len(pdu.body) <= LONGEST
    except Garbage:
        pass


def test_an_answer_stands_under_the_number_of_its_request() -> None:
    asked = Pdu(Command.SUBMIT_SM, 0, 41, b"")
    frames = Frames()
    told = list(frames.feed(answer(asked, write_id("m7")) + answer(asked, status=Status.ESME_RTHROTTLED)))
    assert told == [
        Pdu(Command.SUBMIT_SM_RESP, 0, 41, b"m7\0"),
        Pdu(Command.SUBMIT_SM_RESP, Status.ESME_RTHROTTLED, 41, b""),
    ]


@given(st.builds(Bind, system_id=WORDS, password=WORDS, system_type=WORDS, interface_version=OCTET))
def test_a_bind_is_read_as_it_was_written(bind: Bind) -> None:
    assert read_bind(bind.write()) == bind


def test_the_welcome_names_the_centre_and_its_version() -> None:
    assert write_bind_answer("smsc") == b"smsc\0" + bytes.fromhex("0210000134")


@given(MESSAGES)
def test_a_message_is_read_as_it_was_written(message: ShortMessage) -> None:
    assert read_message(message.write()) == message


@given(MESSAGES, st.data())
def test_a_message_that_is_cut_is_refused(message: ShortMessage, data: st.DataObject) -> None:
    body = ShortMessage(**{**vars(message), "options": {}}).write()
    end = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(Garbage):
        read_message(body[:end])


@given(st.binary(max_size=400))
def test_noise_is_read_as_a_message_or_refused(noise: bytes) -> None:
    for read in (read_message, read_bind):
        try:
            read(noise)
        except Garbage:
            continue


def test_optional_parameters_nobody_knows_are_kept() -> None:
    options = {0x1401: b"vendor", 0x001E: b"m1\0"}
    assert read_options(b"xx" + write_options(options), 2) == options


@pytest.mark.parametrize("torn", ["00", "001e00", "001e0005aabb"])
def test_an_optional_parameter_that_is_cut_is_refused(torn: str) -> None:
    with pytest.raises(Garbage):
        read_options(bytes.fromhex(torn), 0)


@pytest.mark.parametrize(
    ("body", "centre_id"),
    [(b"m7\0", "m7"), (b"m7", "m7"), (b"", ""), (b"\0", ""), (b"a" * 90, "a" * 64), (b"m7\0rest", "m7")],
)
def test_the_id_of_an_answer_is_read_as_far_as_it_is_one(body: bytes, centre_id: str) -> None:
    assert read_id(body) == centre_id


def test_a_message_longer_than_its_field_is_not_written() -> None:
    with pytest.raises(ValueError, match="255"):
        ShortMessage(source="1", destination="2", octets=bytes(255)).write()


def test_a_name_cannot_smuggle_in_another_field() -> None:
    with pytest.raises(ValueError, match="zero"):
        Bind(system_id="a\0b", password="c").write()


@pytest.mark.parametrize(
    ("address", "octets"),
    [
        ("13800000000", b"\x00\x0113800000000\0"),
        ("+8613800000000", b"\x01\x018613800000000\0"),
        ("BIHUAN", b"\x05\x00BIHUAN\0"),
        ("", b"\x00\x01\0"),
    ],
)
def test_an_address_says_of_what_kind_it_is(address: str, octets: bytes) -> None:
    body = ShortMessage(source="", destination=address, octets=b"").write()
    assert body[4 : 4 + len(octets)] == octets
