"""Outbound calls: a row a call agent pulls, every try, and an order that waits for the customer's own yes."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base

IS_TAKEN = text("state = 'taken'")


class Call(Base):
    """One customer of a call list, until a talk or the last try has ended it."""

    __tablename__ = "call"
    __table_args__ = (
        UniqueConstraint("contact_id"),
        Index(None, "state", "due_at", "id"),
        Index(None, "is_appointed", "state", "due_at"),
        Index(None, "work_order_id", "state"),
        # a call agent holds at most one
        Index(None, "taken_by", unique=True, sqlite_where=IS_TAKEN, postgresql_where=IS_TAKEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    sid: Mapped[int] = mapped_column(BigInteger, index=True)
    #: waiting | taken | done | stopped
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    #: not before; an appointment or the pause between tries
    due_at: Mapped[datetime]
    #: the customer chose this moment, and it comes before others
    is_appointed: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    #: login of the call agent who has it, or had it last; an appointment is kept for them first
    taken_by: Mapped[str | None] = mapped_column(String(40))
    taken_at: Mapped[datetime | None]
    #: raised when it is pulled and when it is let go; a result of any other pull is refused
    fence: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    contact: Mapped["Contact"] = relationship("Contact")  # type: ignore[name-defined]  # noqa: F821
    work_order: Mapped["WorkOrder"] = relationship("WorkOrder")  # type: ignore[name-defined]  # noqa: F821


class CallTaking(Base):
    """One pull: from here on this call agent could dial the number, whatever came of it; only ever added."""

    __tablename__ = "call_taking"
    __table_args__ = (UniqueConstraint("call_id", "fence"), Index(None, "login", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    #: of the call while it was held
    fence: Mapped[int]
    login: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]


class CallAttempt(Base):
    """One try at a call and how it ended; only ever added."""

    __tablename__ = "call_attempt"
    __table_args__ = (UniqueConstraint("call_id", "number"), Index(None, "login", "ended_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    #: from 1
    number: Mapped[int]
    #: the sender's own key; the same key twice is a repeat
    key: Mapped[str] = mapped_column(String(60), unique=True)
    login: Mapped[str] = mapped_column(String(40))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    #: success | consider | refuse | not_reached
    outcome: Mapped[str] = mapped_column(String(12))
    #: code of the reason, empty for a success (handlers/channels/calls/outcomes.py)
    reason: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    #: when the customer wants to be called again
    call_back_at: Mapped[datetime | None]
    #: when it is tried again or called back; None where this was the last try
    next_at: Mapped[datetime | None]


class OrderRequest(Base):
    """An order made for a customer in a talk; it leaves only after the customer's own yes."""

    __tablename__ = "order_request"
    __table_args__ = (UniqueConstraint("contact_id", "product"), Index(None, "sid", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    sid: Mapped[int] = mapped_column(BigInteger)
    product: Mapped[str] = mapped_column(String(20))
    #: asked | confirmed | sent (to the order system) | lapsed
    state: Mapped[str] = mapped_column(String(12), default="asked", index=True)
    asked_by: Mapped[str] = mapped_column(String(40))
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    #: file it left in
    file: Mapped[str] = mapped_column(String(120), default="")
