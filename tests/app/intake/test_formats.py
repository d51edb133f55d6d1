"""What files may look like: five feeds, two encodings, quoted line ends; and how each fault is told."""

from collections.abc import Callable

import pytest

from app.intake.feeds import BY_FILE
from app.intake.files import read_waiting_files
from handlers.contacts import do_not_disturb
from models.base import db
from tests.app.intake.conftest import Door
from tests.app.intake.drop import ORDERS, files, kept, order, put, said
from tests.factories import rows

AT = "2026-03-05T10:00:00+08:00"
SAID = "key,number,channel,text,at\n"


def read(door: Door) -> None:
    read_waiting_files(door.inbox)


# -- feeds


def test_receipts_come_by_file_too(door: Door) -> None:
    message_id = rows.contacts_of(door.campaign)[0].message_id
    text = f"key,message_id,status,at\nR-1,{message_id},DELIVRD,{AT}\nR-2,NOT-OURS,DELIVRD,{AT}\n"
    put(door, "receipts-20260305-1.csv", text)
    read(door)
    assert [(r.feed, r.key, r.body, r.state) for r in kept()] == [
        ("receipt", "R-1", {"status": "DELIVRD"}, "new"),
        ("receipt", "R-2", {"status": "DELIVRD"}, "unknown"),
    ]
    (file,) = files()
    assert (file.feed, file.accepted, file.unknown) == ("receipt", 2, 1)


def test_call_results_come_by_file_too(door: Door) -> None:
    contact = rows.contacts_of(door.campaign)[0].message_id
    text = f"key,contact_id,outcome,reason,attempt,at\nC-1,{contact},refuse,太贵,2,{AT}\n"
    put(door, "call-results-20260305-1.csv", text)
    read(door)
    assert [(r.feed, r.message_id, r.body) for r in kept()] == [
        ("call_result", contact, {"outcome": "refuse", "reason": "太贵", "attempt": 2})
    ]


def test_refusals_by_file_are_in_force_at_once(door: Door) -> None:
    put(door, "opt-outs-20260305-1.csv", SAID + f"O-1,{door.number(7)},sms,TD,{AT}\n")
    read(door)
    assert 7 in do_not_disturb("sms", door.stage.province.warehouse, db.session)
    assert [(r.feed, r.sid) for r in kept()] == [("opt_out", 7)]


def test_a_complaint_may_have_line_ends_and_commas_in_quotes(door: Door) -> None:
    words = "不要再发了，\n每天都发,\r\n太多了"
    put(door, "complaints-20260305-1.csv", SAID + f'K-1,{door.number(7)},sms,"{words}",{AT}\n', rows=1)
    read(door)
    assert [r.body for r in kept()] == [{"text": words}]


def test_the_line_of_a_fault_is_the_line_of_the_file_not_of_the_row(door: Door) -> None:
    first = f'K-1,{door.number(7)},sms,"一\n二\n三",{AT}\n'
    put(door, "complaints-20260305-1.csv", SAID + first + f"K-2,{door.number(8)},sms,四,noon\n", rows=2)
    read(door)
    assert [bad["line"] for bad in files()[0].refused] == [5]


def test_the_manifest_may_name_the_feed(door: Door) -> None:
    put(door, "daily.csv", SAID + f"K-1,{door.number(7)},sms,太多,{AT}\n", feed="complaint")
    read(door)
    assert [r.feed for r in kept()] == ["complaint"]


def test_a_file_of_no_feed_is_set_aside(door: Door) -> None:
    put(door, "daily.csv", SAID)
    put(door, "orders-20260305-1.csv", ORDERS, feed="weather")
    read(door)
    assert [file.state for file in files()] == ["refused", "refused"]
    assert all("complaint" in said(file)[0] for file in files())


def test_columns_may_stand_in_any_order_with_others_between(door: Door) -> None:
    text = f"price,number,order_id,ordered_at,product\n5,{door.number(5)},A1,{AT},CRBT\n"
    put(door, "orders-20260305-1.csv", text)
    read(door)
    assert [(r.key, r.sid, r.channel) for r in kept()] == [("A1", 5, "")]


def test_a_file_without_a_column_it_cannot_be_without_is_set_aside(door: Door) -> None:
    put(door, "orders-20260305-1.csv", "order_id,number\nA1,13800000000\n")
    read(door)
    assert kept() == []
    assert "ordered_at, product" in said(files()[0])[0]


def test_every_feed_has_a_name_of_its_own_that_its_files_begin_with() -> None:
    assert len({feed.prefix for feed in BY_FILE.values()}) == len(BY_FILE)


# -- encodings

VIA = "营业厅"


def with_mark(text: str) -> bytes:
    return text.encode("utf-8-sig")


def as_gb18030(text: str) -> bytes:
    return text.encode("gb18030")


@pytest.mark.parametrize("named", [{}, {"encoding": "GBK"}, {"encoding": "gb18030"}])
def test_a_file_in_gb18030_is_read_whether_it_says_so_or_not(door: Door, named: dict[str, str]) -> None:
    text = ORDERS + order(door, "A1", 5, via=VIA)
    put(door, "orders-20260305-1.csv", as_gb18030(text), **named)
    read(door)
    assert [r.channel for r in kept()] == [VIA]
    assert files()[0].encoding == "gb18030"


@pytest.mark.parametrize("encode", [str.encode, with_mark])
@pytest.mark.parametrize("named", [{}, {"encoding": "UTF-8"}])
def test_a_file_in_utf_8_is_read_with_a_mark_or_without(
    door: Door, encode: Callable[[str], bytes], named: dict[str, str]
) -> None:
    put(door, "orders-20260305-1.csv", encode(ORDERS + order(door, "A1", 5, via=VIA)), **named)
    read(door)
    assert [r.channel for r in kept()] == [VIA]
    assert files()[0].encoding == "utf-8"


def test_a_file_that_is_not_in_the_encoding_it_names_is_set_aside(door: Door) -> None:
    text = ORDERS + order(door, "A1", 5, via=VIA)
    put(door, "orders-20260305-1.csv", as_gb18030(text), encoding="utf-8")
    read(door)
    assert kept() == []
    assert "not in utf-8" in said(files()[0])[0]


def test_an_encoding_we_do_not_read_is_said(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5), encoding="big5")
    read(door)
    assert "big5" in said(files()[0])[0]


def test_bytes_that_are_a_text_in_both_encodings_are_set_aside_not_guessed(door: Door) -> None:
    ours = ORDERS + order(door, "A1", 5, via="VIA")
    doubtful = ours.encode().replace(b"VIA", b"\xc2\xae")
    assert doubtful.decode() != doubtful.decode("gb18030")
    put(door, "orders-20260305-1.csv", doubtful)
    put(door, "orders-20260305-2.csv", doubtful, encoding="gb18030")
    read(door)
    first, second = files()
    assert (first.state, second.state) == ("refused", "read")
    assert "UTF-8 or in GB18030" in said(first)[0]
    assert [r.channel for r in kept()] == ["庐"]


def test_bytes_that_are_no_text_are_set_aside(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS.encode() + b"A1,\xff\xff\xff,CRBT,x,y\n")
    read(door)
    assert "utf-8, gb18030" in said(files()[0])[0]


# -- lines


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("R-1,,DELIVRD," + AT, "message_id is empty"),
        ("R-1,M-1,LOST," + AT, "status is none of DELIVRD"),
        ("R-1,M-1,DELIVRD,yesterday", "at is no moment"),
        ("R-1,M-1,DELIVRD,2026-03-05T10:00:00", "at is no moment"),
        ("R-1,M-1,DELIVRD", "3 fields instead of 4"),
        ("R-1,M-1,DELIVRD,x," + AT, "5 fields instead of 4"),
        ("R" * 61 + ",M-1,DELIVRD," + AT, "key is longer than 60"),
    ],
)
def test_a_line_that_cannot_be_used_is_listed_with_its_number_and_cause(
    door: Door, line: str, cause: str
) -> None:
    good = f"R-9,{rows.contacts_of(door.campaign)[0].message_id},DELIVRD,{AT}\n"
    put(door, "receipts-20260305-1.csv", "key,message_id,status,at\n" + line + "\n" + good)
    read(door)
    (file,) = files()
    assert (file.state, file.accepted, file.rejected) == ("read", 1, 1)
    assert said(file)[0].startswith("Line 2")
    assert cause in said(file)[0]


def test_what_stood_in_a_bad_line_is_not_kept(door: Door) -> None:
    number = door.number(5)
    put(door, "orders-20260305-1.csv", ORDERS + f"A1,CRBT,{number},{number},sms\n")
    read(door)
    assert number not in str(files()[0].refused)


def test_of_very_many_bad_lines_a_thousand_are_listed_and_all_are_counted(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + "A,,,,\n" * 1_200)
    read(door)
    (file,) = files()
    assert (file.rejected, len(file.refused), file.promised) == (1_200, 1_000, 1_200)


def test_a_quote_that_never_ends_spoils_the_file_not_the_reader(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + 'A1,"' + "x" * 200_000 + "\n" * 9)
    put(door, "orders-20260305-2.csv", ORDERS + order(door, "A2", 5))
    read(door)
    assert [r.key for r in kept()] == ["A2"]
    assert [file.state for file in files()] == ["refused", "read"]


def test_empty_lines_are_no_rows(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + "\n" + order(door, "A1", 5) + "\n\n", rows=1)
    read(door)
    assert [r.key for r in kept()] == ["A1"]


@pytest.mark.parametrize(
    "manifest", ["[" * 60_000, '{"file": "x", "rows": Infinity}', "[]", "null", '{"file": "x"}']
)
def test_a_manifest_that_is_none_is_remembered_and_set_aside(door: Door, manifest: str) -> None:
    (door.inbox / "orders-20260301-1.manifest.json").write_text(manifest)
    read(door)
    (file,) = files()
    assert (file.state, file.feed, file.promised) == ("refused", "order", 0)
    assert (door.inbox / "refused" / "orders-20260301-1.manifest.json").exists()
