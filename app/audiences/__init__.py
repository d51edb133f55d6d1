"""Audiences while they are made: the condition editor's acts and the live preview."""

from app.audiences.views import bp

__all__ = ["bp"]
