"""Octet for octet beside smpplib 2.2.4, where it is right; and where it is not, shown."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib import consts, gsm
from smpplib.command import factory

from handlers.channels.wire import Bind, Command, LinkSettings, Submission, encode, pack, read_message, split
from handlers.channels.wire.coding import GSM_ALPHABET, GSM_EXTENSION

SETTINGS = LinkSettings(host="127.0.0.1", port=2775, system_id="bihuan", password="secret")
NUMBER = "13800000000"
#: § stands in its table as `
RIGHT = sorted((GSM_ALPHABET | GSM_EXTENSION) - {"§", "\f"})


def written(name: str, sequence: int, **fields: object) -> bytes:
    """A PDU of smpplib."""
    pdu = factory(name, sequence=sequence, **fields)
    pdu.sequence = sequence
    return bytes(pdu.generate())


def theirs(text: str, service_type: str = "") -> list[bytes]:
    """The PDUs of smpplib, numbered from 1, with our number on the parts."""
    parts, coding, esm_class = gsm.make_parts(text)
    if len(parts) > 1:
        reference = read_message(encode(Submission(NUMBER, text), SETTINGS)[0]).octets[3]
        parts = [part[:3] + bytes((reference,)) + part[4:] for part in parts]
    return [
        written(
            "submit_sm",
            sequence,
            service_type=service_type,
            source_addr_ton=0,
            source_addr_npi=consts.SMPP_NPI_ISDN,
            source_addr=SETTINGS.source,
            dest_addr_ton=0,
            dest_addr_npi=consts.SMPP_NPI_ISDN,
            destination_addr=NUMBER,
            short_message=part,
            data_coding=coding,
            esm_class=esm_class,
            registered_delivery=True,
        )
        for sequence, part in enumerate(parts, start=1)
    ]


def ours(text: str, service_type: str = "") -> list[bytes]:
    bodies = encode(Submission(NUMBER, text, service_type), SETTINGS)
    return [pack(Command.SUBMIT_SM, sequence, body) for sequence, body in enumerate(bodies, start=1)]


@pytest.mark.parametrize("kind", ["transceiver", "transmitter", "receiver"])
def test_a_bind_is_the_same(kind: str) -> None:
    mine = Bind(system_id="bihuan", password="secret").write()
    fields = {"system_id": "bihuan", "password": "secret", "system_type": "", "address_range": ""}
    assert pack(Command[f"BIND_{kind.upper()}"], 1, mine) == written(f"bind_{kind}", 1, **fields)


@pytest.mark.parametrize(
    "name", ["enquire_link", "unbind", "enquire_link_resp", "unbind_resp", "generic_nack"]
)
def test_a_pdu_without_a_body_is_the_same(name: str) -> None:
    assert pack(Command[name.upper()], 1) == written(name, 1)


@pytest.mark.parametrize("text", ["Hello", "{[€]}", "a" * 160, "您好，退订回TD", "中" * 70], ids=len)
def test_a_message_is_the_same(text: str) -> None:
    assert ours(text, "RW017") == theirs(text, "RW017")


@pytest.mark.parametrize("text", ["a" * 161, "ab" * 400, "中" * 71, "中文" * 150], ids=len)
def test_a_long_message_is_the_same_but_for_the_number_both_may_choose(text: str) -> None:
    assert ours(text) == theirs(text)


@given(
    st.text(st.sampled_from(RIGHT), min_size=1, max_size=80) | st.text(st.sampled_from("中文，a"), min_size=1)
)
def test_any_single_message_is_the_same(text: str) -> None:
    if len(split(text)) == 1:
        assert ours(text) == theirs(text)


def test_smpplib_cuts_an_emoji_at_the_border_in_two_and_we_do_not() -> None:
    text = "中" * 66 + "🎵" + "中" * 10
    parts, _, _ = gsm.make_parts(text)
    with pytest.raises(UnicodeDecodeError):
        parts[0][6:].decode("utf-16-be")
    assert [read_message(pdu[16:]).text for pdu in ours(text)] == ["中" * 66, "🎵" + "中" * 10]


def test_smpplib_cuts_an_escape_at_the_border_in_two_and_we_do_not() -> None:
    text = "a" * 152 + "€" + "a" * 10
    parts, _, _ = gsm.make_parts(text)
    assert parts[0].endswith(b"\x1b")
    assert [read_message(pdu[16:]).text for pdu in ours(text)] == ["a" * 152, "€" + "a" * 10]


def test_smpplib_writes_a_grave_accent_as_a_paragraph_sign_and_we_do_not() -> None:
    assert gsm.make_parts("`")[0] == [b"\x5f"], "the septet of §"
    assert [read_message(pdu[16:]).text for pdu in ours("`")] == ["`"]


def test_smpplib_takes_chance_for_the_number_of_the_parts_and_we_the_text() -> None:
    random.seed(1)
    first, second = (gsm.make_parts("中" * 100)[0][0][3] for _ in range(2))
    assert first != second
    assert ours("中" * 100) == ours("中" * 100)
