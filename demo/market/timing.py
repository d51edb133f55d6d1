"""When the channels get round to each customer: messages within hours, calls in working hours."""

from datetime import datetime, time, timedelta

import numpy as np

from demo.market.choices import answered_try
from demo.market.lists import SentList
from demo.market.world import LOCAL, World
from demo.province.streams import Floats, Ints

#: Messages a second, and the longest a list may take (seconds).
_SPEED, _LONGEST = 10, 7200
_OPEN, _CLOSE = time(9), time(20)
_BETWEEN_TRIES = 7200.0
_NIGHT = 13 * 3600.0
_CLOSE_SECOND = 20 * 3600
_SHIFT = int(timedelta(hours=8).total_seconds())


def begin(sent: SentList, now: datetime) -> datetime:
    """A list is worked on from its start, and not before it has arrived."""
    return max(sent.start or now, now)


def message_moments(world: World, indexes: Ints, sent: SentList, now: datetime) -> Floats:
    """When each message leaves, in seconds since 1970."""
    turn = world.draw(indexes, "turn", sent.campaign, "sms")
    return begin(sent, now).timestamp() + turn * min(len(sent.numbers) / _SPEED, _LONGEST)


def call_moments(world: World, indexes: Ints, sent: SentList, now: datetime) -> Floats:
    """When each customer is first called: evenly over the working hours until the list's end."""
    hours = _working_hours(begin(sent, now).astimezone(LOCAL), sent.end)
    lengths = np.array([last - first for first, last in hours])
    work = world.draw(indexes, "turn", sent.campaign, "call") * lengths.sum()
    place = np.minimum(np.searchsorted(np.cumsum(lengths), work, side="right"), len(hours) - 1)
    starts = np.array([first for first, _ in hours])
    found: Floats = starts[place] + work - (np.cumsum(lengths) - lengths)[place]
    return found


def moment_of_try(first: Floats, number: Ints) -> Floats:
    """When the given try of a call is made: two hours apart, and not at night."""
    moment = first + np.maximum(number - 1, 0) * _BETWEEN_TRIES
    evening = (moment + _SHIFT) % 86_400 >= _CLOSE_SECOND
    return np.where(evening, moment + _NIGHT, moment)


def contact_moments(world: World, indexes: Ints, sent: SentList, now: datetime) -> tuple[Floats, Floats]:
    """First try and real contact of each row; for a message they are the same."""
    if sent.channel == "sms":
        moments = message_moments(world, indexes, sent, now)
        return moments, moments
    moments = call_moments(world, indexes, sent, now)
    tries = answered_try(world, np.maximum(indexes, 0), sent.campaign, moments - world.beginning)
    return moments, moment_of_try(moments, tries)


def _working_hours(start: datetime, end: datetime | None) -> list[tuple[float, float]]:
    """Spans of working hours from the start to the end's day; the next day where today's are over."""
    day, last = start.date(), (end or start).astimezone(LOCAL).date()
    found: list[tuple[float, float]] = []
    while day <= last or not found:
        opening = max(datetime.combine(day, _OPEN, LOCAL), start)
        closing = datetime.combine(day, _CLOSE, LOCAL)
        if opening < closing:
            found.append((opening.timestamp(), closing.timestamp()))
        day += timedelta(days=1)
    return found
