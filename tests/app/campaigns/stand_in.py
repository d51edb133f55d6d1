"""A stand-in for the process engine: moves to-dos in the tables, knows no diagram."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from app.engine import Actor, NobodyWaits, NodeState, NotACandidate, StageTime, ToDoGone
from app.engine import Path as Way
from models.base import db
from models.process import OpenNode, Process, ToDo
from tests.app.campaigns.rows import new_process, new_to_do


class StandIn:
    """Moves to-dos in the tables as the engine would; knows no diagram."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.refused: list[tuple[str, str, str]] = []
        self.delivered: list[tuple[str, str, dict[str, Any]]] = []

    def start(
        self, key: str, subject_type: str, subject_id: int, data: Mapping[str, Any], actor: Actor
    ) -> Process:
        process = new_process(
            db.session(), subject_id, "plan" if data["skip_analysis"] else "analyse", actor.login
        )
        element = "draft_campaign" if data["skip_analysis"] else "choose_opportunity"
        new_to_do(db.session(), process, element, [actor.login])
        db.session.commit()
        return process

    def claim(self, to_do_id: int, actor: Actor) -> ToDo:
        to_do = self._mine(to_do_id, actor)
        to_do.assignee = actor.login
        db.session.commit()
        return to_do

    def save_draft(self, to_do_id: int, actor: Actor, draft: Mapping[str, Any]) -> ToDo:
        to_do = self._mine(to_do_id, actor)
        to_do.draft = dict(draft)
        db.session.commit()
        return to_do

    def complete(
        self, to_do_id: int, actor: Actor, outcome: str, answer: Mapping[str, Any], opinion: str = ""
    ) -> ToDo:
        to_do = self._mine(to_do_id, actor)
        to_do.state, to_do.outcome, to_do.answer, to_do.opinion = "done", outcome, dict(answer), opinion
        to_do.closed_by, to_do.closed_at = actor.login, self.clock()
        db.session.commit()
        return to_do

    def deliver(self, message: str, correlation: object, payload: Mapping[str, Any], actor: Actor) -> int:
        waiting = db.session.scalar(select(OpenNode.element).where(OpenNode.depth == 0))
        if waiting is None:
            raise NobodyWaits(name=message, correlation=correlation)
        self.delivered.append((message, str(correlation), dict(payload)))
        return 1

    def refuse(self, chain: str, verb: str, actor: Actor, details: Mapping[str, Any]) -> None:
        self.refused.append((chain, verb, actor.login))

    def stage_times(self, process_id: int) -> list[StageTime]:
        left = datetime(2026, 2, 27, 3, 0, tzinfo=UTC)
        return [
            StageTime(element="plan", name="策划", name_en="Plan", entered_at=left, left_at=left),
            StageTime(element="approve", name="审批", name_en="Approve", entered_at=left, left_at=None),
            StageTime(element="confirm", name="渠道确认", name_en="Confirm", entered_at=None, left_at=None),
        ]

    def path(self, process_id: int) -> Way:
        def node(path: str, state: str, kind: str = "userTask") -> NodeState:
            element = path.rpartition("/")[2]
            return NodeState(
                element=element, path=path, name=element, name_en=element, kind=kind,
                state=state, visits=1, entered_at=None, left_at=None,  # type: ignore[arg-type]
            )  # fmt: skip

        return Way(
            nodes=(
                node("plan", "done", "callActivity"),
                node("approve", "now", "callActivity"),
                node("approve/prefecture_review", "now"),
            ),
            flows=frozenset({"flow_plan_approve", "approve/flow_start"}),
        )

    def source(self, version_id: int, file: str) -> str:
        return "<definitions/>"

    def _mine(self, to_do_id: int, actor: Actor) -> ToDo:
        to_do = db.session.get_one(ToDo, to_do_id)
        if to_do.state != "open":
            raise ToDoGone(by=to_do.closed_by, at=to_do.closed_at)
        if not to_do.may_be_decided_by(actor.login):
            raise NotACandidate(login=actor.login)
        return to_do
