"""The list in the order a day is worked through: what is late, what is due today, what can wait."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.inbox.queries import Row, Tab
from app.locale import ZONE

NAMES: dict[str, LazyString] = {
    "overdue": _l("Overdue"),
    "today": _l("Due today"),
    "tomorrow": _l("Tomorrow"),
    "later": _l("Later"),
    "undated": _l("Without a day"),
    "done_today": _l("Done today"),
    "done_before": _l("Done earlier"),
    "running": _l("On their way"),
    "ended": _l("Ended"),
}


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows under one heading."""

    word: str
    rows: tuple[Row, ...]

    @property
    def name(self) -> LazyString:
        """The heading in the reader's language."""
        return NAMES[self.word]


def grouped(rows: Sequence[Row], tab: Tab, now: datetime) -> list[Group]:
    """Rows under their headings, in the order they came; headings without rows are left out."""
    rule = _RULES.get(tab, due)
    words: dict[str, list[Row]] = {}
    for row in rows:
        words.setdefault(rule(row, now), []).append(row)
    return [Group(word=word, rows=tuple(found)) for word, found in words.items()]


def due(row: Row, now: datetime) -> str:
    """Overdue by the minute; today and tomorrow by the province's calendar."""
    if row.due_at is None:
        return "undated"
    if row.due_at < now:
        return "overdue"
    today = now.astimezone(ZONE).date()
    day = row.due_at.astimezone(ZONE).date()
    if day == today:
        return "today"
    return "tomorrow" if day == today + timedelta(days=1) else "later"


def midnight(now: datetime) -> datetime:
    """The moment the province's day began."""
    return now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)


def _done(row: Row, now: datetime) -> str:
    return "done_today" if row.closed_at and row.closed_at >= midnight(now) else "done_before"


def _started(row: Row, now: datetime) -> str:
    return "running" if row.process_state == "running" else "ended"


_RULES: dict[Tab, Callable[[Row, datetime], str]] = {"done": _done, "started": _started}
