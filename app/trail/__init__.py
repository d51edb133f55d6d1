"""The trail: every act on a process, who did it, for whom, and the proof that nothing was changed since."""

from app.trail.views import bp

__all__ = ["bp"]
