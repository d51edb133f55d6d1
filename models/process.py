"""What the engine keeps: versions of diagrams and tables, processes, their to-dos, waits, jobs, incidents."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base


class ProcessVersion(Base):
    """One published version of a process: its diagrams, forms and pinned tables, immutable under a digest."""

    __tablename__ = "process_version"
    __table_args__ = (UniqueConstraint("key", "number"), UniqueConstraint("key", "digest"))

    id: Mapped[int] = mapped_column(primary_key=True)
    #: id of the top process in the diagrams, e.g. "loop"
    key: Mapped[str] = mapped_column(String(60), index=True)
    number: Mapped[int]
    #: sha256 over sources, forms and pinned decisions
    digest: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    #: {file name: text} of every diagram and form, compressed
    sources: Mapped[bytes] = mapped_column(LargeBinary)
    #: the parsed specification, compressed
    specification: Mapped[bytes] = mapped_column(LargeBinary)
    #: {decision id: digest} in force when this version was published
    decisions: Mapped[dict[str, str]] = mapped_column(JSON)
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(40))


class DecisionVersion(Base):
    """One published version of a decision table, immutable under its digest."""

    __tablename__ = "decision_version"
    __table_args__ = (UniqueConstraint("key", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), index=True)
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    xml: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(40))


class Process(Base):
    """A running or ended instance of a process version."""

    __tablename__ = "process"
    __table_args__ = (Index(None, "subject_type", "subject_id"), Index(None, "state", "next_due"))

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("process_version.id"), index=True)
    #: what it is about, e.g. ("campaign", 17); the engine never looks behind it
    subject_type: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[int]
    #: running | done | stopped
    state: Mapped[str] = mapped_column(String(12), default="running")
    #: name of the end event reached at the top, e.g. "end_rejected"
    outcome: Mapped[str | None] = mapped_column(String(60))
    #: raised by one with every verb; a verb that finds another number lost the race
    revision: Mapped[int] = mapped_column(default=0)
    #: earliest timer this process waits for
    next_due: Mapped[datetime | None]
    started_at: Mapped[datetime]
    started_by: Mapped[str] = mapped_column(String(40))
    ended_at: Mapped[datetime | None]

    version: Mapped["ProcessVersion"] = relationship("ProcessVersion")


class ProcessState(Base):
    """The tasks of a process: a snapshot, or what one later revision changed in it."""

    __tablename__ = "process_state"

    process_id: Mapped[int] = mapped_column(ForeignKey("process.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    is_snapshot: Mapped[bool]
    body: Mapped[bytes] = mapped_column(LargeBinary)


class OpenNode(Base):
    """Where a process stands: every call activity, to-do, timer, message or job open just now."""

    __tablename__ = "open_node"
    __table_args__ = (Index(None, "element", "depth"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("process.id"), index=True)
    #: the engine's token id, unique within a process
    token: Mapped[str] = mapped_column(String(36))
    element: Mapped[str] = mapped_column(String(80))
    #: ids of the calling elements and this one, e.g. "approve/prefecture_review"
    path: Mapped[str] = mapped_column(String(300))
    #: 0 at the top of the diagram
    depth: Mapped[int]
    #: call | user | timer | message | job | other
    kind: Mapped[str] = mapped_column(String(12))
    since: Mapped[datetime]


class ToDo(Base):
    """A human task waiting for, or decided by, a person."""

    __tablename__ = "to_do"
    __table_args__ = (
        Index(None, "state", "assignee"),
        Index(None, "process_id", "state"),
        Index(None, "subject_type", "subject_id"),
        Index(None, "closed_by", "closed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("process.id"))
    token: Mapped[str] = mapped_column(String(36))
    element: Mapped[str] = mapped_column(String(80))
    path: Mapped[str] = mapped_column(String(300))
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    form: Mapped[str] = mapped_column(String(60))
    #: properties of the task in the diagram, e.g. {"outcomes": "pass,adjust,reject"}
    properties: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: process data the form and the outcome rules may read, e.g. {"campaign_id": 17, "channel": "sms"}
    variables: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: written by the listener that knows the business
    subject_type: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[int]
    title: Mapped[str] = mapped_column(String(200), default="")
    office_id: Mapped[int | None] = mapped_column(index=True)
    #: login of the one who has it; None while it is to be claimed
    assignee: Mapped[str | None] = mapped_column(String(40))
    #: open | done | cancelled
    state: Mapped[str] = mapped_column(String(12), default="open")
    #: what the person has typed so far
    draft: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    #: what the person handed in
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    outcome: Mapped[str | None] = mapped_column(String(24))
    opinion: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(40))

    candidates: Mapped[list["Candidate"]] = relationship(
        "Candidate", cascade="all, delete-orphan", lazy="selectin", back_populates="to_do"
    )
    process: Mapped["Process"] = relationship("Process")

    def may_be_decided_by(self, login: str) -> bool:
        """Open, and either mine or to be claimed by me."""
        if self.state != "open":
            return False
        if self.assignee is not None:
            return self.assignee == login
        return any(candidate.login == login for candidate in self.candidates)


class Candidate(Base):
    """A person who may claim a to-do."""

    __tablename__ = "candidate"
    __table_args__ = (UniqueConstraint("to_do_id", "login"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    to_do_id: Mapped[int] = mapped_column(ForeignKey("to_do.id", ondelete="CASCADE"))
    login: Mapped[str] = mapped_column(String(40), index=True)

    to_do: Mapped["ToDo"] = relationship("ToDo", back_populates="candidates")


class MessageWait(Base):
    """A process waiting for a message; found by name and correlation, never by looking into every process."""

    __tablename__ = "message_wait"
    __table_args__ = (Index(None, "name", "correlation"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("process.id"), index=True)
    token: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(80))
    #: e.g. the campaign id as text; empty where any will do
    correlation: Mapped[str] = mapped_column(String(80), default="")


class Job(Base):
    """A background unit of work; its row is committed before the work begins."""

    __tablename__ = "job"
    __table_args__ = (UniqueConstraint("process_id", "key"), Index(None, "state", "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("process.id"))
    #: the persisted token the work belongs to, the same at every try
    key: Mapped[str] = mapped_column(String(60))
    element: Mapped[str] = mapped_column(String(80))
    operation: Mapped[str] = mapped_column(String(80))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: ready | running | done | failed | cancelled
    state: Mapped[str] = mapped_column(String(12), default="ready")
    attempts: Mapped[int] = mapped_column(default=0)
    #: how often the diagram lets it be tried, whatever fails; None where the diagram does not say
    tries: Mapped[int | None]
    #: seconds one try may take
    time_limit: Mapped[int] = mapped_column(default=1800)
    due_at: Mapped[datetime]
    #: until when a worker has it
    leased_until: Mapped[datetime | None]
    #: raised with each claim; a late worker finds another number
    fence: Mapped[int] = mapped_column(default=0)
    #: English message with %(field)s, and its fields, of the last failure
    message: Mapped[str] = mapped_column(Text, default="")
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    process: Mapped["Process"] = relationship("Process")


class Incident(Base):
    """A job that gave up, in words; open until a person repaired it."""

    __tablename__ = "incident"
    __table_args__ = (Index(None, "state", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("process.id"), index=True)
    #: the job that failed; None where what follows a timer failed
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"), index=True)
    element: Mapped[str] = mapped_column(String(80))
    #: English message with %(field)s, and its fields; screens translate it
    message: Mapped[str] = mapped_column(Text)
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: open | repaired
    state: Mapped[str] = mapped_column(String(12), default="open")
    created_at: Mapped[datetime]
    repaired_at: Mapped[datetime | None]
    repaired_by: Mapped[str | None] = mapped_column(String(40))
