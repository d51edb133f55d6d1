"""The engine: every act on a process from outside is one method here, and one transaction."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import decisions, incidents, publishing, to_dos, waits
from app.engine.beside import beside
from app.engine.data import plain
from app.engine.history import Happening
from app.engine.messages import hand_over
from app.engine.outages import outage_of
from app.engine.problems import NobodyWaits, ProcessUnknown, ToDoUnknown
from app.engine.repairing import Repairing, need_reason
from app.engine.specification import Specifications, newest
from app.engine.steps import (
    LiveProcesses,
    Step,
    Surroundings,
    Verb,
    verb,
)
from app.engine.values import (
    SYSTEM,
    Actor,
    Bundle,
    Decide,
    Listener,
    Operation,
)
from models.base import abandon
from models.process import DecisionVersion, Process, ProcessVersion, ToDo

T = TypeVar("T")


class Engine(Repairing):
    """Runs BPMN processes; knows diagrams, people by login and operations by name, and no business."""

    def __init__(
        self,
        session_factory: Callable[[], Session],
        clock: Callable[[], datetime],
        operations: Mapping[str, Operation],
        decide: Decide,
        listeners: Sequence[Listener] = (),
        live_processes: int = 512,
        machine_clock: Callable[[], datetime] | None = None,
    ) -> None:
        around = Surroundings(
            session_factory=session_factory,
            clock=clock,
            machine_clock=machine_clock or clock,
            operations=operations,
            decide=decide,
            listeners=tuple(listeners),
            specifications=Specifications(),
            live=LiveProcesses(live_processes),
        )
        super().__init__(around)

    # -- diagrams and tables

    def publish(self, bundle: Bundle, actor: Actor) -> ProcessVersion:
        """Put diagrams in force; the same files with the same tables are the version they already are."""
        with verb(self._around, actor) as act:
            return publishing.publish(
                act.session, bundle, self._around.operations, actor.login, self._around.clock()
            )

    def publish_decision(self, xml: bytes, actor: Actor) -> DecisionVersion:
        """Put a decision table in force for processes published from now on."""
        with verb(self._around, actor) as act:
            return decisions.publish(act.session, xml, actor.login, self._around.clock())

    # -- processes

    def start(
        self, key: str, subject_type: str, subject_id: int, data: Mapping[str, Any], actor: Actor
    ) -> Process:
        """Start the newest version of a process and run it to its first wait."""
        given = plain(dict(data), key)
        with verb(self._around, actor) as act:
            process = Process(
                version_id=newest(act.session, key).id,
                subject_type=subject_type,
                subject_id=subject_id,
                started_at=self._around.clock(),
                started_by=actor.login,
            )
            step = act.new(process)
            version = step.specification.version_id
            step.happenings.append(Happening(verb="started", details={"key": key, "version": version}))
            step.begin(given)
            return process

    def stop(self, process_id: int, actor: Actor, reason: str) -> Process:
        """End a process for good, whatever is open in it; the reason is kept."""
        need_reason(reason)
        with verb(self._around, actor) as act:
            step = act.step(Process.id == process_id)
            step.flow.cancel()
            step.happenings.append(Happening(verb="stopped", details={"reason": reason}))
            step.end("stopped", None)
            return step.process

    # -- to-dos

    def claim(self, to_do_id: int, actor: Actor) -> ToDo:
        """Take a to-do that was offered to me; the others no longer have it."""
        with verb(self._around, actor) as act:
            step, to_do = self._open_to_do(act, to_do_id)
            to_dos.must_be_mine(to_do, actor)
            if to_do.assignee is None:
                to_do.assignee = actor.rights_of
                step.happenings.append(_about(to_do, "claimed"))
            else:
                act.is_void = True
            return to_do

    def unclaim(self, to_do_id: int, actor: Actor) -> ToDo:
        """Put a to-do I took back on the table."""
        with verb(self._around, actor) as act:
            step, to_do = self._open_to_do(act, to_do_id)
            to_dos.must_be_mine(to_do, actor)
            if to_do.assignee is None:
                act.is_void = True
            else:
                to_dos.put_back(to_do)
                step.happenings.append(_about(to_do, "unclaimed"))
            return to_do

    def save_draft(self, to_do_id: int, actor: Actor, draft: Mapping[str, Any]) -> ToDo:
        """Keep what a person has typed so far; the process does not see it."""
        kept = plain(dict(draft), "draft")
        session = self._session
        try:
            to_do = to_dos.get(session, to_do_id)
            to_dos.must_be_open(to_do)
            to_dos.must_be_mine(to_do, actor)
            to_do.draft = kept
            session.commit()
        except BaseException:
            abandon(session)
            raise
        return to_do

    def complete(
        self, to_do_id: int, actor: Actor, outcome: str, answer: Mapping[str, Any], opinion: str = ""
    ) -> ToDo:
        """Decide a to-do. Listeners hear of it before the process goes on, so operations find what it says.

        Only the outcome enters the process; the answer stays with the to-do.
        """
        given = plain(dict(answer), "answer")
        with verb(self._around, actor) as act:
            step, to_do = self._open_to_do(act, to_do_id)
            to_dos.must_be_mine(to_do, actor)
            to_dos.must_be_decidable(to_do, outcome, opinion)
            to_do.outcome, to_do.answer, to_do.opinion = outcome, given, opinion
            to_dos.close(to_do, "done", actor, step.now)
            step.happenings.append(_about(to_do, "completed", outcome=outcome, opinion=opinion))
            act.session.flush()
            step.tell_closed(to_do)
            task = step.flow.find(to_do.token)
            to_dos.keep_outcome(task, outcome)
            task.run()
            step.advance()
            return to_do

    def _open_to_do(self, act: Verb, to_do_id: int) -> tuple[Step, ToDo]:
        mine = select(ToDo.process_id).where(ToDo.id == to_do_id).scalar_subquery()
        try:
            step = act.step(Process.id == mine, must_run=False)
        except ProcessUnknown as problem:
            raise ToDoUnknown(to_do_id=to_do_id) from problem
        to_do = to_dos.get(act.session, to_do_id)
        to_dos.must_be_open(to_do)
        return step, to_do

    # -- messages and timers

    def deliver(
        self,
        message: str,
        correlation: object,
        payload: Mapping[str, Any] | None,
        actor: Actor,
        allow_none: bool = False,
    ) -> int:
        """Give a message to every process that waits for it; how many that were."""
        mine, given = str(correlation), plain(dict(payload or {}), message)
        with verb(self._around, actor) as act:
            reached = 0
            for process_id in waits.waiting_for(act.session, message, mine):
                step = act.step(Process.id == process_id)
                reached += hand_over(step, message, mine, given)
            if not reached:
                if not allow_none:
                    raise NobodyWaits(name=message, correlation=mine)
                act.is_void = True
            return reached

    def wake(self, process_id: int) -> bool:
        """Let the timers of a process fire that are due; False where none was. Failures are tried again."""
        try:
            with verb(self._around, SYSTEM) as act:
                step = act.step(Process.id == process_id, must_run=False)
                if step.process.state == "running":
                    step.flow.refresh_timers()
                    step.advance()
                act.is_void = not step.happenings
                if not act.is_void:
                    incidents.timers_work(act.session, process_id, step.now)
                return not act.is_void
        except Exception as problem:
            if outage_of(problem) is not None:
                raise
            waits.put_off(self._session, process_id, self._around.clock())
            self._timer_failed(process_id, problem)
            raise

    def _timer_failed(self, process_id: int, problem: Exception) -> None:
        """What follows a timer failed: a person must see it, once, while it is tried again and again."""
        with verb(self._around, SYSTEM) as act:
            step = act.step(Process.id == process_id, must_run=False)
            message, fields = incidents.described(problem)
            if incidents.of_timer(act.session, step.process, (message, fields), step.now):
                details = {"message": message, "fields": fields}
                step.happenings.append(Happening(verb="timer_failed", details=details))
            else:
                act.is_void = True

    # -- beside a process

    def act(
        self,
        chain: str,
        what: str,
        actor: Actor,
        details: Mapping[str, Any],
        change: Callable[[Session], T],
    ) -> T:
        """A person changes something no diagram asks for: the change and its history, or neither."""
        written = Happening(verb=what, details=plain(dict(details), "details"))
        with verb(self._around, actor) as act, beside(act, chain, written):
            return change(act.session)

    def refuse(self, chain: str, refused: str, actor: Actor, details: Mapping[str, Any]) -> None:
        """A refused attempt is history too: what was asked, by whom, and why it was not done."""
        written = Happening(verb="refused", details={"verb": refused, **plain(dict(details), "details")})
        with verb(self._around, actor) as act, beside(act, chain, written):
            pass


def _about(to_do: ToDo, what: str, **details: Any) -> Happening:
    path = {"path": to_do.path} if to_do.path != to_do.element else {}
    return Happening(verb=what, element=to_do.element, details={"to_do": to_do.id, **path, **details})
