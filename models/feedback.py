"""What came back: every receipt, result, order, refusal and complaint as it arrived, matched or not."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

FEEDS = ("receipt", "call_result", "order", "opt_out", "complaint", "reply")
#: what an SMS centre may say of a message
STATUSES = ("DELIVRD", "UNDELIV", "EXPIRED", "DELETED", "REJECTD", "ACCEPTD", "ENROUTE", "UNKNOWN")
#: how a call may end
OUTCOMES = ("success", "consider", "refuse", "not_reached")


class Feedback(Base):
    """One answer from outside; kept for ever, applied at most once."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("feed", "key"),
        Index(None, "feed", "state", "id"),
        Index(None, "feed", "received_at"),
        Index(None, "message_id"),
        Index(None, "centre_id"),
        Index(None, "feed", "sid", "occurred_at"),
        Index(None, "feed", "product", "occurred_at"),
        Index(None, "campaign_id", "feed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: receipt | call_result | order | opt_out | complaint | reply (any other word of a customer)
    feed: Mapped[str] = mapped_column(String(12))
    #: the sender's own id; the same key twice is a repeat
    key: Mapped[str] = mapped_column(String(60))
    #: contact's message id, for receipts and call results; a receipt of a link gets it when it is matched
    message_id: Mapped[str] = mapped_column(String(40), default="")
    #: the SMS centre's own id of the message, for receipts that came over its link
    centre_id: Mapped[str] = mapped_column(String(65), default="")
    #: token of the number, for orders, refusals, complaints and what came over a link
    token: Mapped[str] = mapped_column(String(40), default="")
    #: whose it is; None while unknown
    sid: Mapped[int | None] = mapped_column(BigInteger)
    product: Mapped[str] = mapped_column(String(20), default="")
    channel: Mapped[str] = mapped_column(String(20), default="")
    #: status, outcome, words: what else was said
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    #: times it came again
    repeats: Mapped[int] = mapped_column(default=0)
    #: new | matched | unmatched | unknown (nobody of ours)
    state: Mapped[str] = mapped_column(String(12), default="new")
    #: the campaign it was matched to
    campaign_id: Mapped[int | None]


class FeedbackFile(Base):
    """A file of answers: what its manifest promised and what was in it."""

    __tablename__ = "feedback_file"
    __table_args__ = (Index(None, "day", "feed"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    feed: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(120), unique=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    #: utf-8 | gb18030
    encoding: Mapped[str] = mapped_column(String(12), default="utf-8")
    day: Mapped[date]
    #: reading | read | refused (nothing of it was kept)
    state: Mapped[str] = mapped_column(String(12), default="read")
    promised: Mapped[int]
    #: lines dealt with so far; a reading that broke off goes on behind them
    lines: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    #: lines whose key was known already
    repeated: Mapped[int] = mapped_column(default=0)
    #: accepted lines about nobody of ours
    unknown: Mapped[int] = mapped_column(default=0)
    #: lines that could not be used
    rejected: Mapped[int] = mapped_column(default=0)
    #: times the very same file came again under its name
    again: Mapped[int] = mapped_column(default=0)
    #: [{"line", "message", "fields"}] of the first of them; line 0 is the file as a whole
    refused: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    received_at: Mapped[datetime]


class Balance(Base):
    """A line of the reconciliation: sent against what came back, per work order and day or per file."""

    __tablename__ = "balance"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "day"),
        Index(None, "day"),
        Index(None, "state", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: work_order | file | feed (all that came of one feed in a day, by whatever way)
    kind: Mapped[str] = mapped_column(String(12))
    #: id of the work order or of the file; place of the feed in FEEDS, from 1
    subject_id: Mapped[int]
    day: Mapped[date]
    #: left for the channel; lines a manifest promised
    sent: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    #: nothing heard yet, or nobody knows
    pending: Mapped[int] = mapped_column(default=0)
    #: {"what": number}: the differences a person must look at; empty where it balances
    differences: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: balanced | open | explained
    state: Mapped[str] = mapped_column(String(12), default="balanced")
    computed_at: Mapped[datetime]
    #: the process of the to-do that looks at the differences
    process_id: Mapped[int | None] = mapped_column(index=True)
