"""A reading that is killed in the middle: the next one goes on, and the end is as if nothing had been."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, insert, select

from app.intake.files import PIECE, read_waiting_files
from handlers.desk.looking import looking
from models.base import db
from models.feedback import Feedback, FeedbackFile
from tests import databases
from tests.app.intake.conftest import Door
from tests.app.intake.drop import ORDERS, files, order, put

HERE = Path(__file__).parents[3]
#: seconds a reader may take
PATIENCE = 120.0
AT = "2026-03-05T12:00:00+08:00"


@dataclass
class Province:
    """An order file of any length, and what must be known when it is read."""

    lines: list[str] = field(default_factory=list)
    keys: Counter[str] = field(default_factory=Counter)
    bad: int = 0
    strangers: int = 0

    def write(self, door: Door, rows: int) -> None:
        """Every tenth key comes twice, far apart; one in fifty is of nobody; one in a hundred is spoilt."""
        numbers = door.stage.province.warehouse.numbers(np.arange(100))
        for place in range(rows):
            key = f"K{place if place % 10 else place // 2}"
            if place % 100 == 99:
                self.bad += 1
                self.lines.append(f"{key},{numbers[place % 100]},CRBT,noon,sms")
                continue
            is_stranger = place % 50 == 7
            self.strangers += is_stranger and key not in self.keys
            number = "13900000000" if is_stranger else numbers[place % 100]
            self.keys[key] += 1
            self.lines.append(f"{key},{number},CRBT,{AT},sms")

    @property
    def text(self) -> str:
        """The whole file."""
        return ORDERS + "\n".join(self.lines) + "\n"


def start(door: Door) -> subprocess.Popen[str]:
    """A reader in a process of its own; ours keeps no lock from it."""
    db.session.rollback()
    warehouse = door.stage.province.warehouse.root
    database = door.stage.folder / "bihuan.sqlite"
    command = [
        sys.executable,
        "-m",
        "tests.app.intake.reader",
        str(database),
        databases.url(database),
        str(door.inbox),
        str(warehouse),
    ]
    return subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True)


def lines_read() -> int:
    """Asked as a reader, so that the one who writes need not wait for us."""
    with looking():
        return db.session.scalar(select(func.max(FeedbackFile.lines))) or 0


def the_file() -> FeedbackFile:
    """The only file there is."""
    with looking():
        (found,) = files()
        db.session.expunge(found)
        return found


def kill_behind(door: Door, lines: int) -> None:
    """Kill a reader as soon as so many lines are in."""
    reader = start(door)
    until = time.monotonic() + PATIENCE
    while lines_read() < lines:
        assert reader.poll() is None, "it was faster than the test"
        assert time.monotonic() < until
        time.sleep(0.005)
    os.kill(reader.pid, signal.SIGKILL)
    reader.communicate()


def test_a_reading_that_was_killed_ends_as_if_nothing_had_been(door: Door) -> None:
    province = Province()
    province.write(door, 4 * PIECE)
    put(door, "orders-20260305-1.csv", province.text)
    kill_behind(door, PIECE)
    assert the_file().state == "reading"
    assert sorted(path.suffix for path in door.inbox.glob("orders*")) == [".csv", ".json"]
    assert start(door).communicate(timeout=PATIENCE)[0]
    file = the_file()
    assert (file.state, file.lines, file.promised) == ("read", 4 * PIECE, 4 * PIECE)
    assert (file.accepted, file.rejected) == (len(province.keys), province.bad)
    assert file.accepted + file.repeated + file.rejected == file.promised
    assert file.unknown == province.strangers
    found = db.session.execute(select(Feedback.key, Feedback.repeats))
    assert {key: repeats + 1 for key, repeats in found} == dict(province.keys)


def test_the_manifest_left_behind_by_a_kill_counts_nothing_again(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5))
    manifest = (door.inbox / "orders-20260305-1.manifest.json").read_bytes()
    read_waiting_files(door.inbox)
    (door.inbox / "orders-20260305-1.manifest.json").write_bytes(manifest)
    assert read_waiting_files(door.inbox) == 1
    (file,) = files()
    assert (file.state, file.accepted, file.again) == ("read", 1, 0)
    assert list(door.inbox.glob("*.json")) == []


def test_a_kill_before_the_file_is_moved_counts_nothing_again(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5))
    read_waiting_files(door.inbox)
    for path in (door.inbox / "done").iterdir():
        path.rename(door.inbox / path.name)
    read_waiting_files(door.inbox)
    assert [(file.accepted, file.again) for file in files()] == [(1, 0)]


def test_a_file_changed_while_its_reading_lay_broken_is_read_from_its_beginning(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5) + order(door, "A2", 6))
    begun = {"name": "orders-20260305-1.csv", "feed": "order", "digest": "0" * 64, "state": "reading"}
    numbers = {
        "lines": 1,
        "accepted": 1,
        "repeated": 0,
        "unknown": 0,
        "rejected": 0,
        "again": 0,
        "promised": 9,
    }
    moments = {"day": door.stage.now.date(), "received_at": door.stage.now}
    db.session.execute(
        insert(FeedbackFile).values({**begun, **numbers, **moments, "encoding": "utf-8", "refused": []})
    )
    db.session.commit()
    read_waiting_files(door.inbox)
    assert [(file.state, file.lines, file.accepted) for file in files()] == [("read", 2, 2)]


def test_the_same_file_under_its_own_name_changes_nothing_and_is_counted(door: Door) -> None:
    for _ in range(3):
        put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5))
        read_waiting_files(door.inbox)
    (file,) = files()
    assert (file.accepted, file.repeated, file.again) == (1, 0, 2)
    assert db.session.scalars(select(Feedback.repeats)).all() == [0]


def test_the_same_file_under_another_name_is_all_repeats(door: Door) -> None:
    text = ORDERS + order(door, "A1", 5) + order(door, "A1", 5) + order(door, "A2", 6, at="noon")
    put(door, "orders-20260305-1.csv", text)
    put(door, "orders-20260306-2.csv", text)
    read_waiting_files(door.inbox)
    first, second = files()
    assert (first.accepted, first.repeated, first.rejected) == (1, 1, 1)
    assert (second.accepted, second.repeated, second.rejected) == (0, 2, 1)
    assert db.session.scalars(select(Feedback.repeats)).all() == [1]


def test_a_bad_file_under_the_name_of_a_good_one_leaves_the_good_one_as_it_is(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5))
    read_waiting_files(door.inbox)
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5)[:20], rows=1, sha256="0" * 64)
    read_waiting_files(door.inbox)
    good, bad = files()
    assert (good.state, good.accepted, bad.state) == ("read", 1, "refused")


def test_a_second_reader_leaves_the_folder_to_the_first(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5))
    with (door.inbox / ".reading").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert read_waiting_files(door.inbox) == 0
    assert read_waiting_files(door.inbox) == 1


@pytest.mark.long
def test_a_million_lines_take_no_more_memory_than_a_hundred_thousand(door: Door) -> None:
    peaks = []
    for name, rows in (("orders-1.csv", 100_000), ("orders-2.csv", 1_000_000)):
        province = Province()
        province.write(door, rows)
        put(door, name, province.text)
        del province
        peaks.append(int(start(door).communicate(timeout=20 * PATIENCE)[0]))
    assert peaks[1] < peaks[0] * 1.15, peaks
