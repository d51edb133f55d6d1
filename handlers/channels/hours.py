"""The hours in which customers may be met: quiet hours by decision table, inside them the campaign's own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from handlers.contacts import LOCAL

TABLE = "quiet_hours"
#: minutes of a day
DAY = 24 * 60
MINUTE = timedelta(minutes=1)
#: (opens, closes) as "08:00", "21:00"; the one after the other means over midnight, "24:00" the end of a day
Span = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Hours:
    """Which minutes of a local day may be used."""

    #: one yes or no a minute, from midnight
    minutes: NDArray[np.bool_]

    @classmethod
    def within(cls, spans: Iterable[Span]) -> Self:
        """The minutes that lie in every one of these spans."""
        minutes = np.ones(DAY, dtype=np.bool_)
        for opens, closes in spans:
            minutes &= _minutes_of(opens, closes)
        return cls(minutes)

    @classmethod
    def in_force(
        cls,
        decide: Callable[[str, Mapping[str, Any]], Any],
        channel: str,
        campaign_type: str,
        own: str,
    ) -> Self:
        """What the table leaves a campaign of this type, and of that its own hours such as "09:00-20:00"."""
        row = decide(TABLE, {"channel": channel, "campaign_type": campaign_type})
        opens, _, closes = own.partition("-")
        return cls.within([(row["opens"], row["closes"]), (opens, closes)])

    def opening(self, now: datetime) -> datetime | None:
        """Now where it is allowed now, else the next moment it is; None where no minute of a day is left."""
        return self._next(now, wanted=True)

    def closing(self, now: datetime) -> datetime | None:
        """The first moment from now on at which it is not allowed; None where it always is."""
        return self._next(now, wanted=False)

    def _next(self, now: datetime, *, wanted: bool) -> datetime | None:
        local = now.astimezone(LOCAL).replace(second=0, microsecond=0)
        following = np.roll(self.minutes, -(local.hour * 60 + local.minute)) == wanted
        if not following.any():
            return None
        return max(now, (local + int(following.argmax()) * MINUTE).astimezone(now.tzinfo))


def _minutes_of(opens: str, closes: str) -> NDArray[np.bool_]:
    first, end = _minute(opens), _minute(closes)
    minutes = np.arange(DAY)
    if first < end:
        return (minutes >= first) & (minutes < end)
    return (minutes >= first) | (minutes < end)


def _minute(clock: str) -> int:
    hour, minute = clock.strip().split(":")
    return int(hour) * 60 + int(minute)
