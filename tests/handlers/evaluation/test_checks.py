"""Fair comparisons pass, unfair ones lock the result."""

import numpy as np
import pytest
from scipy.stats import chisquare

from handlers.evaluation import (
    ControlContacted,
    ImpossibleCounts,
    Stratum,
    WrongProportion,
    check_proportions,
    find_locks,
    leaked_control,
    srm,
)


def stratum(name: str, treated: int, control: int, hold_out: int | None = 1_000) -> Stratum:
    return Stratum(
        name=name, treated=treated, treated_orders=0, control=control, control_orders=0, hold_out=hold_out
    )


def test_known_counts_have_their_known_p() -> None:
    assert srm([13_360, 1_640], [0.9, 0.1]).p == pytest.approx(0.000138788504, rel=1e-9)
    assert srm([13_500, 1_500], [90, 10]).p == 1.0


def test_three_arms_agree_with_scipy() -> None:
    counts = [21_307, 21_387, 21_306]
    found = srm(counts, [1, 1, 1])
    assert (found.statistic, found.p) == pytest.approx(tuple(chisquare(counts)))
    assert round(found.p, 3) == 0.904


def test_an_arm_that_was_not_planned_is_no_accident() -> None:
    assert srm([1_000, 1], [1, 0]).p == 0.0
    assert srm([1_000, 0], [1, 0]).p == 1.0


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ImpossibleCounts):
        srm([-1, 5], [1, 1])


def test_fair_strata_with_different_shares_pass() -> None:
    strata = [stratum("a", 9_000, 1_000), stratum("b", 7_010, 2_990, 3_000), stratum("c", 500, 80, None)]
    check = check_proportions(strata)
    assert check.problems == ()
    assert set(check.by_stratum) == {"a", "b"}


def test_faults_that_cancel_out_are_found_in_their_strata() -> None:
    check = check_proportions([stratum("a", 9_150, 850), stratum("b", 8_850, 1_150)])
    assert check.overall.p == 1.0
    assert [problem.fields["where"] for problem in check.problems] == ["a", "b"]


def test_a_small_leak_everywhere_is_found_in_the_total() -> None:
    check = check_proportions([stratum(str(i), 1_817, 183) for i in range(20)])
    assert [problem.fields["where"] for problem in check.problems] == ["total"]
    assert "total" in str(check.problems[0])


def test_one_stratum_agrees_with_the_chi_square_over_all() -> None:
    check = check_proportions([stratum("a", 13_360, 1_640)])
    assert check.overall.p == pytest.approx(check.by_stratum["a"].p, rel=1e-9)


def test_fair_draws_over_many_counties_seldom_raise_an_alarm() -> None:
    rng = np.random.default_rng(1)
    draws = rng.binomial(500, 0.1, (300, 84))
    alarms = sum(
        bool(check_proportions([stratum(str(i), 500 - c, c) for i, c in enumerate(row)]).problems)
        for row in draws.tolist()
    )
    assert alarms <= 4


def test_campaigns_without_a_plan_of_shares_are_not_tested() -> None:
    check = check_proportions([stratum("a", 5, 900, None)])
    assert (check.overall.p, check.problems) == (1.0, ())


def test_a_control_customer_in_any_contact_list_is_found() -> None:
    control = np.array([3, 9, 20, 41])
    lists = [np.array([1, 9, 30]), np.array([], dtype=np.int64), np.array([41, 9, 2])]
    assert leaked_control(control, lists).tolist() == [9, 41]
    assert leaked_control(control, []).tolist() == []


def test_a_leak_locks_the_result_before_anything_else() -> None:
    locks = find_locks([stratum("a", 13_360, 1_640)], leaked=2)
    assert isinstance(locks[0], ControlContacted)
    assert str(locks[0]).startswith("2 customers")
    assert isinstance(locks[1], WrongProportion)
    assert find_locks([stratum("a", 900, 100)], leaked=0) == ()
