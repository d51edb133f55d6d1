import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from demo.province.numbering import (
    CAPACITY,
    customer_ids,
    gather,
    indexes_of_ids,
    indexes_of_numbers,
    numbers,
    scatter,
    unknown_number,
)

indexes_of_anyone = st.lists(st.integers(0, CAPACITY - 1), min_size=1, max_size=50)


@given(indexes_of_anyone, st.integers(0, 2**31))
def test_every_place_leads_back_to_its_index(indexes: list[int], seed: int) -> None:
    given_ = np.array(indexes, np.int64)
    assert gather(scatter(given_, seed, "number"), seed, "number").tolist() == indexes


@given(indexes_of_anyone)
def test_ids_and_numbers_lead_back_to_the_customer(indexes: list[int]) -> None:
    given_ = np.array(indexes, np.int64)
    assert indexes_of_ids(customer_ids(given_, 7), 7).tolist() == indexes
    assert indexes_of_numbers(numbers(given_, 7), 7, CAPACITY).tolist() == indexes


def test_numbers_have_eleven_digits_and_no_two_are_alike() -> None:
    found = numbers(np.arange(200_000, dtype=np.int64), 7).to_pylist()
    assert len(set(found)) == 200_000
    assert {len(number) for number in found} == {11}
    assert {number[:3] for number in found} == {"138", "139", "150"}


def test_neighbours_do_not_show_in_ids() -> None:
    places = scatter(np.arange(100_000, dtype=np.int64), 7, "customer")
    assert abs(np.corrcoef(np.arange(100_000), places)[0, 1]) < 0.02


def test_a_number_the_province_never_gave_is_nobodys() -> None:
    strangers = pa.array([unknown_number(5), "13012345678", "15099999999"])
    assert indexes_of_numbers(strangers, 7, CAPACITY).tolist() == [-1, -1, -1]


def test_a_number_beyond_the_last_customer_is_nobodys() -> None:
    number = numbers(np.array([5_000], np.int64), 7)
    assert indexes_of_numbers(number, 7, 5_000).tolist() == [-1]
