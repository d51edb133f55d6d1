"""How often a customer may be met: per channel and in total, in a window that slides by days (H3, H6)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

#: where the working day is reckoned
LOCAL = ZoneInfo("Asia/Shanghai")
TOTAL = "total"
#: channels the customer opens by himself: never a contact of ours (H6)
PASSIVE = frozenset({"web"})
TABLE = "contact_limits"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """At most so many contacts in so many days."""

    max_contacts: int
    #: days of the window, today included
    window_days: int


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits that hold for one campaign: by channel and in total; what is absent is not limited."""

    by_scope: Mapping[str, Limit]

    @classmethod
    def in_force(
        cls,
        decide: Callable[[str, Mapping[str, Any]], Any],
        campaign_type: str,
        channels: Iterable[str],
    ) -> Self:
        """Ask the decision table `contact_limits` about each channel and the total."""
        found: dict[str, Limit] = {}
        for scope in (*channels, TOTAL):
            row = decide(TABLE, {"scope": scope, "campaign_type": campaign_type}) or {}
            if row.get("max_contacts") is not None:
                found[scope] = Limit(
                    max_contacts=int(row["max_contacts"]), window_days=int(row["window_days"])
                )
        return cls(by_scope=found)

    def upon(self, channel: str) -> Mapping[str, Limit]:
        """Those that a contact through this channel can break; the total is none of a passive channel's."""
        scopes = (channel,) if channel in PASSIVE else (channel, TOTAL)
        return {scope: self.by_scope[scope] for scope in scopes if scope in self.by_scope}

    def reach(self, channel: str) -> int:
        """Days of the longest window that a contact through this channel stands in; 0 without a limit."""
        return max((limit.window_days for limit in self.upon(channel).values()), default=0)


def local_day(moment: datetime) -> date:
    """The calendar day a moment falls on where the company works."""
    return moment.astimezone(LOCAL).date()


def window(now: datetime, days: int) -> tuple[date, date]:
    """First and last local day of a window of so many days that ends today."""
    today = local_day(now)
    return today - timedelta(days=days - 1), today


def around(day: date, days: int) -> tuple[date, date]:
    """First and last day of all windows of so many days that hold this day."""
    reach = timedelta(days=days - 1)
    return day - reach, day + reach


def beginning_of(day: date) -> datetime:
    """The moment a local day begins, in UTC."""
    return datetime.combine(day, time.min, tzinfo=LOCAL).astimezone(UTC)
