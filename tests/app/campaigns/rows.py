"""Processes and to-dos as rows, for the province and for the stand-in of the engine."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.process import Candidate, OpenNode, Process, ProcessVersion, ToDo

#: Monday 2 March 2026, 10:42 in Shanghai
NOW = datetime(2026, 3, 2, 2, 42, tzinfo=UTC)


def new_process(session: Session, subject_id: int, stage: str | None, login: str = "yefang") -> Process:
    """A process standing in a stage; None: ended as evaluated."""
    version = session.scalars(select(ProcessVersion)).one()
    process = Process(
        version_id=version.id,
        subject_type="campaign",
        subject_id=subject_id,
        started_at=NOW,
        started_by=login,
    )
    if stage is None:
        process.state, process.outcome, process.ended_at = "done", "end_evaluated", NOW
    session.add(process)
    session.flush()
    paths = ["plan", "plan/draft_campaign"] if stage == "plan" else [stage] if stage else []
    for depth, path in enumerate(paths):
        element, kind = path.rpartition("/")[2], "user" if depth else "call"
        session.add(
            OpenNode(
                process_id=process.id,
                token=path,
                element=element,
                path=path,
                depth=depth,
                kind=kind,
                since=NOW,
            )
        )
    return process


def new_to_do(session: Session, process: Process, element: str, logins: list[str], **more: Any) -> ToDo:
    """A to-do of the process, offered to these people."""
    to_do = ToDo(
        process_id=process.id, token=f"{element}{session.query(ToDo).count()}", element=element, path=element,
        name=element, name_en=element, form=more.pop("form", element), properties={}, variables={},
        subject_type="campaign", subject_id=process.subject_id, created_at=NOW,
        assignee=logins[0] if len(logins) == 1 else None,
        candidates=[Candidate(login=login) for login in logins], **more,
    )  # fmt: skip
    session.add(to_do)
    session.flush()
    return to_do
