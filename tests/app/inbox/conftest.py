"""The inbox tests share the office of the three screens."""

from tests.app.inbox.fixtures import app, session, web

__all__ = ["app", "session", "web"]
