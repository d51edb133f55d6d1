"""Diagrams for pages and islands: the files of a version, and where a process stands in one of them."""

from app.diagrams.views import bp

__all__ = ["bp"]
