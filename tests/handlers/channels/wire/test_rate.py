"""The pace, against centres that allow what they allow; time is counted, not waited for."""

from collections import deque

import pytest

from handlers.channels.wire.rate import LEAST, SHARE, Pace


class Bucket:
    """A centre that allows a rate, and so many at once."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst, self.tokens, self.at = rate, burst, burst, 0.0

    def takes(self, now: float) -> bool:
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Second:
    """A centre that counts by the second of its own clock."""

    def __init__(self, rate: float) -> None:
        self.rate, self.second, self.count = rate, -1, 0

    def takes(self, now: float) -> bool:
        if int(now + 0.37) != self.second:
            self.second, self.count = int(now + 0.37), 0
        self.count += 1
        return self.count <= self.rate


class Full:
    """A centre that takes nothing until a moment."""

    def __init__(self, until: float) -> None:
        self.until = until

    def takes(self, now: float) -> bool:
        return now >= self.until


def play(
    pace: Pace, centre: Bucket | Second | Full, seconds: float, window: int = 100, way: float = 0.005
) -> tuple[int, int]:
    """Messages accepted and throttled in so many seconds of a sender with no end of messages."""
    now, accepted, throttled = 0.0, 0, 0
    under_way: deque[tuple[float, float, bool]] = deque()
    while now < seconds:
        while under_way and under_way[0][0] <= now:
            _, sent_at, is_taken = under_way.popleft()
            accepted, throttled = accepted + is_taken, throttled + (not is_taken)
            if is_taken:
                pace.go_on()
            else:
                pace.slow_down(sent_at, now)
        count = min(pace.allowed(now), window - len(under_way))
        pace.take(count)
        under_way += [(now + 2 * way, now, centre.takes(now + way)) for _ in range(count)]
        now += pace.wait(now) if len(under_way) < window else 0.001
    return accepted, throttled


@pytest.mark.parametrize("rate", [20, 500, 2_000])
@pytest.mark.parametrize("burst", [0.06, 0.1, 1.0])
def test_the_contract_rate_is_reached_and_hardly_ever_passed(rate: int, burst: float) -> None:
    accepted, throttled = play(Pace(rate, 0.0), Bucket(rate, max(2, rate * burst)), 60)
    assert throttled < 0.01 * (accepted + throttled)
    assert accepted >= 0.95 * rate * 60


def test_a_centre_that_counts_by_the_second_is_kept_content_too() -> None:
    accepted, throttled = play(Pace(1_000, 0.0), Second(1_000), 60)
    assert throttled < 0.01 * (accepted + throttled)
    assert accepted >= 0.95 * 1_000 * 60


@pytest.mark.parametrize("part", [0.9, 0.5, 0.2])
def test_a_centre_that_allows_less_than_agreed_is_soon_asked_for_what_it_allows(part: float) -> None:
    allowed = 1_000 * part
    accepted, throttled = play(Pace(1_000, 0.0), Bucket(allowed, allowed * 0.1), 120)
    assert throttled < 0.01 * (accepted + throttled)
    assert accepted >= 0.85 * allowed * 120


def test_a_centre_that_takes_nothing_is_asked_less_and_less_and_then_as_before() -> None:
    pace = Pace(500, 0.0)
    accepted, throttled = play(pace, Full(30.0), 30)
    assert (accepted, throttled < 300) == (0, True)
    assert pace.rate >= 500 * LEAST
    accepted, _ = play(Pace(500, 0.0), Full(30.0), 240)
    assert accepted >= 0.7 * 500 * 210


def test_what_had_left_before_the_last_cut_says_nothing_new() -> None:
    pace = Pace(1_000, 0.0)
    assert pace.slow_down(sent_at=1.0, now=2.0)
    rate = pace.rate
    assert not pace.slow_down(sent_at=1.5, now=2.01)
    assert pace.rate == rate
    assert pace.slow_down(sent_at=2.2, now=2.3)
    assert pace.rate < rate


def test_the_rate_comes_back_slowly_and_never_beyond_the_contract() -> None:
    pace = Pace(1_000, 0.0)
    for moment in range(1, 6):
        pace.slow_down(sent_at=moment, now=moment)
    slow = pace.rate
    pace.fill(15.0)
    assert slow < pace.rate < slow + 150
    pace.fill(1_000.0)
    assert pace.rate == pytest.approx(1_000 * SHARE)


def test_a_slow_contract_still_sends_one_at_a_time() -> None:
    pace = Pace(0.5, 0.0)
    assert pace.allowed(0.0) == 1
    pace.take(1)
    assert pace.allowed(1.0) == 0
    assert pace.wait(1.0) == pytest.approx(1 / (0.5 * SHARE) - 1, abs=0.01)
    assert pace.allowed(2.1) == 1
