import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.market.announcements import Announcements
from demo.market.book import Book, Delivery, Submitted
from demo.market.choices import Season
from demo.market.ledger import Ledger
from demo.market.market import Market
from demo.market.replies import early_receipts
from demo.market.truth import outcomes, true_lift_of_list
from demo.market.world import LOCAL, World
from demo.province.streams import Ints
from tests.demo.outbox import MONDAY as START
from tests.demo.outbox import accept, all_numbers, announce, send

Village = Callable[[str], Path]


@dataclass
class Said:
    """What the product would hear: over HTTP by feed, and over the wire."""

    feeds: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    wire: list[Delivery] = field(default_factory=list)

    def post(self, feed: str, items: list[dict[str, object]]) -> None:
        self.feeds.setdefault(feed, []).extend(items)

    @property
    def receipts(self) -> list[Delivery]:
        return [delivery for delivery in self.wire if delivery.status]

    @property
    def words(self) -> list[Delivery]:
        return [delivery for delivery in self.wire if not delivery.status]


@contextmanager
def market(demo: Path) -> Iterator[tuple[Market, Book]]:
    """The market of a world, and the book of its centre."""
    ledger = Ledger(demo)
    yield Market(World.open(demo), ledger, demo / "instance"), Book(ledger)
    ledger.close()


def hear(place: Market, book: Book, now: datetime, said: Said) -> None:
    """All that is due now is taken."""
    place.take_in(now)
    place.answer(now, said.post)
    for key, delivery in book.due(now, 100_000):
        said.wire.append(delivery)
        book.note_delivered([key])
    place.send_orders(now)


def play(demo: Path, days: int = 31, first: datetime = START) -> Said:
    """Let days pass, stopping at every eighth hour."""
    said = Said()
    with market(demo) as (place, book):
        for step in range(3 * days):
            hear(place, book, first + timedelta(hours=8 * step), said)
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
    send(demo, treated)
    world = World.open(demo)
    season = Season(campaign="HD-1", product="CRBT", start=START)
    play(demo)
    bought = buyers(demo)
    for group, arm in ((treated, 1), (control, 0)):
        indexes = world.indexes_of_numbers(group)
        expected = outcomes(world, indexes, season, "sms", np.zeros(indexes.size), 30)[arm]
        assert [number in bought for number in group] == expected.tolist()


def test_the_true_lift_of_the_lists_is_what_the_orders_show(new_village: Village) -> None:
    played, alone = new_village("played"), new_village("alone")
    numbers = all_numbers(played)[:3000]
    for number, part in enumerate((numbers[:2000], numbers[1800:])):
        send(played, part, work_order=f"RW-{number}")
    send(alone, ["15100000001"])
    for demo in (played, alone):
        play(demo)
    shown = len(buyers(played) & set(numbers)) - len(buyers(alone) & set(numbers))
    assert shown > 50
    assert true_lift_of_list(played, "HD-1", "CRBT") == pytest.approx(100 * shown / 3000)


def test_a_campaign_that_met_nobody_has_no_true_lift(new_village: Village) -> None:
    with pytest.raises(ValueError, match="HD-9"):
        true_lift_of_list(new_village("demo"), "HD-9", "CRBT")


def test_a_list_accepted_bit_by_bit_brings_the_orders_of_one(new_village: Village) -> None:
    numbers = all_numbers(new_village("reference"))
    found = []
    for name, parts in (("one", [numbers[:600]]), ("two", [numbers[300:600], numbers[:300]])):
        demo = new_village(name)
        service = announce(demo / "instance")
        with market(demo) as (place, _):
            for part in parts:
                accept(demo, service, part)
                assert place.take_in(START) == len(part)
        play(demo)
        found.append(buyers(demo))
    assert found[0] == found[1]
    assert len(found[0]) > 20


def test_nobody_orders_what_he_has(new_village: Village) -> None:
    demo = new_village("demo")
    send(demo, all_numbers(demo))
    play(demo)
    world = World.open(demo)
    bought = world.indexes_of_numbers(sorted(buyers(demo)))
    assert bought.size > 120
    assert not world.has("CRBT", bought).any()


def test_a_later_campaign_of_the_product_finds_buyers_no_more(new_village: Village) -> None:
    demo = new_village("demo")
    send(demo, all_numbers(demo))
    play(demo)
    first = buyers(demo)
    late = datetime(2026, 4, 20, 10, tzinfo=LOCAL)
    send(demo, all_numbers(demo), at=late, work_order="RW-2", campaign="HD-2", start=late.isoformat())
    play(demo, first=late)
    rows = Counter(row["number"] for row in orders(demo) if not row["number"].startswith("151"))
    assert set(rows.values()) == {1}
    assert len(rows) > len(first)


def test_an_order_tells_no_campaign_and_its_file_fits_the_manifest(new_village: Village) -> None:
    demo = new_village("demo")
    send(demo, all_numbers(demo))
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
    send(demo, all_numbers(demo))
    play(demo)
    inbox = demo / "instance" / "in"
    again = sorted(inbox.glob("orders-*-2.csv"))
    assert 0 < len(again) < 10
    firsts = {path.read_bytes() for path in inbox.glob("orders-*-1.csv")}
    assert {path.read_bytes() for path in again} <= firsts


def test_every_message_gets_a_receipt_some_twice_and_one_or_two_are_for_nobody(new_village: Village) -> None:
    demo = new_village("demo")
    given = send(demo, all_numbers(demo))
    receipts = play(demo, days=3).receipts
    times = Counter(receipt.centre_id for receipt in receipts)
    assert set(given) <= set(times)
    astray = [receipt for receipt in receipts if receipt.centre_id not in set(given)]
    assert 1 <= len(astray) <= 8
    assert all(receipt.number.startswith("151") for receipt in astray)
    assert 1.001 < sum(times[one] for one in given) / len(given) < 1.01
    states = Counter(receipt.status for receipt in receipts)
    assert states["DELIVRD"] / len(receipts) == pytest.approx(0.96, abs=0.015)
    assert states["EXPIRED"] > 0
    in_order = [receipt.centre_id for receipt in receipts if receipt.centre_id in set(given)]
    assert in_order != sorted(in_order)
    assert all(receipt.due >= START.timestamp() for receipt in receipts)


def test_a_receipt_that_went_before_the_answer_is_not_sent_again(new_village: Village) -> None:
    demo = new_village("demo")
    numbers = all_numbers(demo)
    service = announce(demo / "instance")
    parts = [
        Submitted(service=service, number=number, sender="10086", text="您好", wants_receipt=True)
        for number in numbers
    ]
    early = early_receipts(World.open(demo), Announcements(demo / "instance"), parts, START)
    assert 2 <= sum(map(bool, early)) < 0.01 * len(numbers)
    with market(demo) as (place, book):
        hasty = [given for given, receipt in book.accept(parts, START, early) if receipt is not None]
        place.take_in(START)
        times = Counter(d.centre_id for _, d in book.due(START + timedelta(days=3), 100_000))
    assert [times[given] for given in hasty] <= [2] * len(hasty)
    statuses = {d.centre_id: d.status for _, d in book_due(demo)}
    assert [statuses[given] for given in hasty] == [status for status in early if status]


def book_due(demo: Path) -> list[tuple[int, Delivery]]:
    """What the centre of a world still has to bring, ever."""
    with market(demo) as (_, book):
        return book.due(START + timedelta(days=99), 100_000)


def test_a_message_of_no_work_order_has_no_hasty_receipt(new_village: Village) -> None:
    demo = new_village("demo")
    part = Submitted(
        service="ZZ", number=all_numbers(demo)[0], sender="10086", text="您好", wants_receipt=True
    )
    assert early_receipts(World.open(demo), Announcements(demo / "instance"), [part], START) == [""]


def test_some_of_the_annoyed_refuse_further_messages_in_words(new_village: Village) -> None:
    demo = new_village("demo")
    numbers = all_numbers(demo)
    send(demo, numbers)
    said = play(demo, days=4)
    refused = [word for word in said.words if word.text != "KTCL"]
    assert 2 < len(refused) < 0.02 * len(numbers)
    assert {word.text for word in refused} <= {"TD", "td", "退订"}
    world = World.open(demo)
    indexes = world.indexes_of_numbers([word.number for word in refused])
    assert world.column("annoy", indexes[indexes >= 0]).mean() > 0.3
    assert all(complaint["channel"] == "sms" for complaint in said.feeds.get("complaints", []))


def test_who_orders_within_the_day_writes_the_word_of_the_message(new_village: Village) -> None:
    demo = new_village("demo")
    send(demo, all_numbers(demo))
    said = play(demo)
    wrote = {word.number for word in said.words if word.text == "KTCL"}
    by_sms = {row["number"] for row in orders(demo) if row["via"] == "sms"}
    assert len(wrote) > 10
    assert wrote < by_sms
    for word in said.words:
        assert word.due < START.timestamp() + 86_400 + 10


def test_nothing_is_ordered_by_word_where_a_product_has_none(new_village: Village) -> None:
    demo = new_village("demo")
    send(demo, all_numbers(demo), product="TONE")
    assert {word.text for word in play(demo, days=2).words} <= {"TD", "td", "退订"}


def test_an_unknown_number_gets_no_message(new_village: Village) -> None:
    demo = new_village("demo")
    given = send(demo, ["15100000001", all_numbers(demo)[0]])
    receipts = play(demo, days=3).receipts
    assert next(receipt for receipt in receipts if receipt.centre_id == given[0]).status == "UNDELIV"


def test_a_message_accepted_twice_is_received_for_twice_and_asks_once(new_village: Village) -> None:
    once, twice = new_village("once"), new_village("twice")
    numbers = all_numbers(once)[:800]
    send(once, numbers)
    given = send(twice, numbers) + accept(twice, "1", numbers[:100], at=START + timedelta(minutes=1))
    said = play(twice)
    play(once)
    assert {receipt.centre_id for receipt in said.receipts} >= set(given)
    assert buyers(once) == buyers(twice)
    assert Counter(word.number for word in said.words).most_common(1)[0][1] == 1
    with market(twice) as (_, book):
        assert Counter(book.accepted_per_number("1").values()) == {1: 700, 2: 100}


def test_half_a_message_asks_nobody_and_still_gets_its_receipt(new_village: Village) -> None:
    demo = new_village("demo")
    numbers = all_numbers(demo)[:500]
    service = announce(demo / "instance")
    halves = [
        Submitted(service=service, number=number, sender="10086", text="您好", wants_receipt=True,
                  reference=3, total=2, place=1)
        for number in numbers
    ]  # fmt: skip
    with market(demo) as (place, book):
        book.accept(halves, START, [""] * 500)
        assert place.take_in(START) == 0
        assert place.take_in(START + timedelta(hours=2)) == 500
    said = play(demo, days=2)
    assert len({receipt.centre_id for receipt in said.receipts}) >= 500
    assert said.words == []


def test_whoever_is_asked_about_an_order_nobody_spoke_of_says_nothing(new_village: Village) -> None:
    demo = new_village("demo")
    numbers = all_numbers(demo)[:50]
    given = accept(
        demo, "", numbers, text="您同意开通彩铃（5元/月）吗？回复「是」确认，不回复不开通。【东屿移动】"
    )
    said = play(demo, days=1)
    assert {receipt.centre_id for receipt in said.receipts} == set(given)
    assert said.words == []


def test_a_customer_a_visitor_called_says_yes_if_a_talk_wins_him(new_village: Village) -> None:
    demo = new_village("demo")
    announce(demo / "instance", work_order="RW-7", channel="call", products=("MBOX",))
    numbers = all_numbers(demo)[:800]
    text = "您同意开通彩铃音乐盒（1元/月）吗？回复「是」确认，不回复不开通。【东屿移动】"
    accept(demo, "", numbers, text=text)
    said = play(demo, days=1)
    assert {word.text for word in said.words} == {"是"}
    yes = indexes_of(demo, [word.number for word in said.words])
    season = Season(campaign="HD-1", product="MBOX", start=START)
    everybody = indexes_of(demo, numbers)
    _, asked = outcomes(World.open(demo), everybody, season, "call", np.zeros(everybody.size), 30)
    assert set(yes.tolist()) <= set(everybody[asked].tolist())
    assert len(yes) > 0.5 * asked.sum()


def indexes_of(demo: Path, numbers: list[str]) -> Ints:
    return World.open(demo).indexes_of_numbers(numbers)


def leave_order_file(demo: Path, numbers: list[str], product: str) -> None:
    """What the product's call desk leaves when customers have said yes."""
    folder = demo / "instance" / "out" / "orders"
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"Q{row},{number},{product},{START.isoformat()},dujuan" for row, number in enumerate(numbers, 1)]
    text = "\n".join(["request_id,number,product,confirmed_at,asked_by", *rows]) + "\n"
    (folder / "order-requests-20260302-1.csv").write_text(text, encoding="utf-8")
    (folder / "order-requests-20260302-1.manifest.json").write_text(json.dumps({
        "file": "order-requests-20260302-1.csv", "rows": len(rows), "day": "2026-03-02",
        "sha256": sha256(text.encode()).hexdigest(),
    }))  # fmt: skip


def test_an_order_made_in_a_talk_is_carried_out_once_and_told_the_next_morning(new_village: Village) -> None:
    demo = new_village("demo")
    announce(demo / "instance", work_order="RW-7", channel="call", products=("MBOX",))
    numbers = all_numbers(demo)[:3]
    world = World.open(demo)
    with market(demo) as (place, _):
        place.take_in(START)
        ledger = Ledger(demo)
        for customer in world.indexes_of_numbers(numbers[:2]).tolist():
            ledger.wish(customer, "MBOX", 1)
        ledger.close()
        leave_order_file(demo, numbers, "MBOX")
        assert place.take_in(START) == 1
        assert place.take_in(START) == 0
    play(demo, days=4)
    by_call = [row for row in orders(demo) if row["via"] == "call"]
    assert {row["number"] for row in by_call} == set(numbers[:2])
    assert {row["ordered_at"] for row in by_call} == {START.isoformat()}


def test_a_messages_answers_come_in_their_time(new_village: Village) -> None:
    demo = new_village("demo")
    at = datetime(2026, 3, 5, 9, tzinfo=LOCAL)
    send(demo, all_numbers(demo)[:100], start="2026-03-05", at=at)
    with market(demo) as (place, book):
        place.take_in(at)
        assert place.owes(at) < 5
        due = place.next_due(at)
        assert due is not None
        assert due >= at
        assert len(book.due(due + timedelta(hours=3), 1000)) > 90


def test_a_market_started_again_repeats_nothing(new_village: Village) -> None:
    whole, cut = new_village("whole"), new_village("cut")
    for demo in (whole, cut):
        send(demo, all_numbers(demo)[:800])
    uninterrupted = play(whole, days=4)
    first = play(cut, days=1)
    second = play(cut, days=3, first=START + timedelta(days=1))
    assert plain(first.wire + second.wire) == plain(uninterrupted.wire)
    joined = {feed: first.feeds.get(feed, []) + second.feeds.get(feed, []) for feed in uninterrupted.feeds}
    assert {feed: sorted(map(str, items)) for feed, items in joined.items()} == {
        feed: sorted(map(str, items)) for feed, items in uninterrupted.feeds.items()
    }
    assert orders(whole) == orders(cut)


def plain(deliveries: list[Delivery]) -> list[tuple[int, str, str, str]]:
    """What was brought, without the ids, which are each centre's own."""
    return sorted((d.due, d.number, d.text, d.status) for d in deliveries)
