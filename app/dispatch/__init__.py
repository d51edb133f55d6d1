"""Dispatch and execution: work orders as they are carried out, their balances, and times without sending."""

from app.dispatch import acts, balances, blackouts
from app.dispatch.views import bp

__all__ = ["acts", "balances", "blackouts", "bp"]
