"""The planner's screens share one warehouse and one app; the province is furnished anew for each test."""

from tests.app.campaigns.fixtures import app, planner_web, session, warehouse

__all__ = ["app", "planner_web", "session", "warehouse"]
