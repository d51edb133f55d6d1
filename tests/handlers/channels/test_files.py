"""A list leaves encrypted, complete or not at all, and once."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from handlers.channels import CHANNELS, AlreadyHandedOver, Row, read_channel_keys
from handlers.channels.files import BadReaderKey, BadWorkOrderNumber, NoReaderKey
from handlers.channels.listing import ListReader
from handlers.channels.text import EmptyText
from tests.handlers.channels.samples import CONTENT, FIELDS, LATER, NOW, identity, open_list, recipients, slip

SMS = CHANNELS["sms"]
NUMBER = "RW-00-2026-001"
ROWS: list[Row] = [("m1", "13800000001", '你好，"TD"\n第二行'), ("m2", "13800000002", "=HYPERLINK(1)")]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_the_reader_of_the_key_can_open_the_list_and_nobody_else(tmp_path: Path) -> None:
    (private, public), (stranger, _) = identity(), identity()
    rows = SMS.prepare(recipients(), CONTENT, FIELDS)
    proof = SMS.hand_over(slip(), rows, tmp_path / "sms", [public], NOW)
    lines = open_list(proof.path, private)
    assert lines[0] == ["message_id", "number", "text"]
    assert lines[3] == [
        "m0002",
        "13800000002",
        "您的彩铃包年将于3月9日到期，续订回复XD。退订回TD【东屿移动】",
    ]
    assert b"1380000" not in proof.path.read_bytes()
    with pytest.raises(Exception, match="No matching keys"):
        open_list(proof.path, stranger)


def test_several_readers_can_open_the_same_list(tmp_path: Path) -> None:
    readers = [identity(), identity()]
    proof = SMS.hand_over(slip(), ROWS, tmp_path, [public for _, public in readers], NOW)
    assert open_list(proof.path, readers[0][0]) == open_list(proof.path, readers[1][0])


def test_the_manifest_tells_what_the_contract_says(tmp_path: Path) -> None:
    proof = SMS.hand_over(slip(), ROWS, tmp_path, [identity()[1]], NOW)
    assert names(tmp_path) == [f"{NUMBER}.csv.age", f"{NUMBER}.manifest.json"]
    manifest = json.loads((tmp_path / f"{NUMBER}.manifest.json").read_text(encoding="utf-8"))
    assert manifest == {
        "work_order": NUMBER,
        "campaign": "HD-00-2026-001",
        "channel": "sms",
        "products": ["CRBT", "MBOX"],
        "rows": 2,
        "sha256": hashlib.sha256(proof.path.read_bytes()).hexdigest(),
        "start": "2026-03-02",
        "end": "2026-03-05",
        "sender": "10086",
        "content": CONTENT.text,
    }
    assert proof.digest == manifest["sha256"]


def test_cells_keep_their_lines_and_quotes_and_formulas_are_made_harmless(tmp_path: Path) -> None:
    private, public = identity()
    proof = SMS.hand_over(slip(), ROWS, tmp_path, [public], NOW)
    assert [line[2] for line in open_list(proof.path, private)[1:]] == [
        '你好，"TD"\n第二行',
        "'=HYPERLINK(1)",
    ]


def test_the_same_list_again_leaves_the_files_as_they_are(tmp_path: Path) -> None:
    key = identity()[1]
    SMS.hand_over(slip(), ROWS, tmp_path, [key], NOW)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    SMS.hand_over(slip(), iter(ROWS), tmp_path, [key], LATER)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_list_already_fetched_is_not_given_a_second_time(tmp_path: Path) -> None:
    key = identity()[1]
    first = SMS.hand_over(slip(), ROWS, tmp_path, [key], NOW)
    for name in names(tmp_path):
        (tmp_path / name).unlink()
    assert SMS.hand_over(slip(), ROWS, tmp_path, [key], LATER).digest == first.digest
    assert names(tmp_path) == []


def test_a_refused_second_list_leaves_the_first(tmp_path: Path) -> None:
    private, public = identity()
    proof = SMS.hand_over(slip(), ROWS, tmp_path, [public], NOW)
    with pytest.raises(AlreadyHandedOver):
        SMS.hand_over(slip(), ROWS[:1], tmp_path, [public], LATER)
    assert len(open_list(proof.path, private)) == 3


def test_a_manifest_without_its_seal_is_never_overwritten(tmp_path: Path) -> None:
    key = identity()[1]
    SMS.hand_over(slip(), ROWS, tmp_path, [key], NOW)
    (tmp_path / f".{NUMBER}.seal").unlink()
    with pytest.raises(AlreadyHandedOver):
        SMS.hand_over(slip(), ROWS, tmp_path, [key], LATER)


def test_a_crash_before_the_manifest_is_made_good(tmp_path: Path) -> None:
    private, public = identity()
    SMS.hand_over(slip(), ROWS[:1], tmp_path, [public], NOW)
    (tmp_path / f"{NUMBER}.manifest.json").unlink()
    (tmp_path / f".{NUMBER}.csv.age.part").write_bytes(b"half")
    proof = SMS.hand_over(slip(), ROWS, tmp_path, [public], LATER)
    assert not proof.is_repeated
    assert len(open_list(proof.path, private)) == 3
    assert json.loads((tmp_path / f"{NUMBER}.manifest.json").read_bytes())["sha256"] == proof.digest


def test_the_manifest_comes_last(tmp_path: Path) -> None:
    key, obstacle = identity()[1], tmp_path / f".{NUMBER}.manifest.part"
    obstacle.mkdir()
    with pytest.raises(IsADirectoryError):
        SMS.hand_over(slip(), ROWS, tmp_path, [key], NOW)
    assert names(tmp_path) == [f"{NUMBER}.csv.age"]
    obstacle.rmdir()
    assert not SMS.hand_over(slip(), ROWS, tmp_path, [key], LATER).is_repeated
    assert names(tmp_path) == [f"{NUMBER}.csv.age", f"{NUMBER}.manifest.json"]


def test_workers_with_the_same_work_order_hand_it_over_once(tmp_path: Path) -> None:
    private, public = identity()
    with ThreadPoolExecutor(4) as workers:
        proofs = list(workers.map(lambda _: SMS.hand_over(slip(), ROWS, tmp_path, [public], NOW), range(8)))
    assert sorted(proof.is_repeated for proof in proofs) == [False] + [True] * 7
    assert len({proof.digest for proof in proofs}) == 1
    assert hashlib.sha256(proofs[0].path.read_bytes()).hexdigest() == proofs[0].digest
    assert len(open_list(proofs[0].path, private)) == 3


def test_a_failure_among_the_rows_leaves_no_file_and_keeps_its_name(tmp_path: Path) -> None:
    def failing() -> Iterator[Row]:
        yield ROWS[0]
        raise EmptyText

    with pytest.raises(EmptyText):
        SMS.hand_over(slip(), failing(), tmp_path, [identity()[1]], NOW)
    assert names(tmp_path) == []
    assert not (tmp_path / f".{NUMBER}.csv.age.part").exists()


def test_no_number_and_no_plain_digest_is_left_on_the_disk(tmp_path: Path) -> None:
    reader = ListReader(SMS.columns, ROWS, SMS.units)
    plain = hashlib.sha256(reader.read()).hexdigest()
    SMS.hand_over(slip(), ROWS, tmp_path, [identity()[1]], NOW)
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert reader.digest == plain
    assert b"13800000001" not in everything
    assert plain.encode() not in everything


@pytest.mark.parametrize("number", ["", "../x", "a/b", ".hidden", "a b", "RW\n", "任务"])
def test_a_number_that_is_no_file_name_is_refused(tmp_path: Path, number: str) -> None:
    with pytest.raises(BadWorkOrderNumber):
        SMS.hand_over(slip(number), ROWS, tmp_path / "out", [identity()[1]], NOW)
    assert not (tmp_path / "out").exists()


def test_a_key_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadReaderKey, match="age1nothing"):
        SMS.hand_over(slip(), ROWS, tmp_path, [identity()[1], "age1nothing"], NOW)


def test_a_moment_without_a_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="naive"):
        SMS.hand_over(slip(), ROWS, tmp_path, [identity()[1]], datetime(2026, 3, 2))  # noqa: DTZ001


def test_keys_are_read_from_the_channels_file(tmp_path: Path) -> None:
    (tmp_path / "channel_sms.pub").write_text("# gateway\nage1a\n\n age1b \n")
    assert read_channel_keys(tmp_path, "sms") == ("age1a", "age1b")
    with pytest.raises(NoReaderKey):
        read_channel_keys(tmp_path, "call")


@pytest.mark.parametrize("size", [1, 7, 8_192, 1_000_000])
def test_a_list_read_in_any_pieces_is_the_same(size: int) -> None:
    rows = [(f"m{i}", f"138{i:08}", "彩铃" * 20) for i in range(700)]
    whole = ListReader(SMS.columns, rows, SMS.units)
    pieces = ListReader(SMS.columns, rows, SMS.units)
    expected = whole.read()
    assert b"".join(iter(lambda: pieces.read(size), b"")) == expected
    assert (pieces.rows, pieces.units, pieces.digest) == (700, 700, whole.digest)
    assert hashlib.sha256(expected).hexdigest() == whole.digest
