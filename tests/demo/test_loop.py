from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Timer

import pytest

from demo.market.book import Book, Delivery
from demo.market.ledger import Ledger
from demo.market.loop import Outside, next_step, play
from demo.market.market import Market
from demo.market.product import Clock, NoAnswer, Product, Refusal
from demo.market.world import LOCAL, World
from tests.demo.fake_product import FakeProduct, give_token, serving
from tests.demo.outbox import accept, all_numbers, announce, send

MONDAY = datetime(2026, 3, 2, 9, tzinfo=LOCAL)
CLOCK = Clock(now=MONDAY, wished=MONDAY + timedelta(days=3), idle=True, due=0, next_due=None)
EIGHT = datetime(2026, 3, 3, 8, tzinfo=LOCAL)


def test_with_nothing_due_the_next_step_is_eight_in_the_morning() -> None:
    assert next_step(CLOCK, None) == EIGHT
    assert next_step(replace(CLOCK, now=EIGHT), None) == EIGHT + timedelta(days=1)


def test_the_clock_never_passes_the_moment_wished_for() -> None:
    wished = MONDAY + timedelta(minutes=20)
    assert next_step(replace(CLOCK, wished=wished), MONDAY + timedelta(minutes=50)) == wished


def test_the_full_hour_by_which_something_is_due_is_a_step() -> None:
    assert next_step(CLOCK, MONDAY + timedelta(minutes=70)) == MONDAY + timedelta(hours=2)
    assert next_step(CLOCK, MONDAY + timedelta(hours=2)) == MONDAY + timedelta(hours=2)
    assert next_step(replace(CLOCK, next_due=MONDAY + timedelta(hours=3)), None) == MONDAY + timedelta(
        hours=3
    )


def test_call_agents_who_have_more_to_call_look_again_at_the_full_hour() -> None:
    assert next_step(CLOCK, None, MONDAY) == MONDAY + timedelta(hours=1)
    assert next_step(CLOCK, None, MONDAY + timedelta(hours=4)) == MONDAY + timedelta(hours=4)


def test_work_of_the_product_is_looked_after_hourly() -> None:
    assert next_step(replace(CLOCK, due=1), None) == MONDAY + timedelta(hours=1)


@dataclass
class Courier:
    """In the place of the centre: whatever is due is taken at once, or not at all."""

    book: Book
    has_takers: bool = True
    brought: list[Delivery] = field(default_factory=list)
    expected: list[datetime] = field(default_factory=list)

    def expect(self, moment: datetime) -> None:
        self.expected.append(moment)

    def tell(self, now: datetime) -> None:
        due = self.book.due(now, 100_000) if self.has_takers else []
        self.brought += [delivery for _, delivery in due]
        self.book.note_delivered([key for key, _ in due])


@dataclass
class Callers:
    """In the place of the call agents: make what they are told to, hour by hour."""

    hours: dict[datetime, int] = field(default_factory=dict)

    def work(self, now: datetime) -> int:
        return self.hours.pop(now, 0)

    def next_look(self, now: datetime) -> datetime | None:
        return min(self.hours, default=None)


@dataclass
class Around:
    """All a test of time needs."""

    outside: Outside
    product: Product
    courier: Courier
    ledger: Ledger
    told: list[str] = field(default_factory=list)

    def play(self, stop: Event | None = None, until_idle: bool = True) -> None:
        play(self.outside, self.product, stop or Event(), until_idle, self.told.append)


@contextmanager
def around(demo: Path, fake: FakeProduct, callers: Callers | None = None) -> Iterator[Around]:
    """The outside world around a product."""
    instance = demo / "instance"
    give_token(instance)
    ledger = Ledger(demo)
    market, courier = Market(World.open(demo), ledger, instance), Courier(Book(ledger))
    product = Product(fake.url, instance / "keys" / "intake_token")
    outside = Outside(market=market, centre=courier, callers=callers or Callers())
    yield Around(outside, product, courier, ledger)
    ledger.close()


def test_days_pass_and_the_product_hears_everything(new_village: Callable[[str], Path]) -> None:
    demo = new_village("demo")
    given = send(demo, all_numbers(demo)[:1200], at=MONDAY)
    with (
        serving(FakeProduct(now=MONDAY, wished=MONDAY + timedelta(days=3), trouble=2)) as fake,
        around(demo, fake) as world,
    ):
        world.play()
        receipts = {delivery.centre_id for delivery in world.courier.brought if delivery.status}
    assert fake.now == fake.wished
    assert fake.moves == sorted(fake.moves)
    assert set(given) <= receipts
    assert {moment.astimezone(LOCAL).date().day for moment in fake.moves} == {2, 3, 4, 5}
    assert list((demo / "instance" / "in").glob("orders-20260305-1.manifest.json"))
    assert world.told == []


def test_a_clock_without_a_wish_stands_still(new_village: Callable[[str], Path]) -> None:
    with serving(FakeProduct(now=MONDAY, wished=None)) as fake, around(new_village("demo"), fake) as world:
        world.play()
    assert fake.moves == []


def test_nothing_is_said_before_its_time(new_village: Callable[[str], Path]) -> None:
    demo = new_village("demo")
    send(demo, all_numbers(demo)[:300], at=MONDAY + timedelta(seconds=30))
    with serving(FakeProduct(now=MONDAY, wished=MONDAY)) as fake, around(demo, fake) as world:
        world.play()
    assert world.courier.brought == []
    assert fake.feeds == {}
    assert fake.moves == []


def test_what_the_centre_accepted_is_decided_before_the_clock_moves(
    new_village: Callable[[str], Path],
) -> None:
    demo = new_village("demo")
    service = announce(demo / "instance")
    numbers = all_numbers(demo)[:300]
    with (
        serving(FakeProduct(now=MONDAY, wished=MONDAY + timedelta(hours=5))) as fake,
        around(demo, fake) as world,
    ):
        accept(demo, service, numbers, at=MONDAY)
        world.play()
        assert world.courier.brought[0].due < (MONDAY + timedelta(hours=1)).timestamp()
    assert fake.moves[0] == MONDAY + timedelta(hours=1)
    assert world.courier.expected == fake.moves, "the centre knows of each move before the product does"


def test_calls_are_made_hour_by_hour_while_there_are_any(new_village: Callable[[str], Path]) -> None:
    hours = {MONDAY + timedelta(hours=hour): 40 for hour in (0, 3)}
    with (
        serving(FakeProduct(now=MONDAY, wished=MONDAY + timedelta(hours=9))) as fake,
        around(new_village("demo"), fake, Callers(hours)) as world,
    ):
        world.play()
    assert fake.moves == [MONDAY + timedelta(hours=3), MONDAY + timedelta(hours=9)]
    assert hours == {}


def test_the_market_goes_on_until_it_is_told_to_stop(new_village: Callable[[str], Path]) -> None:
    stop = Event()
    with (
        serving(FakeProduct(now=MONDAY, wished=MONDAY + timedelta(days=1))) as fake,
        around(new_village("demo"), fake) as world,
    ):
        timer = Timer(0.5, stop.set)
        timer.start()
        world.play(stop, until_idle=False)
        timer.join()
    assert fake.now == fake.wished


def test_what_nobody_takes_waits_and_is_told_of(new_village: Callable[[str], Path]) -> None:
    demo = new_village("demo")
    send(demo, all_numbers(demo)[:20], at=MONDAY - timedelta(hours=1))
    with serving(FakeProduct(now=MONDAY, wished=MONDAY)) as fake, around(demo, fake) as world:
        world.courier.has_takers = False
        play(replace(world.outside, patience=0.2), world.product, Event(), True, world.told.append)
        owed = world.outside.market.owes(MONDAY)
    assert owed >= 15
    assert any("nobody takes" in line for line in world.told)


def test_without_the_token_the_product_refuses(new_village: Callable[[str], Path]) -> None:
    with serving(FakeProduct(now=MONDAY, wished=MONDAY)) as fake:
        product = Product(fake.url, new_village("demo") / "no-such-file")
        with pytest.raises(Refusal, match="401"):
            product.post("receipts", [])


def test_a_product_that_is_not_there_is_given_up_on(tmp_path: Path) -> None:
    product = Product("http://127.0.0.1:9", tmp_path / "token", tries=2)
    with pytest.raises(NoAnswer):
        product.clock()


def test_only_http_addresses_are_spoken_to(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="HTTP"):
        Product("file:///etc/hostname", tmp_path)
