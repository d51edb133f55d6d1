"""Who may hold a work order back, let it go on or end it."""

from models.execution import WorkOrder
from models.organisation import Staff


def may_act(staff: Staff, order: WorkOrder) -> bool:
    """The keeper of its channel, and planners of its campaign's own office."""
    is_planner = staff.has_role("planner") and staff.office_id == order.campaign.office_id
    return is_planner or staff.keeps_channel(order.channel)
