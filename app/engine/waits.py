"""The rows that say where a process stands and what it waits for, kept equal to its live tree.

Timers and messages are found by these indexes; nothing looks into every process.
"""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from app.engine.positions import Standing
from models.base import abandon
from models.process import MessageWait, OpenNode, Process

#: pause before a failed wake-up is tried again
PATIENCE = timedelta(minutes=5)
_NODE = cast(Table, OpenNode.__table__)
_WAIT = cast(Table, MessageWait.__table__)


def keep_nodes(session: Session, process_id: int, before: Standing, after: Standing, now: datetime) -> None:
    """Rows of open nodes follow the tree."""
    gone = before.positions.keys() - after.positions.keys()
    if gone:
        session.execute(delete(_NODE).where(_NODE.c.process_id == process_id, _NODE.c.token.in_(gone)))
    new = [p for token, p in after.positions.items() if token not in before.positions]
    if new:
        rows = [
            {
                "process_id": process_id, "token": p.token, "element": p.element, "path": p.path,
                "depth": p.depth, "kind": p.kind, "since": now,
            }
            for p in new
        ]  # fmt: skip
        session.execute(insert(_NODE), rows)


def keep_waits(session: Session, process_id: int, before: Standing, after: Standing) -> None:
    """Rows of awaited messages follow the tree; a changed correlation is a new row."""
    old = {(w.token, w.name, w.correlation) for w in before.waits.values()}
    now = {(w.token, w.name, w.correlation) for w in after.waits.values()}
    for token, name, _ in old - now:
        here = (_WAIT.c.process_id == process_id, _WAIT.c.token == token, _WAIT.c.name == name)
        session.execute(delete(_WAIT).where(*here))
    rows = [
        {"process_id": process_id, "token": token, "name": name, "correlation": correlation}
        for token, name, correlation in sorted(now - old)
    ]
    if rows:
        session.execute(insert(_WAIT), rows)


def waiting_for(session: Session, name: str, correlation: str) -> list[int]:
    """The processes that wait for this message, in order of their ids so that locks never cross."""
    mine = or_(_WAIT.c.correlation == correlation, _WAIT.c.correlation == "")
    asked = select(_WAIT.c.process_id).where(_WAIT.c.name == name, mine).distinct()
    return list(session.scalars(asked.order_by(_WAIT.c.process_id)))


def due_processes(session: Session, now: datetime, limit: int) -> list[int]:
    """The processes whose earliest timer has come, the longest overdue first."""
    due = (Process.state == "running", Process.next_due <= now)
    return list(session.scalars(select(Process.id).where(*due).order_by(Process.next_due).limit(limit)))


def next_due(session: Session) -> datetime | None:
    """When the next timer of any process will be due."""
    return session.scalar(select(func.min(Process.next_due)).where(Process.state == "running"))


def put_off(session: Session, process_id: int, now: datetime) -> None:
    """A process whose wake-up failed is not tried again at once; any verb that works sets the time right."""
    late = (Process.id == process_id, Process.next_due <= now)
    try:
        session.execute(update(Process).where(*late).values(next_due=now + PATIENCE))
        session.commit()
    except BaseException:
        abandon(session)
        raise
