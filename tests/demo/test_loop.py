from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Timer

import pytest

from demo.market.ledger import Ledger
from demo.market.loop import next_step, play
from demo.market.market import Market
from demo.market.product import Clock, NoAnswer, Product, Refusal
from demo.market.world import LOCAL, World
from tests.demo.fake_product import FakeProduct, give_token, serving
from tests.demo.outbox import all_numbers, leave_list

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


def test_work_of_the_product_is_looked_after_hourly() -> None:
    assert next_step(replace(CLOCK, due=1), None) == MONDAY + timedelta(hours=1)


def outside(demo: Path, fake: FakeProduct) -> tuple[Market, Product, Ledger]:
    instance = demo / "instance"
    give_token(instance)
    ledger = Ledger(demo)
    market = Market(World.open(demo), ledger, instance, pytest.fail)
    return market, Product(fake.url, instance / "keys" / "intake_token"), ledger


def test_days_pass_and_the_product_hears_everything(new_village: Callable[[str], Path]) -> None:
    demo = new_village("demo")
    numbers = all_numbers(demo)[:1200]
    leave_list(demo / "instance", demo, numbers)
    with serving(FakeProduct(now=MONDAY, wished=MONDAY + timedelta(days=3), trouble=2)) as fake:
        market, product, ledger = outside(demo, fake)
        play(market, product, Event(), True, pytest.fail)
        ledger.close()
    assert fake.now == fake.wished
    assert fake.moves == sorted(fake.moves)
    assert len({receipt["message_id"] for receipt in fake.feeds["receipts"]}) == 1200
    assert {moment.astimezone(LOCAL).date().day for moment in fake.moves} == {2, 3, 4, 5}
    assert list((demo / "instance" / "in").glob("orders-20260305-1.manifest.json"))


def test_a_clock_without_a_wish_stands_still(new_village: Callable[[str], Path]) -> None:
    with serving(FakeProduct(now=MONDAY, wished=None)) as fake:
        market, product, ledger = outside(new_village("demo"), fake)
        play(market, product, Event(), True, pytest.fail)
        ledger.close()
    assert fake.moves == []


def test_nothing_is_said_before_its_time(new_village: Callable[[str], Path]) -> None:
    demo = new_village("demo")
    leave_list(demo / "instance", demo, all_numbers(demo)[:300])
    with serving(FakeProduct(now=MONDAY, wished=MONDAY)) as fake:
        market, product, ledger = outside(demo, fake)
        play(market, product, Event(), True, pytest.fail)
        ledger.close()
    assert fake.feeds == {}
    assert fake.moves == []


def test_the_market_goes_on_until_it_is_told_to_stop(new_village: Callable[[str], Path]) -> None:
    demo = new_village("demo")
    stop = Event()
    with serving(FakeProduct(now=MONDAY, wished=MONDAY + timedelta(days=1))) as fake:
        market, product, ledger = outside(demo, fake)
        timer = Timer(0.5, stop.set)
        timer.start()
        play(market, product, stop, False, pytest.fail)
        timer.join()
        ledger.close()
    assert fake.now == fake.wished


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
