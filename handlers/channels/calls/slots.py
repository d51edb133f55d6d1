"""Call-backs: three times a day on the next four working days, each for as many as can be called then."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select

from handlers.channels.calls.open_orders import is_open
from handlers.channels.calls.problems import NoSuchSlot, SlotFull
from handlers.channels.hours import Hours
from handlers.contacts import LOCAL, AnySession
from handlers.contacts.limits import local_day
from models.call import Call

#: call-backs that can be promised for one time
CAPACITY = 10
TIMES = {"morning": time(10, 0), "afternoon": time(14, 30), "evening": time(18, 30)}
DAYS = 4
SATURDAY = 5
ALL_DAY = Hours.within(())
#: names the lock under which PostgreSQL counts places; SQLite has one writer anyway
_LOCK = 20_260_302


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One time that may be promised."""

    at: datetime
    #: morning | afternoon | evening
    part: str
    #: places left; 0 also where the time has passed or the campaign may not call then
    free: int
    #: it can be promised no more, whoever asks
    is_past: bool


def free_slots(
    session: AnySession, now: datetime, hours: Hours = ALL_DAY, last: date | None = None
) -> list[Slot]:
    """Today, where it is a working day, and the working days after it, four in all, each with its times.

    `hours` and `last`, the hours and the last day of a campaign, leave no place outside them.
    """
    moments = [(at, part) for day in _working_days(now) for part, at in _times_of(day)]
    taken = _promised(session, [at for at, _ in moments])
    return [
        Slot(
            at=at,
            part=part,
            free=max(CAPACITY - taken.get(at, 0), 0) if at > now and _fits(at, hours, last) else 0,
            is_past=at <= now,
        )
        for at, part in moments
    ]


def book(session: AnySession, at: datetime, now: datetime, hours: Hours, last: date | None) -> None:
    """Make sure that a place is free at this time and stays so until the caller's transaction has ended."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    slot = next((slot for slot in free_slots(session, now, hours, last) if slot.at == at), None)
    if slot is None or slot.is_past or not _fits(at, hours, last):
        raise NoSuchSlot(at=at)
    if slot.free == 0:
        raise SlotFull(at=at)


def _fits(at: datetime, hours: Hours, last: date | None) -> bool:
    return is_open(hours, at) and (last is None or local_day(at) <= last)


def _working_days(now: datetime) -> Iterator[date]:
    day, found = local_day(now), 0
    while found < DAYS:
        if day.weekday() < SATURDAY:
            found += 1
            yield day
        day += timedelta(days=1)


def _times_of(day: date) -> Iterator[tuple[str, datetime]]:
    for part, at in TIMES.items():
        yield part, datetime.combine(day, at, tzinfo=LOCAL).astimezone(UTC)


def _promised(session: AnySession, moments: list[datetime]) -> dict[datetime, int]:
    asked = (
        select(Call.due_at, func.count())
        .where(Call.is_appointed.is_(True), Call.state.in_(("waiting", "taken")), Call.due_at.in_(moments))
        .group_by(Call.due_at)
    )
    return {at: count for at, count in session.execute(asked)}
