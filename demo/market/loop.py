"""Time passes: the clock moves step by step to where it is wanted, and at every step the market answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Protocol

from demo.market.market import Market
from demo.market.orders import HOUR
from demo.market.product import Clock, Product
from demo.market.world import LOCAL

_POLL = 0.05
_REST = 0.5
_HOUR = timedelta(hours=1)
Say = Callable[[str], None]


class Carrier(Protocol):
    """Who brings the product what the market has to say over the wire: the SMS centre."""

    @property
    def has_takers(self) -> bool:
        """Whether anybody is connected who takes what is brought."""

    def expect(self, moment: datetime) -> None:
        """The clock is about to move: what is accepted from here on is accepted at this moment."""

    def tell(self, now: datetime) -> None:
        """It is later in the demo: what is due by now is brought."""


class Callers(Protocol):
    """Who works the calls: the call agents."""

    def work(self, now: datetime) -> int:
        """Make the calls of this hour; how many were made."""

    def next_look(self, now: datetime) -> datetime | None:
        """When there is something to call again, as far as they know."""


@dataclass(frozen=True, kw_only=True)
class Outside:
    """Everything outside the product that time moves."""

    market: Market
    centre: Carrier
    callers: Callers
    #: seconds for the product to do what is due, and to take what is brought
    patience: float = 60.0


def play(outside: Outside, product: Product, stop: Event, until_idle: bool, say: Say) -> None:
    """Go on until stopped; with `until_idle` until the clock is where it was wanted and all is said."""
    while not stop.is_set():
        clock = _settled(product, outside.patience, stop, say)
        if _speak(outside, product, clock, stop, say):
            continue
        if clock.now < clock.wished:
            _move(outside, product, clock)
        elif until_idle:
            return
        else:
            stop.wait(_REST)


def _move(outside: Outside, product: Product, clock: Clock) -> None:
    """On to the next moment; the product may begin to send before we hear that it has heard."""
    step = next_step(clock, outside.market.next_due(clock.now), outside.callers.next_look(clock.now))
    outside.centre.expect(step)
    product.move(step)


def next_step(clock: Clock, answer_due: datetime | None, call_due: datetime | None = None) -> datetime:
    """The next moment worth stopping at: eight in the morning, or the full hour by which something is due."""
    steps = [clock.wished, _next_morning(clock.now)]
    if clock.due:
        steps.append(_full_hour(clock.now))
    steps += [_by_the_hour(due, clock.now) for due in (answer_due, call_due, clock.next_due) if due]
    return min(steps)


def _speak(outside: Outside, product: Product, clock: Clock, stop: Event, say: Say) -> bool:
    """All the outside has to say at this moment; True if it said anything."""
    market = outside.market
    taken = market.take_in(clock.now)
    said = market.answer(clock.now, product.post)
    brought = _brought(outside, clock.now, stop, say)
    written = market.send_orders(clock.now)
    called = outside.callers.work(clock.now)
    return bool(taken or said or brought or written or called)


def _brought(outside: Outside, now: datetime, stop: Event, say: Say) -> bool:
    """Wait until the product has taken all that is due over the wire; True if anything was."""
    outside.centre.tell(now)
    owed = first = outside.market.owes(now)
    waited = 0.0
    while owed and not stop.is_set():
        patience = outside.patience if outside.centre.has_takers else outside.patience / 4
        if waited >= patience:
            say(f"nobody takes what the SMS centre has to bring at {now.isoformat()}; going on")
            break
        stop.wait(_POLL)
        left = outside.market.owes(now)
        waited = waited + _POLL if left == owed else 0.0
        owed = left
    return owed < first


def _settled(product: Product, patience: float, stop: Event, say: Say) -> Clock:
    """The clock once the product has done what is due; after long waiting we go on and say so."""
    waited = 0.0
    clock = product.clock()
    while not clock.idle and not stop.is_set():
        if waited >= patience:
            say(f"the product is still busy at {clock.now.isoformat()}; going on")
            break
        stop.wait(_POLL)
        waited += _POLL
        clock = product.clock()
    return clock


def _next_morning(now: datetime) -> datetime:
    morning = now.astimezone(LOCAL).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return morning if morning > now else morning + timedelta(days=1)


def _by_the_hour(due: datetime, now: datetime) -> datetime:
    """The first full hour after `now` at which something due at `due` is due."""
    return _full_hour(max(due - timedelta(microseconds=1), now))


def _full_hour(moment: datetime) -> datetime:
    """The first full hour after a moment."""
    return moment.replace(minute=0, second=0, microsecond=0) + _HOUR
