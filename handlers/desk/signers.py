"""Who may sign each step of a route: by role, level and department, never the one who submits."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, scoped_session

from models.campaign import Campaign
from models.organisation import Department, Office, Staff, StaffRole

Step = Mapping[str, Any]


def route_inputs(
    session: Session | scoped_session[Any], campaign: Campaign, people: int, cost_yuan: float
) -> dict[str, Any]:
    """What the decision table `approval_route` is asked about a campaign."""
    department = session.get(Department, campaign.department_id) if campaign.department_id else None
    return {
        "office_level": campaign.office.level,
        "department": department.code if department else "market",
        "campaign_type": campaign.campaign_type,
        "people": people,
        "cost": cost_yuan,
    }


def signers(
    session: Session | scoped_session[Any], campaign: Campaign, steps: Sequence[Step]
) -> list[tuple[Staff, ...]]:
    """For each step the people who may sign it, by login; an empty tuple where nobody may."""
    roles = sorted({str(step["role"]) for step in steps})
    people = session.scalars(
        select(Staff)
        .join(Staff.office)
        .outerjoin(Staff.department)
        .where(Staff.is_active, Staff.id != campaign.planner_id)
        .where(Staff.office_id.in_(_at_or_above(campaign.office)))
        .where(Staff.id.in_(select(StaffRole.staff_id).where(StaffRole.role.in_(roles))))
        .options(contains_eager(Staff.office), contains_eager(Staff.department))
        .order_by(Staff.login)
    )
    found = people.unique().all()
    return [tuple(person for person in found if _may_sign(person, step)) for step in steps]


def _at_or_above(office: Office | None) -> list[int]:
    found = []
    while office is not None:
        found.append(office.id)
        office = office.parent
    return found


def _may_sign(person: Staff, step: Step) -> bool:
    if person.office.level != step["level"] or not person.has_role(step["role"]):
        return False
    if not step["department"]:
        return True
    return person.department is not None and person.department.code == step["department"]
