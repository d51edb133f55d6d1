"""The reconciliation of every day: late answers applied, lines reckoned, keepers asked where they differ."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import select

from app.engine import SYSTEM, Engine
from handlers.desk.balance import give_up_receipts, reckon
from handlers.desk.matching import apply_late_answers
from handlers.desk.naming import name_receipts
from models.base import Problem, db
from models.feedback import Balance
from models.process import Process

log = structlog.get_logger()
#: the process of one line
KEY, SUBJECT = "reconcile", "balance"
#: what it hears when its line says something else than before
MESSAGE = "balance_moved"


def reconcile_yesterday(due: datetime, now: datetime) -> int:
    """Reckon every line of late anew and ask the keepers where one differs; how many were asked.

    Safe to run twice: a line whose process still runs gets no second one, but is told where it moved.
    """
    name_receipts(db.session, now)
    apply_late_answers(db.session, now)
    give_up_receipts(db.session, now)
    db.session.commit()
    before = _asked_about()
    rows = reckon(db.session, now, current_app.extensions["settings"].daily_files)
    after = {row.id: (row.state, dict(row.differences)) for row in rows}
    db.session.commit()
    _tell([key for key, was in before.items() if key in after and after[key][1] != was])
    return _ask([key for key, (state, _) in after.items() if state == "open" and key not in before])


def _asked_about() -> Mapping[int, Mapping[str, Any]]:
    """{line: its differences} of the lines a process still is about."""
    asked = (
        select(Balance.id, Balance.differences)
        .join(Process, Process.subject_id == Balance.id)
        .where(Process.subject_type == SUBJECT, Process.state == "running")
    )
    found = {key: differences for key, differences in db.session.execute(asked)}
    db.session.rollback()
    return found


def _tell(moved: Sequence[int]) -> None:
    engine: Engine = current_app.extensions["engine"]
    for key in moved:
        engine.deliver(MESSAGE, key, {}, SYSTEM, allow_none=True)


def _ask(lines: Sequence[int]) -> int:
    """One line nobody is appointed for must not keep the others from being asked about."""
    engine: Engine = current_app.extensions["engine"]
    asked = 0
    for key in sorted(lines):
        try:
            engine.start(KEY, SUBJECT, key, {"balance_id": key}, SYSTEM)
        except Problem as problem:
            log.warning("reconcile", balance=key, problem=str(problem))
        else:
            asked += 1
    return asked
