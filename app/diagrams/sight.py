"""Who may see a process: the one rule behind its to-dos, its trail and its diagrams."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, or_, select, true
from sqlalchemy.orm import Session, joinedload

from app.access import visible_offices
from models.campaign import Campaign
from models.execution import WorkOrder
from models.feedback import Balance
from models.organisation import Office, Staff
from models.process import Candidate, Process, ToDo

#: who acts where no person does
SYSTEM = "system"


def campaign_of_process() -> ColumnElement[int]:
    """Id of the campaign a process carries, or of the one whose work order its line of reconciliation is."""
    reconciled = (
        select(WorkOrder.campaign_id)
        .join(Balance, and_(Balance.kind == "work_order", Balance.subject_id == WorkOrder.id))
        .where(Balance.id == Process.subject_id)
        .correlate(Process)
        .scalar_subquery()
    )
    return case(
        (Process.subject_type == "campaign", Process.subject_id),
        (Process.subject_type == "balance", reconciled),
    )


def with_campaign(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join a process with its campaign, the office of that and who started it, where there are any."""
    return (
        query.select_from(Process)
        .outerjoin(Campaign, Campaign.id == campaign_of_process())
        .outerjoin(Office, Office.id == Campaign.office_id)
        .outerjoin(Staff, Staff.login == Process.started_by)
    )


def may_see(staff: Staff) -> ColumnElement[bool]:
    """A condition on a query `with_campaign`: auditors see every process.

    Others see those of the offices they cover, and those they started, decided in or are asked to decide in.
    """
    if staff.has_role("auditor"):
        return true()
    has = select(ToDo.id).where(
        ToDo.process_id == Process.id, or_(ToDo.closed_by == staff.login, ToDo.assignee == staff.login)
    )
    offered = (
        select(Candidate.id)
        .join(ToDo, ToDo.id == Candidate.to_do_id)
        .where(ToDo.process_id == Process.id, Candidate.login == staff.login)
    )
    mine = or_(Process.started_by == staff.login, *(q.correlate(Process).exists() for q in (has, offered)))
    return or_(mine, and_(Office.id.is_not(None), visible_offices(staff)))


def process_for(session: Session, staff: Staff, process_id: int) -> Process | None:
    """The process with its version, if this person may see it."""
    query = with_campaign(select(Process)).where(Process.id == process_id, may_see(staff))
    found: Process | None = session.scalar(query.options(joinedload(Process.version)))
    return found
