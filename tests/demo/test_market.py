import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.market.choices import Season
from demo.market.ledger import Ledger
from demo.market.market import Market
from demo.market.replies import REASONS
from demo.market.truth import outcomes, true_lift_of_list
from demo.market.world import LOCAL, World
from tests.demo.outbox import all_numbers, leave_list

START = datetime(2026, 3, 2, 10, tzinfo=LOCAL)
Village = Callable[[str], Path]
Said = dict[str, list[dict[str, Any]]]


@contextmanager
def market(demo: Path) -> Iterator[tuple[Market, Said, list[str]]]:
    """The market of a world, what it says, and what it complains about."""
    said: Said = {}
    complaints: list[str] = []
    ledger = Ledger(demo)
    yield Market(World.open(demo), ledger, demo / "instance", complaints.append), said, complaints
    ledger.close()


def play(demo: Path, days: int = 31, first: datetime = START) -> Said:
    """Let days pass, stopping at every tenth hour."""
    with market(demo) as (place, said, _):
        for step in range(3 * days):
            now = first + timedelta(hours=8 * step)
            place.take_in(now)
            place.answer(now, lambda feed, items: said.setdefault(feed, []).extend(items))
            place.send_orders(now)
    return said


def orders(demo: Path) -> list[dict[str, str]]:
    """Rows of all order files, those sent again once."""
    rows: dict[str, dict[str, str]] = {}
    for path in sorted((demo / "instance" / "in").glob("orders-*.csv")):
        with path.open(encoding="utf-8") as file:
            rows.update({row["order_id"]: row for row in csv.DictReader(file)})
    return list(rows.values())


def buyers(demo: Path) -> set[str]:
    return {row["number"] for row in orders(demo) if not row["number"].startswith("151")}


def test_orders_are_exactly_the_outcomes_the_truth_tells(new_village: Village) -> None:
    demo = new_village("demo")
    numbers = all_numbers(demo)
    treated, control = numbers[:2000], numbers[2000:]
    leave_list(demo / "instance", demo, treated)
    world = World.open(demo)
    season = Season(campaign="HD-1", product="CRBT", start=START)
    play(demo)
    bought = buyers(demo)
    for group, arm in ((treated, 1), (control, 0)):
        indexes = world.indexes_of_numbers(group)
        expected = outcomes(world, indexes, season, "sms", np.zeros(indexes.size), 30)[arm]
        assert [number in bought for number in group] == expected.tolist()


@pytest.mark.parametrize("channel", ["sms", "call"])
def test_the_true_lift_of_the_lists_is_what_the_orders_show(new_village: Village, channel: str) -> None:
    played, alone = new_village("played"), new_village("alone")
    numbers = all_numbers(played)[:3000]
    for number, part in enumerate((numbers[:2000], numbers[1800:])):
        leave_list(played / "instance", played, part, work_order=f"RW-{number}", channel=channel)
    leave_list(alone / "instance", alone, ["15100000001"])
    for demo in (played, alone):
        play(demo)
    shown = len(buyers(played) & set(numbers)) - len(buyers(alone) & set(numbers))
    assert shown > 50
    assert true_lift_of_list(played, played / "instance", "HD-1") == pytest.approx(100 * shown / 3000)


def test_a_campaign_without_a_list_has_no_true_lift(new_village: Village) -> None:
    demo = new_village("demo")
    with pytest.raises(ValueError, match="HD-9"):
        true_lift_of_list(demo, demo / "instance", "HD-9")


def test_two_lists_in_any_order_bring_the_orders_of_one(new_village: Village) -> None:
    numbers = all_numbers(new_village("reference"))
    found = []
    for name, parts in (("one", [numbers[:600]]), ("two", [numbers[300:600], numbers[:300]])):
        demo = new_village(name)
        for number, part in enumerate(parts):
            leave_list(demo / "instance", demo, part, work_order=f"RW-{number}")
        play(demo)
        found.append(buyers(demo))
    assert found[0] == found[1]
    assert len(found[0]) > 20


def test_nobody_orders_what_he_has(new_village: Village) -> None:
    demo = new_village("demo")
    leave_list(demo / "instance", demo, all_numbers(demo), channel="call", end="2026-03-04T20:00:00+08:00")
    play(demo)
    world = World.open(demo)
    bought = world.indexes_of_numbers(sorted(buyers(demo)))
    assert bought.size > 300
    assert not world.has("CRBT", bought).any()


def test_a_later_campaign_of_the_product_finds_buyers_no_more(new_village: Village) -> None:
    demo = new_village("demo")
    leave_list(demo / "instance", demo, all_numbers(demo))
    play(demo)
    first = buyers(demo)
    late = "2026-04-20T10:00:00+08:00"
    leave_list(
        demo / "instance", demo, all_numbers(demo), work_order="RW-2", campaign="HD-2", start=late, end=late
    )
    play(demo, first=datetime.fromisoformat(late))
    rows = Counter(row["number"] for row in orders(demo) if not row["number"].startswith("151"))
    assert set(rows.values()) == {1}
    assert len(rows) > len(first)


def test_an_order_tells_no_campaign_and_its_file_fits_the_manifest(new_village: Village) -> None:
    demo = new_village("demo")
    leave_list(demo / "instance", demo, all_numbers(demo))
    play(demo, days=4)
    inbox = demo / "instance" / "in"
    manifests = sorted(inbox.glob("*.manifest.json"))
    assert manifests
    for manifest in manifests:
        known = json.loads(manifest.read_text())
        content = (inbox / known["file"]).read_bytes()
        assert sha256(content).hexdigest() == known["sha256"]
        lines = content.decode().splitlines()
        assert lines[0] == "order_id,number,product,ordered_at,via"
        assert len(lines) - 1 == known["rows"]
        assert b"HD-1" not in content
    assert not list(inbox.glob("*.part"))


def test_now_and_then_a_file_comes_twice(new_village: Village) -> None:
    demo = new_village("demo")
    leave_list(demo / "instance", demo, all_numbers(demo))
    play(demo)
    inbox = demo / "instance" / "in"
    again = sorted(inbox.glob("orders-*-2.csv"))
    assert 0 < len(again) < 10
    firsts = {path.read_bytes() for path in inbox.glob("orders-*-1.csv")}
    assert {path.read_bytes() for path in again} <= firsts


def test_every_message_gets_a_receipt_and_some_get_it_twice(new_village: Village) -> None:
    demo = new_village("demo")
    numbers = all_numbers(demo)
    leave_list(demo / "instance", demo, numbers)
    receipts = play(demo, days=3)["receipts"]
    by_key = Counter(receipt["key"] for receipt in receipts)
    assert len(by_key) == len(numbers)
    assert 1.001 < len(receipts) / len(numbers) < 1.01
    states = Counter(receipt["status"] for receipt in receipts)
    assert states["DELIVRD"] / len(receipts) == pytest.approx(0.96, abs=0.015)
    assert states["EXPIRED"] > 0
    assert all(len(key) <= 60 for key in by_key)
    sent = [receipt["message_id"] for receipt in receipts]
    assert sent != sorted(sent)
    assert all(datetime.fromisoformat(receipt["at"]) >= START for receipt in receipts)


def test_a_call_ends_with_one_result_a_reason_and_the_order_at_once(new_village: Village) -> None:
    demo = new_village("demo")
    numbers = all_numbers(demo)[:1500]
    leave_list(demo / "instance", demo, numbers, channel="call", end="2026-03-03T20:00:00+08:00")
    results = {result["key"]: result for result in play(demo, days=6)["call-results"]}.values()
    outcomes_ = Counter(result["outcome"] for result in results)
    assert sum(outcomes_.values()) == 1500
    assert 0.01 < outcomes_["not_reached"] / 1500 < 0.08
    assert {result["reason"] for result in results if result["outcome"] == "refuse"} <= set(REASONS)
    assert {result["reason"] for result in results if result["outcome"] != "refuse"} == {""}
    assert {result["attempt"] for result in results} == {1, 2, 3}
    hours = {datetime.fromisoformat(result["at"]).hour for result in results}
    assert hours <= set(range(9, 21))
    won = {result["contact_id"] for result in results if result["outcome"] == "success"}
    by_call = {row["number"] for row in orders(demo) if row["via"] == "call"}
    assert {numbers[int(contact.split("-")[-1])] for contact in won} == by_call - {
        row["number"] for row in orders(demo) if row["number"].startswith("151")
    }


def test_some_of_the_annoyed_refuse_further_messages(new_village: Village) -> None:
    demo = new_village("demo")
    numbers = all_numbers(demo)
    leave_list(demo / "instance", demo, numbers)
    said = play(demo, days=4)
    refused = said["opt-outs"]
    assert 2 < len(refused) < 0.02 * len(numbers)
    assert {refusal["text"] for refusal in refused} <= {"TD", "td", "退订"}
    world = World.open(demo)
    indexes = world.indexes_of_numbers([refusal["number"] for refusal in refused])
    assert world.column("annoy", indexes[indexes >= 0]).mean() > 0.3
    assert all(complaint["channel"] == "sms" for complaint in said.get("complaints", []))


def test_an_unknown_number_gets_no_message(new_village: Village) -> None:
    demo = new_village("demo")
    leave_list(demo / "instance", demo, ["15100000001", all_numbers(demo)[0]])
    receipts = play(demo, days=3)["receipts"]
    assert next(r for r in receipts if r["message_id"] == "RW-1-00000")["status"] == "UNDELIV"


def test_a_list_without_its_manifest_is_not_there_yet(new_village: Village) -> None:
    demo = new_village("demo")
    manifest = leave_list(demo / "instance", demo, all_numbers(demo)[:10])
    manifest.rename(manifest.with_suffix(".waiting"))
    with market(demo) as (place, _, _):
        assert place.take_in(START) == 0


def test_a_list_that_does_not_fit_its_manifest_is_refused(new_village: Village) -> None:
    demo = new_village("demo")
    manifest = leave_list(demo / "instance", demo, all_numbers(demo)[:10])
    manifest.write_text(manifest.read_text().replace('"rows": 10', '"rows": 11'))
    with market(demo) as (place, _, complaints):
        assert place.take_in(START) == 0
        assert place.take_in(START) == 0
    assert len(complaints) == 1
    assert "11" in complaints[0]


def test_a_list_is_answered_when_its_time_has_come(new_village: Village) -> None:
    demo = new_village("demo")
    leave_list(demo / "instance", demo, all_numbers(demo)[:100], start="2026-03-05", end=None)
    with market(demo) as (place, said, _):
        assert place.take_in(START) == 1
        assert place.answer(START, lambda feed, items: None) == 0
        due = place.next_due()
        assert due is not None
        assert due >= datetime(2026, 3, 5, 9, tzinfo=LOCAL)
        place.answer(due + timedelta(hours=3), lambda feed, items: said.setdefault(feed, []).extend(items))
        assert len(said["receipts"]) > 90


def test_a_market_started_again_repeats_nothing(new_village: Village) -> None:
    whole, cut = new_village("whole"), new_village("cut")
    for demo in (whole, cut):
        leave_list(demo / "instance", demo, all_numbers(demo)[:800])
    uninterrupted = play(whole, days=4)
    first = play(cut, days=1)
    second = play(cut, days=3, first=START + timedelta(days=1))
    joined = {feed: first.get(feed, []) + second.get(feed, []) for feed in uninterrupted}
    assert {feed: sorted(map(str, items)) for feed, items in joined.items()} == {
        feed: sorted(map(str, items)) for feed, items in uninterrupted.items()
    }
    assert orders(whole) == orders(cut)
