"""To-dos: opened, claimed, decided and closed in the same transaction as the process that asks."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import moments
from app.engine.positions import Position, properties
from app.engine.problems import (
    NotACandidate,
    OpinionMissing,
    OutcomeUnknown,
    ToDoGone,
    ToDoTaken,
    ToDoUnknown,
)
from app.engine.values import SYSTEM, Actor
from models.process import Candidate, Process, ToDo

#: variable that gets the outcome where the task names none
RESULT = "outcome"
#: the outcome of a task that names none
DONE = "done"


def words(text: str) -> list[str]:
    """The parts of a comma-separated property."""
    return [part.strip() for part in text.split(",") if part.strip()]


def opened(process: Process, position: Position, label: tuple[str, str], now: datetime) -> ToDo:
    """The to-do of a task that waits for a person, with what the diagram says of candidates and due date."""
    given, data = properties(position), position.task.data
    logins = _logins(position, given)
    return ToDo(
        process_id=process.id,
        token=position.token,
        element=position.element,
        path=position.path,
        name=label[0],
        name_en=label[1],
        form=given.get("form", ""),
        properties=dict(given),
        variables=dict(data),
        subject_type=process.subject_type,
        subject_id=process.subject_id,
        assignee=logins[0] if len(logins) == 1 else None,
        created_at=now,
        due_at=_due(position, given, now),
        candidates=[Candidate(login=login) for login in logins],
    )


def _logins(position: Position, given: Mapping[str, str]) -> list[str]:
    asked = given.get("candidates", "").strip()
    if not asked:
        return []
    found = position.task.workflow.script_engine.evaluate(position.task, asked)
    return list(dict.fromkeys([found] if isinstance(found, str) else found))


def _due(position: Position, given: Mapping[str, str], now: datetime) -> datetime | None:
    asked = given.get("due", "").strip()
    if not asked:
        return None
    if not moments.is_literal(asked):
        asked = str(position.task.workflow.script_engine.evaluate(position.task, asked))
    return moments.due(asked, now).next


def get(session: Session, to_do_id: int) -> ToDo:
    """The to-do as it is now, whatever this session knew before."""
    found = session.get(ToDo, to_do_id, populate_existing=True)
    if found is None:
        raise ToDoUnknown(to_do_id=to_do_id)
    return found


def must_be_open(to_do: ToDo) -> None:
    """Somebody else may have been faster: say who and when."""
    if to_do.state != "open":
        raise ToDoGone(by=to_do.closed_by, at=to_do.closed_at)


def must_be_mine(to_do: ToDo, actor: Actor) -> None:
    """Assigned to me or offered to me; one without assignee and candidates is anybody's."""
    if actor == SYSTEM:
        return
    if to_do.assignee is not None:
        if to_do.assignee != actor.rights_of:
            raise ToDoTaken(by=to_do.assignee)
    elif to_do.candidates and actor.rights_of not in {c.login for c in to_do.candidates}:
        raise NotACandidate(login=actor.rights_of)


def put_back(to_do: ToDo) -> None:
    """Nobody has it, but it stays offered: to its candidates, or to the one who had it."""
    if not to_do.candidates and to_do.assignee is not None:
        to_do.candidates.append(Candidate(login=to_do.assignee))
    to_do.assignee = None


def must_be_decidable(to_do: ToDo, outcome: str, opinion: str) -> None:
    """The outcome is one the diagram names, with an opinion where it asks for one."""
    allowed = words(to_do.properties.get("outcomes", "")) or [DONE]
    if outcome not in allowed:
        raise OutcomeUnknown(outcome=outcome, outcomes=", ".join(allowed))
    if outcome in words(to_do.properties.get("opinion_required", "")) and not opinion.strip():
        raise OpinionMissing(outcome=outcome)


def keep_outcome(task: Any, outcome: str) -> None:
    """Only the outcome enters the process: under the task's variable and as the multi-instance output."""
    data = task.data
    spec = task.task_spec
    data[properties_result(spec)] = outcome
    loop = task.parent.task_spec if task.parent is not None else None
    item = getattr(loop, "output_item", None)
    if item is not None and getattr(loop, "task_spec", None) == spec.name:
        data[item.bpmn_id] = outcome


def properties_result(spec: Any) -> str:
    """The variable that gets the outcome."""
    given: dict[str, str] = getattr(spec, "extensions", {}).get("properties") or {}
    return given.get("result") or RESULT


def close(to_do: ToDo, state: str, actor: Actor, now: datetime) -> None:
    """Done or cancelled; who and when stay for those who come too late."""
    to_do.state, to_do.closed_by, to_do.closed_at = state, actor.login, now


def open_ones(session: Session, process_id: int, tokens: Iterable[str]) -> list[ToDo]:
    """The open to-dos of these tokens."""
    asked = select(ToDo).where(ToDo.process_id == process_id, ToDo.state == "open", ToDo.token.in_(tokens))
    return list(session.scalars(asked))
