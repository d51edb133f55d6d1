"""The inbox: to-dos of the person who has signed in, and the evidence beside each decision."""

from app.inbox.views import bp

__all__ = ["bp"]
