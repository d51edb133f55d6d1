"""What the centre delivers: receipts in the forms centres write them, and what customers write."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.channels.wire import (
    Incoming,
    LinkSettings,
    Option,
    Receipt,
    ShortMessage,
    read_delivery,
    write_receipt,
)
from handlers.channels.wire.receipt import convert_id, plain_id

SETTINGS = LinkSettings(host="127.0.0.1", port=2775, system_id="bihuan", password="secret")
NOON = datetime(2026, 3, 2, 4, 0, 5, tzinfo=UTC)
CHINA = ZoneInfo("Asia/Shanghai")


def delivered(text: str, settings: LinkSettings = SETTINGS, **more: object) -> Receipt:
    message = ShortMessage(
        source="13800000000", destination="10086", octets=text.encode("latin-1"), esm_class=4, **more
    )
    found = read_delivery(message, settings)
    assert isinstance(found, Receipt)
    return found


def test_a_receipt_says_what_became_of_which_message_and_when() -> None:
    text = "id:m7 sub:001 dlvrd:001 submit date:2603021155 done date:2603021200 stat:DELIVRD err:000 text:"
    assert delivered(text) == Receipt(
        centre_id="m7",
        status="DELIVRD",
        at=datetime(2026, 3, 2, 4, 0, tzinfo=UTC),
        number="13800000000",
        text=text,
        error="000",
    )


@pytest.mark.parametrize(
    ("text", "centre_id", "status"),
    [
        (
            "id:0118Z-01 sub:000 dlvrd:000 submitdate:180122230957 stat:REJECTD err:375 text:",
            "0118Z-01",
            "REJECTD",
        ),
        ("ID:7 STAT:undeliv ERR:1", "7", "UNDELIV"),
        ("stat:EXPIRED id:7", "7", "EXPIRED"),
        ("id:7 stat:MK:0005 err:", "7", "MK:0005"),
        ("id:7 stat:DELIVRD text:id:8 stat:UNDELIV", "7", "DELIVRD"),
        ("id: sub:001 stat:DELIVRD", "", "DELIVRD"),
        ("id:7 stat:", "7", "UNKNOWN"),
        ("nothing of the kind", "", "UNKNOWN"),
        ("", "", "UNKNOWN"),
        ("stat:" + "X" * 99, "", "X" * 16),
    ],
)
def test_receipts_are_read_in_the_ways_centres_write_them(text: str, centre_id: str, status: str) -> None:
    found = delivered(text)
    assert (found.centre_id, found.status) == (centre_id, status)


def test_optional_parameters_count_more_than_the_text() -> None:
    options = {Option.RECEIPTED_MESSAGE_ID: b"m8\0", Option.MESSAGE_STATE: b"\x05"}
    found = delivered("id:7 stat:DELIVRD", options=options)
    assert (found.centre_id, found.status) == ("m8", "UNDELIV")


def test_a_receipt_may_be_nothing_but_optional_parameters() -> None:
    found = delivered("", options={Option.RECEIPTED_MESSAGE_ID: b"m8", Option.MESSAGE_STATE: b"\x02"})
    assert (found.centre_id, found.status, found.at) == ("m8", "DELIVRD", None)


@pytest.mark.parametrize(
    ("digits", "moment"),
    [
        ("2603021200", datetime(2026, 3, 2, 4, 0, tzinfo=UTC)),
        ("260302120005", NOON),
        ("20260302120005", NOON),
        ("202603021200", datetime(2026, 3, 2, 4, 0, tzinfo=UTC)),
        ("000000000000", None),
        ("2613021200", None),
        ("12", None),
        ("", None),
        ("soon", None),
    ],
)
def test_the_moment_is_read_with_and_without_seconds_and_century(
    digits: str, moment: datetime | None
) -> None:
    assert delivered(f"id:7 done date:{digits} stat:DELIVRD").at == moment


@pytest.mark.parametrize(("status", "is_final"), [("DELIVRD", True), ("MK:0005", True), ("ENROUTE", False)])
def test_a_message_under_way_may_be_heard_of_again(status: str, is_final: bool) -> None:
    assert delivered(f"id:7 stat:{status}").is_final is is_final


@pytest.mark.parametrize(
    ("form", "answered", "receipt"),
    [
        ("as_is", "m-7", "m-7"),
        ("as_is", "007F", "007F"),
        ("hex_to_decimal", "127", "7f"),
        ("hex_to_decimal", "0000000127", "0000007F"),
        ("decimal_to_hex", "7f", "127"),
        ("decimal_to_hex", "0000007F", "127"),
        ("decimal_to_hex", "00", "0"),
        ("hex_to_decimal", "m-7", "m-7"),
        ("decimal_to_hex", "", ""),
    ],
)
def test_the_id_of_a_receipt_meets_the_id_of_the_answer(form: str, answered: str, receipt: str) -> None:
    assert convert_id(receipt, form) == plain_id(answered, form)


@given(st.integers(0, 2**63), st.sampled_from(["hex_to_decimal", "decimal_to_hex"]))
def test_every_number_meets_itself(number: int, form: str) -> None:
    written, answered = (
        (f"{number:X}", str(number)) if form == "hex_to_decimal" else (str(number), f"{number:x}")
    )
    assert convert_id(written, form) == plain_id(answered, form)


@given(
    st.text(st.characters(max_codepoint=255), max_size=100),
    st.sampled_from(["hex_to_decimal", "decimal_to_hex"]),
)
def test_an_id_that_is_no_number_stays(written: str, form: str) -> None:
    found = convert_id(written, form)
    assert len(found) <= 80
    assert found == written[:64] or found.isalnum()


def test_what_a_centre_of_ours_writes_is_read_again() -> None:
    text = write_receipt("m7", "DELIVRD", NOON, CHINA, "尊敬的客户".encode().decode("latin-1"))
    found = delivered(text)
    assert (found.centre_id, found.status, found.at) == ("m7", "DELIVRD", NOON)


def test_what_a_customer_writes_is_no_receipt_whatever_it_says() -> None:
    text = "id:7 stat:DELIVRD"
    message = ShortMessage(source="13800000000", destination="10086", octets=text.encode())
    assert read_delivery(message, SETTINGS) == Incoming(number="13800000000", text=text, destination="10086")


def test_a_long_reply_says_which_part_it_is() -> None:
    octets = bytes.fromhex("050003070201") + "退订".encode("utf-16-be")
    message = ShortMessage(source="1", destination="10086", octets=octets, esm_class=0x40, data_coding=8)
    found = read_delivery(message, SETTINGS)
    assert isinstance(found, Incoming)
    assert (found.text, found.part) == ("退订", (7, 2, 1))


def test_a_text_may_travel_as_an_optional_parameter() -> None:
    message = ShortMessage(
        source="1", destination="2", octets=b"", options={Option.MESSAGE_PAYLOAD: b"TD"}, data_coding=0
    )
    assert message.text == "TD"


@given(
    st.binary(max_size=254), st.integers(0, 255), st.dictionaries(st.sampled_from([0x1E, 0x427]), st.binary())
)
def test_no_delivery_is_beyond_reading(octets: bytes, esm_class: int, options: dict[int, bytes]) -> None:
    message = ShortMessage(source="1", destination="2", octets=octets, esm_class=esm_class, options=options)
    found = read_delivery(message, SETTINGS)
    assert "\0" not in found.text
    if isinstance(found, Receipt):
        assert len(found.centre_id) <= 80
        assert len(found.status) <= 16
