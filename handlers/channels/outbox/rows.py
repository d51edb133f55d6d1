"""Whole sets of rows changed in one statement, without the session looking at what it has in memory."""

from sqlalchemy import Delete, Insert, Update

from handlers.contacts import AnySession


def change(session: AnySession, statement: Update | Insert | Delete) -> int:
    """Carry a statement out; how many rows it changed."""
    done = session.execute(statement, execution_options={"synchronize_session": False})
    return int(getattr(done, "rowcount", 0))
