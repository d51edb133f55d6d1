"""What gave up in the background, in words, and what a person may do about it."""

from app.incidents.views import bp

__all__ = ["bp"]
