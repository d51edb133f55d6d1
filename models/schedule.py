"""What is due by the calendar: runs that exist once a moment, and which node may say that it is time."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class ScheduledRun(Base):
    """One run of a piece of regular work; the moment is part of its name, so two clocks make one row."""

    __tablename__ = "scheduled_run"
    __table_args__ = (UniqueConstraint("name", "due_at"), Index(None, "state", "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    due_at: Mapped[datetime]
    #: ready | running | done | failed
    state: Mapped[str] = mapped_column(String(12), default="ready")
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    #: English message with %(field)s, and its fields, of the last failure
    message: Mapped[str] = mapped_column(Text, default="")
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    ended_at: Mapped[datetime | None]


class Leadership(Base):
    """The one node whose clock counts, until its lease ends."""

    __tablename__ = "leadership"

    #: what is led, e.g. "clock"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    leased_until: Mapped[datetime]
    #: raised with each change of hands
    fence: Mapped[int] = mapped_column(default=0)
