"""How fast messages leave: evenly at the contract rate, slower for a while where the centre says so.

A token bucket that is never filled above a twentieth of a second, and multiplicative decrease with slow
additive recovery (AIMD) downwards from the contract rate only. Times are seconds of a monotonic clock.
"""

#: Share of the contract rate aimed at: two clocks that differ a little do no harm.
SHARE = 0.98
#: Seconds whose messages may leave at once after a pause of ours.
BURST = 0.05
#: What is left of the rate after the centre was asked too much.
CUT = 0.9
#: Share of the contract rate won back each second.
RECOVERY = 0.01
#: Share of the contract rate that is always tried.
LEAST = 0.01
#: Seconds of silence after the centre was asked too much, doubled as long as it takes nothing.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
#: Less is not worth a timer of its own.
SHORTEST_WAIT = 0.002


class Pace:
    """The messages that may leave at a moment; one for all sessions of a link, one after another."""

    def __init__(self, contract: float, now: float) -> None:
        self.contract = contract
        #: messages a second allowed just now
        self.rate = self.fastest
        self._tokens = 1.0
        self._filled_at = now
        self._cut_at = now
        self._pause = SHORTEST_PAUSE

    @property
    def fastest(self) -> float:
        """Messages a second while the centre is content."""
        return self.contract * SHARE

    def fill(self, now: float) -> None:
        """Count in the time that passed."""
        passed = now - self._filled_at
        if passed > 0:
            self._filled_at = now
            self.rate = min(self.fastest, self.rate + self.contract * RECOVERY * passed)
            self._tokens = min(max(1.0, self.rate * BURST), self._tokens + self.rate * passed)

    def allowed(self, now: float) -> int:
        """How many messages may leave now."""
        self.fill(now)
        return int(self._tokens)

    def take(self, count: int) -> None:
        """So many have left."""
        self._tokens -= count

    def wait(self, now: float) -> float:
        """Seconds until the next one may leave."""
        missing = max(0.0, 1.0 - self._tokens) / self.rate
        return max(SHORTEST_WAIT, self._filled_at - now + missing)

    def slow_down(self, sent_at: float, now: float) -> bool:
        """The centre says it was asked too much; what had left before the last cut says nothing new."""
        if sent_at < self._cut_at:
            return False
        self.rate = max(self.contract * LEAST, self.rate * CUT)
        self._tokens = 0.0
        self._cut_at = now
        self._filled_at = now + self._pause
        self._pause = min(LONGEST_PAUSE, 2 * self._pause)
        return True

    def go_on(self) -> None:
        """The centre took a message."""
        self._pause = SHORTEST_PAUSE
