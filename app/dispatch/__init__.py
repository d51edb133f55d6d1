"""Dispatch and execution: work orders under way, their balances, times without sending, and refusals."""

from app.dispatch import acts, balances, blackouts, refusals
from app.dispatch.views import bp

__all__ = ["acts", "balances", "blackouts", "bp", "refusals"]
