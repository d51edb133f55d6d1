"""Messages to customers: what goes on the wire for them, and what is refused before."""

import pytest

from handlers.channels.text import measure
from handlers.channels.wire import LinkSettings, Submission, Unsendable, encode, read_message
from handlers.channels.wire.faults import BadServiceType, HalfCharacter, NoNumber, NothingSaid, TooLong

SETTINGS = LinkSettings(host="127.0.0.1", port=2775, system_id="bihuan", password="secret", source="1008611")


def test_a_message_says_who_writes_to_whom_about_what() -> None:
    (body,) = encode(Submission("13800000000", "您好", "RW017"), SETTINGS)
    sent = read_message(body)
    assert (sent.source, sent.destination, sent.service_type) == ("1008611", "13800000000", "RW017")
    assert (sent.text, sent.data_coding, sent.part) == ("您好", 8, None)
    assert sent.registered_delivery == 1


def test_a_receipt_is_asked_for_where_it_is_wanted() -> None:
    (body,) = encode(Submission("13800000000", "Hello", wants_receipt=False), SETTINGS)
    assert read_message(body).registered_delivery == 0


@pytest.mark.parametrize(
    "text", ["a", "a" * 160, "a" * 161, "€" * 100, "中" * 70, "中" * 71, "🎵" * 100], ids=len
)
def test_a_message_has_as_many_parts_as_are_charged(text: str) -> None:
    sent = [read_message(body) for body in encode(Submission("13800000000", text), SETTINGS)]
    assert len(sent) == measure(text).parts
    assert "".join(each.text for each in sent) == text
    if len(sent) > 1:
        assert [each.part.number for each in sent if each.part] == list(range(1, len(sent) + 1))


def test_the_same_message_is_the_same_octets() -> None:
    again = Submission("13800000000", "中" * 200)
    assert encode(again, SETTINGS) == encode(again, SETTINGS)


@pytest.mark.parametrize(
    ("submission", "fault"),
    [
        (Submission("", "您好"), NoNumber),
        (Submission("1380000000x", "您好"), NoNumber),
        (Submission("1" * 21, "您好"), NoNumber),
        (Submission("13800000000\n", "您好"), NoNumber),
        (Submission("１３８０００００００", "您好"), NoNumber),
        (Submission("13800000000\0", "您好"), NoNumber),
        (Submission("13800000000", ""), NothingSaid),
        (Submission("13800000000", "您\ud83d好"), HalfCharacter),
        (Submission("13800000000", "中" * 20_000), TooLong),
        (Submission("13800000000", "您好", "RW0017"), BadServiceType),
        (Submission("13800000000", "您好", "批"), BadServiceType),
    ],
)
def test_what_cannot_be_sent_is_refused_before_the_wire(
    submission: Submission, fault: type[Unsendable]
) -> None:
    with pytest.raises(fault) as refused:
        encode(submission, SETTINGS)
    assert isinstance(refused.value, Unsendable)
    assert str(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"window": 0},
        {"rate": 0.0},
        {"enquire_every": 0.0},
        {"answer_within": -1.0},
        {"system_id": "闭环"},
        {"password": "a\0b"},
    ],
)
def test_settings_nobody_could_work_with_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        LinkSettings(**{**vars(SETTINGS), **wrong})
