"""The hours of the day in which a campaign may call, and the next moment inside them."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Self

from handlers.contacts import LOCAL


@dataclass(frozen=True, kw_only=True)
class Hours:
    """From one time of the day to another, where the company works."""

    opens: time
    closes: time

    @classmethod
    def read(cls, words: str) -> Self:
        """From "09:00-20:00", as a plan writes them."""
        first, _, last = words.partition("-")
        return cls(opens=time.fromisoformat(first), closes=time.fromisoformat(last))

    def hold(self, moment: datetime) -> bool:
        """True inside the hours; the last minute is outside."""
        return self.opens <= moment.astimezone(LOCAL).time() < self.closes

    def first_from(self, moment: datetime) -> datetime:
        """This moment, or when the hours begin next."""
        if self.hold(moment):
            return moment
        local = moment.astimezone(LOCAL)
        day = local.date() if local.time() < self.opens else local.date() + timedelta(days=1)
        return datetime.combine(day, self.opens, tzinfo=LOCAL).astimezone(UTC)
