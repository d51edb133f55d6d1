"""What was done, by whom, for whom: append-only and chained, so that a change or a gap shows."""

from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class HistoryEvent(Base):
    """One event of one chain; a process has a chain of its own, other objects have theirs."""

    __tablename__ = "history_event"
    __table_args__ = (
        UniqueConstraint("chain", "seq"),
        Index(None, "subject_type", "subject_id", "at"),
        Index(None, "actor", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: e.g. "process:17", "staff:4"
    chain: Mapped[str] = mapped_column(String(60))
    #: 1, 2, 3 ... without a gap
    seq: Mapped[int]
    at: Mapped[datetime]
    #: login, or "system"
    actor: Mapped[str] = mapped_column(String(40))
    on_behalf_of: Mapped[str | None] = mapped_column(String(40))
    #: e.g. started, claimed, completed, refused, entered, left, job_done, message, timer, stopped
    verb: Mapped[str] = mapped_column(String(24))
    subject_type: Mapped[str] = mapped_column(String(24), default="")
    subject_id: Mapped[int] = mapped_column(default=0)
    element: Mapped[str | None] = mapped_column(String(80))
    #: canonical JSON of what else belongs to the event
    details: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    #: sha256 over the event's fields and the previous digest
    digest: Mapped[str] = mapped_column(String(64))
