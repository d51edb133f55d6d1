"""Execution: work orders, one contact a person and channel, and who asked not to be disturbed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base


class WorkOrder(Base):
    """One channel, one time slot, part of the audience."""

    __tablename__ = "work_order"
    __table_args__ = (
        UniqueConstraint("campaign_id", "submission", "channel", "planned_on"),
        Index(None, "state", "planned_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: RW-office-year-serial
    number: Mapped[str] = mapped_column(String(24), unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    submission: Mapped[int]
    channel: Mapped[str] = mapped_column(String(20), index=True)
    planned_on: Mapped[date]
    #: moment the list may leave
    planned_at: Mapped[datetime]
    people: Mapped[int] = mapped_column(default=0)
    #: {"over_frequency": {"treated": 3, "control": 0}, ...} of the last check
    suppressed: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: what is said, as it was when the list left; later changes do not reach it
    content: Mapped[str] = mapped_column(Text, default="")
    #: promotions offer a refusal and stay out of quiet hours
    is_promotion: Mapped[bool] = mapped_column(default=True)
    #: to_dispatch | dispatched | paused | done | stopped
    state: Mapped[str] = mapped_column(String(16), default="to_dispatch")
    #: who held it back, since when and why; empty while nobody does
    paused_by: Mapped[str] = mapped_column(String(40), default="")
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str] = mapped_column(Text, default="")
    file: Mapped[str] = mapped_column(String(200), default="")
    file_digest: Mapped[str] = mapped_column(String(64), default="")
    handed_over_at: Mapped[datetime | None]

    campaign: Mapped["Campaign"] = relationship("Campaign")  # type: ignore[name-defined]  # noqa: F821


class Contact(Base):
    """One person to be met, or met, through one channel for one work order."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("work_order_id", "sid"),
        Index(None, "work_order_id", "id"),
        Index(None, "campaign_id", "state"),
        Index(None, "sid", "contacted_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    sid: Mapped[int] = mapped_column(BigInteger)
    channel: Mapped[str] = mapped_column(String(20))
    #: carried by the channel and its answers; text of the row's own
    message_id: Mapped[str] = mapped_column(String(40), unique=True)
    #: parts charged, or calls
    units: Mapped[int] = mapped_column(default=1)
    #: planned | waiting (for a later batch) | suppressed | stopped | handed_over (in a list, nothing heard);
    #: sms: accepted | delivered | failed | unknown; call: reached | not_reached
    state: Mapped[str] = mapped_column(String(16), default="planned")
    #: why it was suppressed or failed
    cause: Mapped[str] = mapped_column(String(40), default="")
    #: success | consider | refuse | "" ; an order within the window makes a success
    outcome: Mapped[str] = mapped_column(String(12), default="")
    reason: Mapped[str] = mapped_column(String(40), default="")
    #: the moment that counts against the limits
    contacted_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class DoNotDisturb(Base):
    """A person who refuses a channel, since when, and how we know."""

    __tablename__ = "do_not_disturb"
    __table_args__ = (UniqueConstraint("sid", "channel"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sid: Mapped[int] = mapped_column(BigInteger)
    channel: Mapped[str] = mapped_column(String(20), index=True)
    since: Mapped[datetime]
    #: reply | staff | list
    source: Mapped[str] = mapped_column(String(20))
