"""Where answers from outside come in: kept as rows, matched later by the diagram's operations."""

from app.intake.http import bp

__all__ = ["bp"]
