from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.market.agents import PER_HOUR, VISITORS, CallAgents
from demo.market.announcements import Announcements
from demo.market.choices import Season, answered_try
from demo.market.ledger import Ledger
from demo.market.market import Market
from demo.market.talks import REASONS, SILENCES, Talks
from demo.market.truth import outcomes
from demo.market.world import LOCAL, World
from demo.office.staff import CALL_AGENTS
from tests.demo.fake_desk import PAUSE
from tests.demo.fake_product import FakeProduct, serving
from tests.demo.outbox import all_numbers, announce

NINE = datetime(2026, 3, 2, 9, tzinfo=LOCAL)
Village = Callable[[str], Path]


@contextmanager
def call_centre(demo: Path, numbers: list[str]) -> Iterator[tuple[FakeProduct, CallAgents]]:
    """A product with a call list, and the agents who work it."""
    announce(demo / "instance", work_order="RW-7", channel="call", products=("MBOX",), start="2026-03-02")
    world, ledger = World.open(demo), Ledger(demo)
    Market(world, ledger, demo / "instance").take_in(NINE)
    ledger.close()
    with serving(FakeProduct(now=NINE, wished=None)) as product:
        product.desk.open(numbers, NINE)
        yield product, CallAgents(world, demo / "instance", product.url, pytest.fail, pause=0.001)


def work(product: FakeProduct, agents: CallAgents, hours: int) -> None:
    """Let hours pass, by the hour."""
    for _ in range(hours):
        agents.work(product.now)
        product.now += timedelta(hours=1)


def talks(product: FakeProduct) -> list[dict[str, Any]]:
    """The results of tries that reached somebody."""
    return [result for result in product.desk.results if result["outcome"] != "not_reached"]


def test_an_hours_calls_are_as_many_as_can_be_made_in_an_hour(new_village: Village) -> None:
    demo = new_village("demo")
    with call_centre(demo, all_numbers(demo)[:200]) as (product, agents):
        assert agents.work(NINE) == PER_HOUR * len(CALL_AGENTS)
        assert agents.work(NINE) == 0
        assert agents.next_look(NINE) == NINE
        assert set(Counter(result["login"] for result in product.desk.results).values()) == {PER_HOUR}
        again = CallAgents(World.open(demo), demo / "instance", product.url, pytest.fail)
        assert again.work(NINE) == 0, "who begins again knows how many calls the hour has had"


def test_nobody_is_called_at_night(new_village: Village) -> None:
    demo = new_village("demo")
    with call_centre(demo, all_numbers(demo)[:200]) as (_, agents):
        for hour in (7, 8, 20, 23):
            assert agents.work(NINE.replace(hour=hour)) == 0
        agents.work(NINE.replace(hour=19))
        assert agents.next_look(NINE.replace(hour=20)) == NINE + timedelta(days=1)
        assert agents.next_look(NINE.replace(hour=6) + timedelta(days=1)) == NINE + timedelta(days=1)


def test_whoever_has_no_list_pulls_nothing(new_village: Village) -> None:
    demo = new_village("demo")
    agents = CallAgents(World.open(demo), demo / "instance", "http://127.0.0.1:9", pytest.fail)
    assert agents.work(NINE) == 0
    assert agents.next_look(NINE) is None


def test_when_the_list_is_done_the_next_look_is_at_the_next_try(new_village: Village) -> None:
    demo = new_village("demo")
    world, numbers = World.open(demo), all_numbers(demo)
    tries = answered_try(world, world.indexes_of_numbers(numbers), "HD-1", np.full(len(numbers), 9 * 3600.0))
    shy = [number for number, found in zip(numbers, tries, strict=True) if found == 2][:5]
    with call_centre(demo, shy) as (_, agents):
        assert agents.work(NINE) == 5
        assert agents.next_look(NINE) == NINE + PAUSE


def test_a_customer_answers_at_the_try_the_truth_tells(new_village: Village) -> None:
    demo = new_village("demo")
    numbers = all_numbers(demo)[:120]
    with call_centre(demo, numbers) as (product, agents):
        work(product, agents, 34)
    world = World.open(demo)
    tries = answered_try(world, world.indexes_of_numbers(numbers), "HD-1", np.full(len(numbers), 9 * 3600.0))
    first_talk = {result["number"]: result["attempt"] for result in reversed(talks(product))}
    assert [first_talk.get(number, 0) for number in numbers] == tries.tolist()
    reasons = {result["reason"] for result in product.desk.results if result["outcome"] == "not_reached"}
    assert reasons <= {reason for reason, _ in SILENCES} | {"out_of_service"}


def test_who_is_won_is_asked_by_message_and_nobody_else(new_village: Village) -> None:
    demo = new_village("demo")
    numbers = all_numbers(demo)[:200]
    with call_centre(demo, numbers) as (product, agents):
        work(product, agents, 34)
    world = World.open(demo)
    season = Season(campaign="HD-1", product="MBOX", start=NINE)
    indexes = world.indexes_of_numbers(numbers)
    _, asked = outcomes(world, indexes, season, "call", np.zeros(indexes.size), 30)
    won = {number for number, _ in product.desk.orders}
    assert {product_ for _, product_ in product.desk.orders} == {"MBOX"}
    assert won == {result["number"] for result in talks(product) if result["outcome"] == "success"}
    assert won <= {number for number, orders in zip(numbers, asked, strict=True) if orders}
    assert len(won) > 0.4 * len(numbers)


def test_others_consider_or_refuse_and_say_why(new_village: Village) -> None:
    demo = new_village("demo")
    slots = [{"at": (NINE + timedelta(days=1, hours=hour)).isoformat(), "free": 4} for hour in (1, 5)]
    with call_centre(demo, all_numbers(demo)[:300]) as (product, agents):
        product.desk.slots = slots
        work(product, agents, 48)
        results = product.desk.results
    by_outcome = Counter(result["outcome"] for result in results)
    assert by_outcome["consider"] > 10
    assert by_outcome["refuse"] > 10
    said = {result["reason"] for result in results if result["outcome"] in ("consider", "refuse")}
    assert said <= {reason for reason, _ in REASONS} | {"no_more_calls"}
    promised = [result for result in results if result.get("call_back_at")]
    assert len(promised) == 8, "as many as there was room for"
    for result in promised:
        called_back = [r for r in results if r["number"] == result["number"] and r["at"] > result["at"]]
        assert [r["outcome"] for r in called_back] == ["refuse"]


def test_an_order_that_cannot_be_asked_for_is_thought_about(new_village: Village) -> None:
    demo = new_village("demo")
    numbers = all_numbers(demo)[:40]
    with call_centre(demo, numbers) as (product, agents):
        product.desk.refuses = set(numbers)
        agents.work(NINE)
        outcomes_ = {result["outcome"] for result in product.desk.results}
    assert product.desk.orders == []
    assert "success" not in outcomes_
    assert len(product.desk.results) == 40


def test_a_number_nobody_has_is_called_once(new_village: Village) -> None:
    demo = new_village("demo")
    with call_centre(demo, ["15100000001"]) as (product, agents):
        work(product, agents, 12)
    assert [result["reason"] for result in product.desk.results] == ["wrong_number"]


def test_a_result_whose_answer_was_lost_counts_once(new_village: Village) -> None:
    demo = new_village("demo")
    with call_centre(demo, all_numbers(demo)[:30]) as (product, agents):
        product.trouble = 3
        product.desk.loses_answers_after = 7
        work(product, agents, 1)
        keys = [result["key"] for result in product.desk.results]
    assert len(keys) == len(set(keys)) == 30


def test_who_was_cut_short_in_a_call_ends_it_as_it_was(new_village: Village) -> None:
    demo = new_village("demo")
    numbers = all_numbers(demo)[:30]
    whole, cut = new_village("whole"), new_village("cut")
    found = []
    for place in (whole, cut):
        with call_centre(place, numbers) as (product, agents):
            if place == cut:
                # the talk was noted, and then the market was killed before it handed anything in
                product.desk.act("next", CALL_AGENTS[0], {}, NINE)
                ledger = Ledger(place)
                shift_talk(place, ledger, numbers[0])
                ledger.close()
            work(product, agents, 34)
            found.append(
                {(r["number"], r["attempt"], r["outcome"], r["reason"]) for r in product.desk.results}
            )
    assert found[0] == found[1]


def shift_talk(demo: Path, ledger: Ledger, number: str) -> None:
    """A call agent talks to the customer of the first call and gets no further."""
    told = next(Announcements(demo / "instance").calls())
    Talks(World.open(demo), ledger).answer(told, "RW-7-0-1", CALL_AGENTS[0], number, 1, NINE)


def test_once_visitors_come_one_call_agent_is_theirs(new_village: Village) -> None:
    demo = new_village("demo")
    (demo / VISITORS).touch()
    with call_centre(demo, all_numbers(demo)[:60]) as (product, agents):
        work(product, agents, 2)
    logins = {result["login"] for result in product.desk.results}
    assert logins == set(CALL_AGENTS) - {"dujuan"}


def test_a_product_that_does_not_answer_is_told_of(new_village: Village) -> None:
    demo = new_village("demo")
    announce(demo / "instance", work_order="RW-7", channel="call")
    told: list[str] = []
    agents = CallAgents(World.open(demo), demo / "instance", "http://127.0.0.1:9", told.append, pause=0.001)
    assert agents.work(NINE) == 0
    assert len(told) == len(CALL_AGENTS)
    assert agents.next_look(NINE) == NINE
