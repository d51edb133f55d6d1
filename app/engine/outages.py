"""What a machine may lack for a while, whoever works on it: an answer of its database, room on its disk."""

import errno

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from models.base import Problem

#: no room, over the quota, over the largest size of a file, not to be written to
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
#: SQLite: input/output error, full; busy, cannot be opened, moved away
_SQLITE_NO_ROOM, _SQLITE_GONE = frozenset({10, 13}), frozenset({5, 8, 14})
#: PostgreSQL: disk full; connection lost, shut down or not up yet, too many connections
_NO_ROOM_STATES = ("53100",)
_GONE_STATES = ("08", "57P01", "57P02", "57P03", "53300")


class Outage(Problem):
    """Nothing is wrong with what was asked: it will do once the machine has what it lacks."""

    message = "The machine lacks something: %(reason)s."
    may_pass = True


class DatabaseGone(Outage):
    """The database cannot be reached, or lets nobody in."""

    message = "The database does not answer: %(reason)s."


class DiskFull(Outage):
    """What was to be written found no room."""

    message = "The disk is full, or may not be written to: %(reason)s."


def outage_of(problem: BaseException | None) -> Outage | None:
    """The outage behind an error, None where it is an error of another kind."""
    if isinstance(problem, Outage):
        return problem
    if isinstance(problem, NoConnectionFree):
        return DatabaseGone(reason="no connection was free")
    if isinstance(problem, DBAPIError):
        return _of_database(problem)
    if isinstance(problem, OSError) and problem.errno in _NO_ROOM:
        return DiskFull(reason=str(problem))
    return None


def _of_database(problem: DBAPIError) -> Outage | None:
    reason = (str(problem.orig).strip() or type(problem.orig).__name__).splitlines()[0]
    sqlite = getattr(problem.orig, "sqlite_errorcode", None)
    if sqlite is not None:
        return _of_codes(sqlite & 0xFF in _SQLITE_NO_ROOM, sqlite & 0xFF in _SQLITE_GONE, reason)
    state = str(getattr(problem.orig, "sqlstate", None) or "")
    never_reached = not state and type(problem.orig).__name__ == "OperationalError"
    gone = problem.connection_invalidated or never_reached or state.startswith(_GONE_STATES)
    return _of_codes(state.startswith(_NO_ROOM_STATES), gone, reason)


def _of_codes(has_no_room: bool, is_gone: bool, reason: str) -> Outage | None:
    if has_no_room:
        return DiskFull(reason=reason)
    return DatabaseGone(reason=reason) if is_gone else None
