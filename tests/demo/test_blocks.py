from datetime import date, timedelta
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from demo.province.block import Block, make_block
from demo.province.constants import frozen
from demo.province.streams import BLOCK

DAY = date(2026, 3, 2)
SEED = 42


def block(number: int, customers: int = 3 * BLOCK, day: date = DAY) -> Block:
    return make_block(SEED, number, customers, day, frozen())


def tables(made: Block) -> list[pa.Table]:
    return [made.customers, made.events, made.contacts, made.truth, *made.scores.values()]


def test_a_block_is_the_same_whichever_is_made_before_it() -> None:
    second_first, _, second_again = block(1), block(0), block(1)
    assert tables(second_first) == tables(second_again)


def test_blocks_differ() -> None:
    assert not set(block(0, 2 * BLOCK).customers["number"].to_pylist()) & set(
        block(1, 2 * BLOCK).customers["number"].to_pylist()
    )


def test_a_bigger_province_begins_alike() -> None:
    small, big = block(0, 5_000), block(0, 2 * BLOCK)
    there = pc.is_in(big.customers["customer_id"], small.customers["customer_id"].combine_chunks())
    assert big.customers.filter(there) == small.customers
    assert big.truth.slice(0, 5_000) == small.truth


def test_another_demo_day_moves_the_history_and_nothing_else() -> None:
    now, later = block(0, 5_000), block(0, 5_000, DAY + timedelta(days=7))
    assert now.customers == later.customers
    moved = pc.subtract(later.events["day"], now.events["day"]).unique().to_pylist()
    assert moved == [timedelta(days=7)]


def test_another_seed_is_another_province() -> None:
    other = make_block(SEED + 1, 0, 5_000, DAY, frozen())
    assert other.customers["age"] != block(0, 5_000).customers["age"]


def test_families_are_not_neighbours_in_what_is_delivered() -> None:
    made = block(0, 5_000)
    family = dict(zip(made.truth["customer_id"].to_pylist(), made.truth["family"].to_pylist(), strict=True))
    shown = [family[customer] for customer in made.customers["customer_id"].to_pylist()]
    together = sum(a == b for a, b in pairwise(shown))
    assert together < 0.01 * len(shown)
