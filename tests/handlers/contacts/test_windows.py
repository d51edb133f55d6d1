"""Sliding windows: the fullest one decides, counted here day by day and by hand."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from handlers.contacts import Limit, Limits
from handlers.contacts.windows import PIECE, full, fullest
from handlers.warehouse.history import DAILY

DAY = date(2026, 3, 2)
Row = tuple[int, str, int, int]


def table(rows: list[Row]) -> pa.Table:
    """Customer, channel, contacts and days from the day asked about."""
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    days = [DAY + timedelta(days=offset) for offset in columns[3]]
    return pa.table([*columns[:3], days], schema=DAILY)


def by_hand(rows: list[Row], sid: int, days: int) -> int:
    """Begin a window on each day from which it reaches the day, and count."""
    begins = range(1 - days, 1)
    return max(sum(n for who, _, n, at in rows if who == sid and b <= at < b + days) for b in begins)


ROWS = st.lists(
    st.tuples(
        st.integers(0, 5), st.sampled_from(("sms", "call", "web")), st.integers(1, 2), st.integers(-12, 12)
    ),
    max_size=40,
)


@given(rows=ROWS, days=st.integers(1, 10), sids=st.lists(st.integers(0, 7), max_size=12))
def test_no_window_holds_more_than_the_fullest_one(rows: list[Row], days: int, sids: list[int]) -> None:
    found = fullest(np.array(sids, dtype=np.int64), DAY, days, table(rows))
    assert found.tolist() == [by_hand(rows, sid, days) for sid in sids]


@given(
    rows=ROWS, most=st.tuples(st.integers(0, 3), st.integers(0, 4)), channel=st.sampled_from(("sms", "web"))
)
def test_a_channel_and_the_total_each_have_their_own_window(
    rows: list[Row], most: tuple[int, int], channel: str
) -> None:
    limits = Limits(
        by_scope={
            "sms": Limit(max_contacts=most[0], window_days=4),
            "total": Limit(max_contacts=most[1], window_days=7),
        }
    )
    found = full(np.arange(6), channel, DAY, limits, table(rows))
    messages = [row for row in rows if row[1] == "sms"]
    active = [row for row in rows if row[1] != "web"]
    if channel == "web":
        assert not found.any()
    else:
        assert found.tolist() == [
            by_hand(messages, sid, 4) >= most[0] or by_hand(active, sid, 7) >= most[1] for sid in range(6)
        ]


def test_more_customers_than_stand_in_one_matrix_are_counted_alike() -> None:
    random = np.random.default_rng(3)
    people, met = 2 * PIECE + 7, 100_000
    sids = random.integers(0, people + 50, met)
    offsets = random.integers(-35, 36, met)
    columns = [sids, ["sms"] * met, np.ones(met, dtype=np.int64), np.datetime64(DAY) + offsets]
    contacts = pa.table([pa.array(c, type=f.type) for c, f in zip(columns, DAILY, strict=True)], schema=DAILY)
    most = np.zeros(people, dtype=np.int64)
    for begin in range(-29, 1):
        inside = (offsets >= begin) & (offsets < begin + 30) & (sids < people)
        most = np.maximum(most, np.bincount(sids[inside], minlength=people))
    asked = random.permutation(people)
    assert fullest(asked, DAY, 30, contacts).tolist() == most[asked].tolist()
