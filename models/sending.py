"""Sending: batches with their high-water mark, answers of the SMS centre, single messages, the link."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

#: a sender that says nothing for so long does not work
SILENCE = timedelta(seconds=30)
#: turn of a batch that does not stand in line yet
LAST = 2**31 - 1


class SendBatch(Base):
    """Up to 1,000 contacts of one work order that one sender has at a time.

    `intended_to` is the intent: it is committed before the wire and never falls. Who stands above it was
    never sent to; who stands at or below it without an answer may have been, and is unknown for now.
    Where some of them must wait, another batch follows this one with the same ids.
    """

    __tablename__ = "send_batch"
    __table_args__ = (
        UniqueConstraint("work_order_id", "number"),
        Index(None, "state", "due_at"),
        Index(None, "state", "turn"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    #: from 1 within the work order
    number: Mapped[int]
    #: ids of the first and the last contact; those of the work order between them still planned are the batch
    first_id: Mapped[int] = mapped_column(BigInteger)
    last_id: Mapped[int] = mapped_column(BigInteger)
    people: Mapped[int]
    #: ready | taken | held (by a person) | sent (nothing left for the wire) |
    #: settled (contacts and ledger follow the answers)
    state: Mapped[str] = mapped_column(String(12), default="ready")
    #: the lowest is taken first: of each work order one batch stands in line, behind those served after it
    turn: Mapped[int] = mapped_column(default=LAST)
    #: not before, e.g. when quiet hours end
    due_at: Mapped[datetime]
    #: raised with each claim, pause and stop; a late sender finds another number and sends no more
    fence: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    #: id of the last contact that may have been sent to
    intended_to: Mapped[int] = mapped_column(BigInteger, default=0)
    ended_at: Mapped[datetime | None]


class SendAnswer(Base):
    """What the SMS centre said to one part of one message; only ever added.

    No foreign key: rows are written under the fence of their batch; a check a row would cost as much again.
    """

    __tablename__ = "send_answer"
    __table_args__ = (Index(None, "contact_id"), Index(None, "centre_id"))

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    batch_id: Mapped[int]
    contact_id: Mapped[int] = mapped_column(BigInteger)
    #: from 1, and how many there are
    part: Mapped[int]
    parts: Mapped[int] = mapped_column(default=1)
    #: command_status of the protocol: 0 accepted, else refused
    status: Mapped[int]
    #: the centre's own id of the message, empty where refused
    centre_id: Mapped[str] = mapped_column(String(65), default="")
    at: Mapped[datetime]


class DirectMessage(Base):
    """One message to one customer outside every list, e.g. to confirm an order; sent at most once."""

    __tablename__ = "direct_message"
    __table_args__ = (Index(None, "state", "id"), Index(None, "sid", "created_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    #: what it is for, e.g. "order_confirmation"; with the key it is unique
    purpose: Mapped[str] = mapped_column(String(24))
    key: Mapped[str] = mapped_column(String(60), unique=True)
    sid: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(Text)
    #: ready | intended | accepted | delivered | failed | unknown
    state: Mapped[str] = mapped_column(String(12), default="ready")
    cause: Mapped[str] = mapped_column(String(40), default="")
    fence: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    centre_id: Mapped[str] = mapped_column(String(65), default="", index=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Link(Base):
    """How the way to an SMS centre stands, as its sender last said."""

    __tablename__ = "link"

    #: e.g. "sms"
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    #: up | down | refused (the centre will not have us) | unset (no centre is configured)
    state: Mapped[str] = mapped_column(String(12))
    #: English message with %(field)s, and its fields; empty while up
    message: Mapped[str] = mapped_column(Text, default="")
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: messages a second it allows itself just now
    rate: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime]
    #: by the machine's clock: its sender says so every few seconds
    seen_at: Mapped[datetime]

    def is_silent(self, machine_now: datetime) -> bool:
        """Its sender has said nothing for so long that it does not work; what else stands here is old."""
        return machine_now - self.seen_at > SILENCE


class Blackout(Base):
    """A span of time in which nothing is sent, to a region or to all, through a channel or all."""

    __tablename__ = "blackout"
    __table_args__ = (Index(None, "ends_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: empty means every channel
    channel: Mapped[str] = mapped_column(String(20), default="")
    #: code of a prefecture or county; "00" means the whole province
    office_code: Mapped[str] = mapped_column(String(8), default="00")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(String(40))
    made_at: Mapped[datetime]
