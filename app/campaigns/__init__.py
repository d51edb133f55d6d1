"""The planner's screens: list of campaigns, new campaign, the planning wizard, the page of one campaign."""

from app.campaigns import plan, show
from app.campaigns.views import bp

__all__ = ["bp", "plan", "show"]
