"""What regular work is: a name, what is done, and at which moments, whoever is at work then."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask_babel.speaklater import LazyString

from app.engine.tries import TIME_LIMIT
from handlers.desk.workshop import LOCAL, local_day

DAY = timedelta(days=1)
#: moments made up for at most, the latest ones: a year of days
MOST = 366
Do = Callable[[datetime, datetime], object]


@dataclass(frozen=True, kw_only=True)
class Regular:
    """A piece of regular work: at a time of day in the province, or every so often from midnight on."""

    #: its runs are known by this; never changed
    name: str
    #: what people read
    title: LazyString
    #: given the moment the run is for, and now
    do: Do
    at: time | None = None
    every: timedelta | None = None
    #: moments nobody worked at, or that a demo's clock jumped over: each is made up for, or the latest alone
    catch_up: bool = False
    #: what one run may take
    time_limit: timedelta = TIME_LIMIT

    def missed(self, last: datetime | None, now: datetime) -> list[datetime]:
        """The moments up to now for which there ought to be a run, oldest first; `last` has one."""
        if last is None or not self.catch_up:
            latest = self._latest(now)
            return [latest] if last is None or latest > last else []
        found: list[datetime] = []
        moment = self._latest(now)
        while moment > last and len(found) < MOST:
            found.append(moment)
            moment = self._latest(moment - timedelta(microseconds=1))
        return found[::-1]

    def following(self, now: datetime) -> datetime:
        """The next moment after now."""
        latest = self._latest(now)
        if self.every is None:
            return latest + DAY
        return min(latest + self.every, _at(local_day(now) + DAY, time()))

    def _latest(self, now: datetime) -> datetime:
        """The last moment not after now."""
        day = local_day(now)
        begins = _at(day, self.at or time())
        if self.every is not None:
            return begins + (now - begins) // self.every * self.every
        return begins if begins <= now else _at(day - DAY, self.at or time())


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=LOCAL).astimezone(UTC)


def by_name(regular: Sequence[Regular]) -> Mapping[str, Regular]:
    """Each piece of regular work by the name of its runs."""
    return {each.name: each for each in regular}
