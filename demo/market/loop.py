"""Time passes: the clock moves step by step to where it is wanted, and at every step the market answers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

from demo.market.market import Market
from demo.market.orders import HOUR
from demo.market.product import Clock, Product
from demo.market.world import LOCAL

_POLL = 0.05
_REST = 0.5
_PATIENCE = 60.0
_HOUR = timedelta(hours=1)
Say = Callable[[str], None]


def play(market: Market, product: Product, stop: Event, until_idle: bool, say: Say) -> None:
    """Go on until stopped; with `until_idle` until the clock is where it was wanted and all is said."""
    while not stop.is_set():
        clock = _settled(product, stop, say)
        if _speak(market, product, clock):
            continue
        if clock.now < clock.wished:
            product.move(next_step(clock, market.next_due()))
        elif until_idle:
            return
        else:
            stop.wait(_REST)


def next_step(clock: Clock, answer_due: datetime | None) -> datetime:
    """The next moment worth stopping at: eight in the morning, or the full hour by which something is due."""
    steps = [clock.wished, _next_morning(clock.now)]
    if clock.due:
        steps.append(_full_hour(clock.now))
    steps += [_by_the_hour(due, clock.now) for due in (answer_due, clock.next_due) if due]
    return min(steps)


def _speak(market: Market, product: Product, clock: Clock) -> bool:
    """All the market has to say at this moment; True if it said anything."""
    taken = market.take_in(clock.now)
    said = market.answer(clock.now, product.post)
    written = market.send_orders(clock.now)
    return bool(taken or said or written)


def _settled(product: Product, stop: Event, say: Say) -> Clock:
    """The clock once the product has done what is due; after long waiting we go on and say so."""
    waited = 0.0
    clock = product.clock()
    while not clock.idle and not stop.is_set():
        if waited >= _PATIENCE:
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
