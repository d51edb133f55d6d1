"""Answers by file: read when announced, held to the manifest, each line once, bad lines listed."""

from datetime import UTC, datetime

import pytest

from app.intake.files import read_waiting_files
from models.base import db
from models.process import MessageWait
from tests.app.intake.conftest import Door
from tests.app.intake.drop import ORDERS, files, kept, order, put
from tests.factories import rows


def read(door: Door) -> int:
    return read_waiting_files(door.inbox)


def test_orders_are_kept_and_the_file_is_put_away(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5) + order(door, "A2", 6))
    assert read(door) == 1
    assert [(o.key, o.sid, o.product, o.channel, o.state) for o in kept()] == [
        ("A1", 5, "CRBT", "sms", "new"),
        ("A2", 6, "CRBT", "sms", "new"),
    ]
    assert kept()[0].occurred_at == datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
    (file,) = files()
    assert (file.promised, file.accepted, file.repeated, file.refused) == (2, 2, 0, [])
    assert sorted(p.name for p in (door.inbox / "done").iterdir()) == [
        "orders-20260305-1.csv",
        "orders-20260305-1.manifest.json",
    ]
    assert read(door) == 0


def test_a_file_without_its_manifest_is_still_being_written(door: Door) -> None:
    (door.inbox / "orders-20260305-1.csv").write_text(ORDERS + order(door, "A1", 5))
    assert read(door) == 0
    assert kept() == []


def test_where_nobody_has_put_anything_there_is_nothing_to_read(door: Door) -> None:
    door.inbox.rmdir()
    assert read(door) == 0


def test_a_file_that_differs_from_its_manifest_is_set_aside_and_remembered(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5), sha256="0" * 64)
    read(door)
    assert kept() == []
    (file,) = files()
    assert (file.accepted, file.digest) == (0, "")
    assert "differs" in file.refused[0]["message"] % file.refused[0]["fields"]
    assert len(list((door.inbox / "refused").iterdir())) == 2


def test_a_manifest_without_its_file_is_set_aside(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS)
    (door.inbox / "orders-20260305-1.csv").unlink()
    read(door)
    assert "not there" in files()[0].refused[0]["message"]
    assert [p.name for p in (door.inbox / "refused").iterdir()] == ["orders-20260305-1.manifest.json"]


def test_a_file_sent_again_rightly_replaces_what_was_known_of_it(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5), sha256="0" * 64)
    read(door)
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5))
    read(door)
    (file,) = files()
    assert (file.accepted, file.refused) == (1, [])


def test_an_order_that_comes_in_two_files_is_kept_once(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5))
    put(door, "orders-20260305-2.csv", ORDERS + order(door, "A1", 5) + order(door, "A2", 6))
    assert read(door) == 2
    assert [(o.key, o.repeats) for o in kept()] == [("A1", 1), ("A2", 0)]
    assert [(f.accepted, f.repeated) for f in files()] == [(1, 0), (1, 1)]


@pytest.mark.parametrize(
    "bad",
    [
        {"at": "2026-03-05 noon"},
        {"at": "2026-03-05T12:00:00"},
        {"number": ""},
        {"product": ""},
    ],
)
def test_a_bad_line_is_listed_and_the_good_ones_count(door: Door, bad: dict[str, str]) -> None:
    text = ORDERS + order(door, "A1", 5) + order(door, "A2", 6, **bad) + order(door, "A3", 8)
    put(door, "orders-20260305-1.csv", text)
    read(door)
    assert [o.key for o in kept()] == ["A1", "A3"]
    (file,) = files()
    assert [refused["line"] for refused in file.refused] == [3]
    assert (file.promised, file.accepted) == (3, 2)


def test_an_order_by_a_number_that_is_nobody_is_kept_as_unknown(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5, number="13900000000"))
    read(door)
    assert [(o.sid, o.state) for o in kept()] == [(None, "unknown")]


def test_campaigns_of_these_products_that_wait_are_told(door: Door) -> None:
    rows.handed_in(door.campaign, "draft_campaign", "submit")
    process = door.campaign.process
    assert process is not None
    db.session.add(
        MessageWait(process_id=process.id, token="-", name="answers_in", correlation=str(door.campaign.id))
    )
    db.session.commit()
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5, product="CLUB"))
    read(door)
    assert door.engine.heard == []
    put(door, "orders-20260305-2.csv", ORDERS + order(door, "A2", 5))
    read(door)
    assert door.engine.heard == [("answers_in", str(door.campaign.id))]


def test_an_order_kept_today_is_found_by_the_campaigns_matching(door: Door) -> None:
    someone = rows.contacts_of(door.campaign)[0].sid
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", someone))
    read(door)
    assert door.stage.run("feedback.match_orders", campaign_id=door.campaign.id) == {"orders": 1}


def test_a_manifest_that_cannot_be_read_does_not_keep_the_next_file_waiting(door: Door) -> None:
    (door.inbox / "orders-20260301-1.manifest.json").write_text("{ not json")
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5))
    assert read(door) == 2
    assert [o.key for o in kept()] == ["A1"]
    assert (door.inbox / "refused" / "orders-20260301-1.manifest.json").exists()


def test_a_file_cut_short_is_set_aside(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS + order(door, "A1", 5), rows=2)
    read(door)
    assert kept() == []
    assert (door.inbox / "refused" / "orders-20260305-1.csv").exists()


def test_a_manifest_cannot_name_a_file_elsewhere(door: Door) -> None:
    put(door, "orders-20260305-1.csv", ORDERS, file="../keys/secret")
    read(door)
    assert [p.name for p in (door.inbox / "refused").iterdir()] == ["orders-20260305-1.manifest.json"]
