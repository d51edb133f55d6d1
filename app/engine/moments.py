"""Timers are written in ISO 8601: durations, dates and cycles become moments of the host's clock."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from app.engine.problems import TimerUnreadable

#: where a date without a zone was meant
HOME = ZoneInfo("Asia/Shanghai")
_NUMBER = r"(\d+(?:\.\d+)?)"
_DURATION = re.compile(
    rf"P(?!$)(?:(\d+)Y)?(?:(\d+)M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?"
)
_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}(?:[T ][\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?")
_CYCLE = re.compile(r"R(\d*)/(.+)")


@dataclass(frozen=True, kw_only=True)
class Due:
    """When a timer fires: next moment, how often still (-1 without end), and the period between."""

    next: datetime
    left: int = 1
    period: str = ""


def is_literal(text: str) -> bool:
    """True where the text is ISO 8601 as modellers write it, not an expression."""
    text = text.strip()
    cycle = _CYCLE.fullmatch(text)
    parts = cycle[2].split("/") if cycle else [text]
    return all(_DURATION.fullmatch(part) or _DATE.fullmatch(part) for part in parts)


def is_duration(text: str) -> bool:
    """True for an ISO 8601 duration longer than nothing."""
    start = datetime.fromtimestamp(0, UTC)
    return _DURATION.fullmatch(text.strip()) is not None and after(text, start) > start


def after(duration: str, start: datetime) -> datetime:
    """The moment so long after the start; months and years by the calendar of the start's day."""
    found = _DURATION.fullmatch(duration.strip())
    if found is None:
        raise TimerUnreadable(text=duration)
    years, months = int(found[1] or 0), int(found[2] or 0)
    weeks, days, hours, minutes, seconds = (float(g or 0) for g in found.groups()[2:])
    shifted = _shift_months(start, years * 12 + months)
    return shifted + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def moment(text: str) -> datetime:
    """A date in UTC; without a zone it was meant in Asia/Shanghai."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as problem:
        raise TimerUnreadable(text=text) from problem
    return (found if found.tzinfo else found.replace(tzinfo=HOME)).astimezone(UTC)


def due(text: str, now: datetime) -> Due:
    """Read a duration, a date or a cycle (R3/PT1H, R/2026-03-02T09:00/P1D) as seen from now."""
    text = text.strip()
    cycle = _CYCLE.fullmatch(text)
    if cycle is None:
        return Due(next=after(text, now) if text.startswith("P") else moment(text))
    parts = cycle[2].split("/")
    left = int(cycle[1]) if cycle[1] else -1
    if len(parts) == 1:
        return Due(next=after(parts[0], now), left=left, period=parts[0])
    if len(parts) != 2 or not _DURATION.fullmatch(parts[1]):
        raise TimerUnreadable(text=text)
    return Due(next=moment(parts[0]), left=left, period=parts[1])


def _shift_months(start: datetime, months: int) -> datetime:
    if not months:
        return start
    local = start.astimezone(HOME)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day).astimezone(start.tzinfo)
