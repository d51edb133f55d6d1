"""Confirmed orders leave once each, wherever the run is cut short."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyrage
import pytest
from sqlalchemy import event

from handlers.channels import calls
from models.base import db
from tests.handlers.channels.calls.desk import Desk


class CutShort(Exception):
    """The process is gone."""


@pytest.fixture
def out(desk: Desk) -> Path:
    return desk.stage.folder / "out" / "orders"


def send(desk: Desk, out: Path, keys: tuple[str, ...] = ()) -> int:
    return calls.send_orders(db.session, desk.centre.warehouse, out, desk.stage.now, keys)


def ordered(desk: Desk, people: int) -> list[int]:
    """So many customers said yes."""
    sids = []
    for _ in range(people):
        held = desk.take()
        desk.ask(held)
        desk.yes(held)
        desk.say(held, "success")
        sids.append(held.sid)
    return sids


def arrived(out: Path) -> list[dict[str, str]]:
    """What the order system reads: files whose manifest has come, checked against it."""
    lines: list[dict[str, str]] = []
    for manifest in sorted(out.glob("*.manifest.json")):
        told = json.loads(manifest.read_text())
        content = (out / told["file"]).read_bytes()
        found = list(csv.DictReader(io.StringIO(content.decode())))
        assert told["sha256"] == hashlib.sha256(content).hexdigest()
        assert told["rows"] == len(found)
        lines += found
    return lines


def test_what_was_confirmed_leaves_with_number_product_and_moment(desk: Desk, out: Path) -> None:
    sids = ordered(desk, 2)
    assert send(desk, out) == 2
    lines = arrived(out)
    assert [line["number"] for line in lines] == desk.centre.warehouse.numbers(np.array(sids))
    assert lines[0] | {"number": ""} == {
        "request_id": "Q1", "number": "", "product": "CRBT",
        "confirmed_at": "2026-03-02T09:00:00+08:00", "asked_by": "dujuan",
    }  # fmt: skip
    (name,) = {request.file for request in desk.requests()}
    assert name == "order-requests-20260302-1.csv"
    assert {request.state for request in desk.requests()} == {"sent"}
    assert (out / name).stat().st_mode & 0o777 == 0o600


def test_nothing_leaves_twice_and_nothing_unconfirmed(desk: Desk, out: Path) -> None:
    ordered(desk, 1)
    held = desk.take()
    desk.ask(held)
    assert [send(desk, out), send(desk, out)] == [1, 0]
    desk.yes(held)
    assert send(desk, out) == 1
    assert [line["request_id"] for line in arrived(out)] == ["Q1", "Q2"]
    assert sorted(path.suffix for path in out.iterdir() if path.name != ".lock") == [
        ".csv", ".csv", ".json", ".json",
    ]  # fmt: skip


def test_with_a_key_the_file_is_for_its_owner_alone(desk: Desk, out: Path) -> None:
    ordered(desk, 1)
    identity = pyrage.x25519.Identity.generate()
    send(desk, out, (str(identity.to_public()),))
    (sealed,) = out.glob("*.csv.age")
    assert b"number" not in sealed.read_bytes()
    assert b"request_id,number" in pyrage.decrypt(sealed.read_bytes(), [identity])


@contextmanager
def no_commit(out: Path) -> Iterator[None]:
    """The process ends before the transaction that marks the orders does."""

    def die(session: object) -> None:
        if left_on_the_desk(out):
            raise CutShort

    session = db.session()
    event.listen(session, "before_commit", die)
    try:
        with pytest.raises(CutShort):
            yield
    finally:
        event.remove(session, "before_commit", die)
        db.session.rollback()


@contextmanager
def in_the_way_of(path: Path) -> Iterator[None]:
    """Nothing can be put at this name."""
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        yield
    path.rmdir()
    db.session.rollback()


def left_on_the_desk(out: Path) -> list[str]:
    return sorted(path.name for path in out.glob("*.part"))


def test_cut_short_before_the_commit_it_never_happened(desk: Desk, out: Path) -> None:
    ordered(desk, 2)
    with no_commit(out):
        send(desk, out)
    assert len(left_on_the_desk(out)) == 2
    assert {request.state for request in desk.requests()} == {"confirmed"}
    assert_all_leave_once(desk, out)


def test_cut_short_after_the_commit_the_next_run_gives_the_files_their_names(desk: Desk, out: Path) -> None:
    ordered(desk, 2)
    out.mkdir(parents=True)
    with in_the_way_of(out / "order-requests-20260302-1.csv"):
        send(desk, out)
    assert len(left_on_the_desk(out)) == 2
    assert arrived(out) == []
    assert_all_leave_once(desk, out)


def test_cut_short_between_the_two_names_the_next_run_gives_the_other(desk: Desk, out: Path) -> None:
    ordered(desk, 2)
    out.mkdir(parents=True)
    with in_the_way_of(out / "order-requests-20260302-1.manifest.json"):
        send(desk, out)
    assert left_on_the_desk(out) == ["order-requests-20260302-1.manifest.json.part"]
    assert_all_leave_once(desk, out)


def test_a_manifest_cut_short_while_written_is_thrown_away(desk: Desk, out: Path) -> None:
    ordered(desk, 2)
    out.mkdir(parents=True)
    for name, content in (("order-requests-20260301-1.csv.part", "requ"), ("x.manifest.json.part", '{"fi')):
        (out / name).write_text(content)
    assert_all_leave_once(desk, out)


def assert_all_leave_once(desk: Desk, out: Path) -> None:
    """After the next run both orders have left, each in one file, and nothing is left lying."""
    send(desk, out)
    assert [line["request_id"] for line in arrived(out)] == ["Q1", "Q2"]
    assert {request.state for request in desk.requests()} == {"sent"}
    assert left_on_the_desk(out) == []
    assert send(desk, out) == 0


def test_a_customer_without_a_number_waits_for_one(desk: Desk, out: Path) -> None:
    ordered(desk, 1)
    (request,) = desk.requests()
    request.sid = desk.centre.warehouse.current().width + 5
    db.session.commit()
    assert send(desk, out) == 0
    assert desk.requests()[0].state == "confirmed"


def test_questions_nobody_answered_lapse_when_orders_leave(desk: Desk, out: Path) -> None:
    held = desk.take()
    desk.ask(held)
    desk.say(held, "success")
    desk.later(days=1)
    assert send(desk, out) == 0
    assert desk.contact(held).reason == "not_confirmed"
