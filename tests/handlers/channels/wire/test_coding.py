"""Texts as octets: read back as they were, in parts a phone can put together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.channels.wire.coding import (
    GSM_ALPHABET,
    GSM_EXTENSION,
    Part,
    alphabet_of,
    decode_text,
    encode_text,
    read_header,
    split,
)
from handlers.channels.wire.faults import HalfCharacter, TooLong

EMOJI = "🎵"
GSM = st.text(st.sampled_from(sorted(GSM_ALPHABET | GSM_EXTENSION)), max_size=700)
ANY = st.text(st.characters(exclude_categories=["Cs"], min_codepoint=1), max_size=400)


def put_together(text: str) -> str:
    """As a phone does: every part opened, the parts in their order."""
    coded = encode_text(text)
    if len(coded.parts) == 1:
        return decode_text(coded.parts[0], coded.data_coding)
    opened = [read_header(part) for part in coded.parts]
    headers = [header for header, _ in opened]
    reference = headers[0].reference if headers[0] else -1
    assert headers == [Part(reference, len(opened), number) for number in range(1, len(opened) + 1)]
    return "".join(decode_text(octets, coded.data_coding) for _, octets in opened)


@given(GSM | ANY)
def test_a_text_arrives_as_it_was_written(text: str) -> None:
    assert put_together(text) == text


@given(GSM | ANY)
def test_every_part_is_readable_by_itself_and_fits(text: str) -> None:
    coded = encode_text(text)
    assert len(coded.parts) == len(split(text))
    for octets, part in zip(coded.parts, split(text), strict=True):
        plain = octets if len(coded.parts) == 1 else octets[6:]
        assert decode_text(plain, coded.data_coding) == part
        assert len(octets) <= (160 if coded.data_coding == 0 else 140)


def test_every_character_of_the_alphabet_has_its_septets() -> None:
    sent = {sign: encode_text(sign).parts[0] for sign in GSM_ALPHABET | GSM_EXTENSION}
    assert len(set(sent.values())) == 137
    assert (sent["@"], sent["§"], sent["à"], sent["€"]) == (b"\x00", b"\x5f", b"\x7f", b"\x1b\x65")
    assert alphabet_of("`") == "UCS-2", "no septet has it"


def test_a_pair_is_never_cut_in_two() -> None:
    coded = encode_text("中" * 66 + EMOJI + "中" * 10)
    assert [len(part) for part in coded.parts] == [6 + 2 * 66, 6 + 2 * 12]
    coded = encode_text("a" * 152 + "€" + "a" * 10)
    assert [len(part) for part in coded.parts] == [6 + 152, 6 + 12]


@pytest.mark.parametrize(
    ("text", "place"), [("\ud83d", 1), ("好\udfb5", 2), ("中" * 80 + "\ud83d中", 81)], ids=[1, 2, 81]
)
def test_half_a_character_is_refused_by_its_place(text: str, place: int) -> None:
    with pytest.raises(HalfCharacter) as refused:
        encode_text(text)
    assert refused.value.fields == {"place": place}


def test_more_parts_than_can_be_counted_are_refused() -> None:
    assert len(encode_text("中" * 67 * 255).parts) == 255
    with pytest.raises(TooLong, match="256 messages"):
        encode_text("中" * (67 * 255 + 1))


def test_parts_of_different_texts_have_different_numbers_mostly_and_of_the_same_text_always_the_same() -> (
    None
):
    numbers = {encode_text(f"{number}" * 200).parts[0][3] for number in range(100)}
    assert len(numbers) > 50
    assert encode_text("1" * 200) == encode_text("1" * 200)


@pytest.mark.parametrize(
    ("octets", "data_coding", "text"),
    [
        (b"TD", 0, "TD"),
        (b"TD", 1, "TD"),
        (b"\xe9", 3, "é"),
        (b"\x90\x00\x8b\xa2", 8, "退订"),
        (b"\x90\x00\x8b", 8, "退�"),
        (b"\xd8\x3d", 8, "�"),
        (b"\x80\x1b", 0, "��"),
        (b"\x1b\x01", 0, "�"),
        (b"\x00\x00", 8, "�"),
        (b"T\x00", 1, "T�"),
        (b"T\xff", 1, "T�"),
        (b"TD", 245, "TD"),
        (b"", 8, ""),
    ],
)
def test_what_cannot_be_read_is_shown_as_such_and_never_refused(
    octets: bytes, data_coding: int, text: str
) -> None:
    assert decode_text(octets, data_coding) == text


@given(st.binary(max_size=300), st.integers(0, 255))
def test_any_octets_have_a_reading_that_a_database_takes(octets: bytes, data_coding: int) -> None:
    text = decode_text(read_header(octets)[1], data_coding)
    assert "\0" not in text
    text.encode()


@pytest.mark.parametrize(
    ("octets", "part", "rest"),
    [
        ("050003aa0201ff", Part(0xAA, 2, 1), "ff"),
        ("060804beef0302ff", Part(0xBEEF, 3, 2), "ff"),
        ("0b0504158a00000003aa0201ff", Part(0xAA, 2, 1), "ff"),
        ("03050100ff", None, "ff"),
        ("0500", None, "0500"),
        ("00ff", None, "00ff"),
        ("", None, ""),
    ],
)
def test_headers_of_other_senders_are_read_too(octets: str, part: Part | None, rest: str) -> None:
    assert read_header(bytes.fromhex(octets)) == (part, bytes.fromhex(rest))
