"""What the inbox reads; each page needs the same few statements however many rows it shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import Select, and_, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from models.campaign import Campaign
from models.feedback import FEEDS, Balance
from models.organisation import Office, Staff
from models.process import Candidate, OpenNode, Process, ToDo

Tab = Literal["mine", "claim", "done", "started"]
Query: TypeAlias = Select[*tuple[Any, ...]]
TABS: tuple[Tab, ...] = ("mine", "claim", "done", "started")

#: rows shown of one tab; the count beside the tab says how many there are
LIMIT = 200

Holder = aliased(Staff)


@dataclass(frozen=True, kw_only=True)
class Label:
    """A name in both languages."""

    name: str
    name_en: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the list: a to-do, or a process I started that waits for nobody just now."""

    to_do_id: int | None
    process_id: int
    process_state: str
    #: name of the task in the diagram
    step: Label | None
    #: ids of the calling elements and the task
    path: str
    title: str
    number: str
    submissions: int
    planner: Label | None
    office: Label | None
    holder: Label | None
    state: str
    outcome: str
    due_at: datetime | None
    closed_at: datetime | None
    #: what the process is about: campaign | balance
    subject: str = "campaign"
    #: the feed and the day a line of the reconciliation is about; "" and None for others
    feed: str = ""
    day: date | None = None

    @property
    def stage(self) -> str:
        """The stage of the loop the to-do belongs to: the first element of its path."""
        return self.path.split("/", 1)[0]


def rows(session: Session, tab: Tab, login: str, words: str = "") -> list[Row]:
    """The lines of one tab for one person, at most LIMIT; soonest due first, the done ones newest first."""
    query = _found(_lines(tab, login), words).limit(LIMIT)
    found = [_row(line) for line in session.execute(query)]
    return _with_stages(session, found) if tab == "started" else found


def _with_stages(session: Session, found: list[Row]) -> list[Row]:
    """A process that waits for nobody shows the stage it stands in."""
    resting = [row.process_id for row in found if row.to_do_id is None]
    query = select(OpenNode.process_id, OpenNode.path)
    query = query.where(OpenNode.process_id.in_(resting), OpenNode.depth == 0)
    stages = {process_id: path for process_id, path in session.execute(query)}
    return [replace(row, path=row.path or stages.get(row.process_id, "")) for row in found]


def _lines(tab: Tab, login: str) -> Query:
    """The lines of one tab in their order; of a process I started, its oldest open to-do."""
    if tab == "started":
        open_one = aliased(ToDo)
        waits = and_(open_one.process_id == Process.id, open_one.state == "open")
        oldest = select(func.min(open_one.id)).where(waits).correlate(Process).scalar_subquery()
        query = _wide(_columns().select_from(Process).outerjoin(ToDo, ToDo.id == oldest))
        return query.where(Process.started_by == login).order_by(
            Process.state != "running", Process.id.desc()
        )
    query = _wide(_columns().select_from(ToDo).join(Process, Process.id == ToDo.process_id))
    if tab == "done":
        mine = and_(ToDo.closed_by == login, ToDo.state == "done")
        return query.where(mine).order_by(ToDo.closed_at.desc(), ToDo.id.desc())
    return query.where(ToDo.id.in_(_open_ids(tab, login))).order_by(
        ToDo.due_at.is_(None), ToDo.due_at, ToDo.id
    )


def counts(session: Session, login: str) -> dict[str, int]:
    """How many to-dos are mine, and how many I could claim."""
    query = select(
        *(
            select(func.count()).where(ToDo.id.in_(_open_ids(tab, login))).scalar_subquery()
            for tab in ("mine", "claim")
        )
    )
    mine, claim = session.execute(query).one()
    return {"mine": mine, "claim": claim}


def done_since(session: Session, login: str, since: datetime) -> int:
    """How many to-dos this person has decided since a moment."""
    mine = and_(ToDo.closed_by == login, ToDo.state == "done")
    return session.scalar(select(func.count()).where(mine, ToDo.closed_at >= since)) or 0


def _open_ids(tab: str, login: str) -> Query:
    """Open to-dos that are this person's (assigned, or nobody else is a candidate) or may be claimed."""
    others = aliased(Candidate)
    alone = ~select(others.id).where(others.to_do_id == ToDo.id, others.login != login).exists()
    offered = (
        select(ToDo.id)
        .join(Candidate, Candidate.to_do_id == ToDo.id)
        .where(Candidate.login == login, ToDo.state == "open", ToDo.assignee.is_(None))
    )
    if tab == "claim":
        return offered.where(~alone)
    assigned = select(ToDo.id).where(ToDo.state == "open", ToDo.assignee == login)
    both = union(assigned, offered.where(alone)).subquery()
    return select(both.c.id)


def _columns() -> Query:
    return select(
        ToDo.id,
        Process.id,
        Process.state,
        ToDo.name,
        ToDo.name_en,
        ToDo.path,
        func.coalesce(Campaign.name, ToDo.title, ""),
        Campaign.number,
        Campaign.submissions,
        Staff.name,
        Staff.name_en,
        Office.name,
        Office.name_en,
        Holder.name,
        Holder.name_en,
        ToDo.state,
        ToDo.outcome,
        ToDo.due_at,
        ToDo.closed_at,
        Process.subject_type,
        Balance.kind,
        Balance.subject_id,
        Balance.day,
    )


def _wide(query: Query) -> Query:
    """Join what a line says of its subject, of the office that has it and of who has the to-do."""
    about = and_(Process.subject_type == "campaign", Process.subject_id == Campaign.id)
    line = and_(Process.subject_type == "balance", Process.subject_id == Balance.id)
    return (
        query.outerjoin(Campaign, about)
        .outerjoin(Balance, line)
        .outerjoin(Staff, Staff.id == Campaign.planner_id)
        .outerjoin(Office, Office.id == func.coalesce(Campaign.office_id, ToDo.office_id))
        .outerjoin(Holder, Holder.login == ToDo.assignee)
    )


def _found(query: Query, words: str) -> Query:
    if not words:
        return query
    columns = (Campaign.name, Campaign.number, ToDo.title)
    return query.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))


def _row(line: Sequence[Any]) -> Row:
    return Row(
        to_do_id=line[0],
        process_id=line[1],
        process_state=line[2],
        step=_label(line[3], line[4]),
        path=line[5] or "",
        title=line[6],
        number=line[7] or "",
        submissions=line[8] or 0,
        planner=_label(line[9], line[10]),
        office=_label(line[11], line[12]),
        holder=_label(line[13], line[14]),
        state=line[15] or "",
        outcome=line[16] or "",
        due_at=line[17],
        closed_at=line[18],
        subject=line[19],
        feed=FEEDS[line[21] - 1] if line[20] == "feed" else "",
        day=line[22],
    )


def _label(name: str | None, name_en: str | None) -> Label | None:
    return None if name is None else Label(name=name, name_en=name_en or name)
