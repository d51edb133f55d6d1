"""Whole sets of rows changed in one statement, without the session looking at what it has in memory."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Delete, Insert, Update
from sqlalchemy.orm import Session

from handlers.contacts import AnySession

#: a session of one's own for one piece of work
Sessions = Callable[[], AbstractContextManager[Session]]


def change(session: AnySession, statement: Update | Insert | Delete) -> int:
    """Carry a statement out; how many rows it changed."""
    done = session.execute(statement, execution_options={"synchronize_session": False})
    return int(getattr(done, "rowcount", 0))
