"""What went wrong in the background, in words, for those who must know."""

from app.incidents.views import bp

__all__ = ["bp"]
