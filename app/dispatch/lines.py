"""Lines of the reconciliation as a page shows them: what each is about, and the to-do that looks at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from app.access import visible_offices
from models.campaign import Campaign
from models.execution import WorkOrder
from models.feedback import FEEDS, Balance, FeedbackFile
from models.organisation import Office, Staff
from models.process import ToDo

#: lines on one page
PAGE = 40
KINDS = ("work_order", "file", "feed")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line with what it is about."""

    balance: Balance
    order: WorkOrder | None
    campaign: str
    file: FeedbackFile | None
    #: the open to-do that looks at it
    to_do_id: int | None

    @property
    def feed(self) -> str:
        """The feed of a file or of a day's answers."""
        if self.balance.kind == "feed":
            return FEEDS[self.balance.subject_id - 1]
        return self.file.feed if self.file else ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page of lines, and how many there are in all."""

    lines: tuple[Line, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """At least one."""
        return max(1, -(-self.total // PAGE))


def balances(session: Session, staff: Staff, kind: str, page: int) -> Found:
    """Lines that do not balance first, then the latest day first; two statements."""
    asked = _asked().where(_in_sight(staff))
    if kind in KINDS:
        asked = asked.where(Balance.kind == kind)
    total = session.scalar(asked.with_only_columns(func.count(Balance.id.distinct())).order_by(None)) or 0
    at = max(page, 1)
    order = (Balance.state != "open", Balance.day.desc(), Balance.kind.desc(), Balance.id)
    rows = session.execute(asked.order_by(*order).limit(PAGE).offset((at - 1) * PAGE))
    return Found(lines=tuple(_line(row) for row in rows), total=total, page=at)


def lines_of_order(session: Session, order: WorkOrder) -> Sequence[Line]:
    """The lines of one work order by day."""
    asked = _asked().where(Balance.kind == "work_order", Balance.subject_id == order.id)
    return [_line(row) for row in session.execute(asked.order_by(Balance.day))]


def open_lines(session: Session, staff: Staff) -> int:
    """How many lines in sight do not balance."""
    asked = _asked().where(_in_sight(staff), Balance.state == "open")
    return session.scalar(asked.with_only_columns(func.count(Balance.id.distinct()))) or 0


def _asked() -> Select[*tuple[Any, ...]]:
    is_order = and_(Balance.kind == "work_order", WorkOrder.id == Balance.subject_id)
    is_file = and_(Balance.kind == "file", FeedbackFile.id == Balance.subject_id)
    waits = and_(ToDo.process_id == Balance.process_id, ToDo.state == "open")
    return (
        select(Balance, WorkOrder, Campaign.name, FeedbackFile, ToDo.id)
        .outerjoin(WorkOrder, is_order)
        .outerjoin(Campaign, Campaign.id == WorkOrder.campaign_id)
        .outerjoin(Office, Office.id == Campaign.office_id)
        .outerjoin(FeedbackFile, is_file)
        .outerjoin(ToDo, waits)
    )


def _in_sight(staff: Staff) -> ColumnElement[bool]:
    """Work orders by their campaign's office; files and feeds are of the province."""
    of_province = Balance.kind != "work_order" if staff.office.level == "province" else false()
    return or_(of_province, and_(Office.id.is_not(None), visible_offices(staff)))


def _line(row: Row[*tuple[Any, ...]]) -> Line:
    balance, order, campaign, file, to_do_id = row
    return Line(balance=balance, order=order, campaign=campaign or "", file=file, to_do_id=to_do_id)
