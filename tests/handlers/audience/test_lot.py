"""Drawing by lot: the golden buckets, evenness, independence."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from handlers.audience import buckets, hold_out, lots
from handlers.audience.ranking import best_first

SALT = "campaign|C2007-09-001"


def test_the_golden_buckets_stay_for_ever() -> None:
    assert buckets(np.array([0, 1, 2, 49999]), SALT).tolist() == [7316, 1566, 6400, 8562]


def test_a_share_is_kept_back_that_is_close_to_what_was_asked() -> None:
    sids = np.arange(200_000)
    for basis_points in (500, 1000, 2000):
        share = hold_out(sids, SALT, basis_points).mean()
        assert abs(share - basis_points / 10_000) < 0.003


def test_two_campaigns_share_no_more_control_customers_than_chance() -> None:
    sids = np.arange(200_000)
    one, other = hold_out(sids, "campaign|A", 1000), hold_out(sids, "campaign|A+1", 1000)
    assert 0.9 < (one & other).mean() / 0.01 < 1.1


def test_the_draw_does_not_depend_on_who_else_is_in_the_list() -> None:
    sids = np.arange(1000)
    some = sids[::7]
    assert (hold_out(sids, SALT, 1000)[::7] == hold_out(some, SALT, 1000)).all()


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_larger_share_keeps_whom_a_smaller_one_kept(first: int, second: int) -> None:
    low, high = sorted((first, second))
    sids = np.arange(500)
    assert not (hold_out(sids, SALT, low) & ~hold_out(sids, SALT, high)).any()


def test_nobody_and_everybody_can_be_kept_back() -> None:
    sids = np.arange(1000)
    assert not hold_out(sids, SALT, 0).any()
    assert hold_out(sids, SALT, 10_000).all()


def test_a_cap_among_equals_does_not_favour_the_control_group() -> None:
    sids = np.arange(50_000)
    chosen = best_first(sids, np.full(len(sids), -1, dtype=np.int32), SALT)[:10_000]
    assert abs(hold_out(sids[chosen], SALT, 1000).mean() - 0.1) < 0.01


def test_purposes_are_independent_lots() -> None:
    sids = np.arange(10_000)
    one, other = lots(sids, "holdout", SALT), lots(sids, "rank", SALT)
    assert abs(np.corrcoef(one.astype(float), other.astype(float))[0, 1]) < 0.05
