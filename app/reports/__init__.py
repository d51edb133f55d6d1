"""What campaigns were worth: the list of evaluations and the page of one."""

from app.reports.views import bp

__all__ = ["bp"]
