"""The one clock: the system's, or in demo mode a row that the simulated outside world moves on."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import select

from models.base import db
from models.clock import DemoClock

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The moment it is; the only place that asks the machine."""
    return datetime.now(UTC)


def demo_clock() -> datetime:
    """The moment it is in the demo; the machine's while nobody has set the row."""
    found = db.session.execute(select(DemoClock.now).order_by(DemoClock.id).limit(1)).scalar()
    return found if found is not None else system_clock()
