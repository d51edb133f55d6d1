"""The outbound desk: one call at a time, what to say, and what came of it."""

from app.calls.views import bp

__all__ = ["bp"]
