"""One verb is one transaction: state, to-dos, waits, jobs and history are committed together or not at all.

A verb begins by raising the process's revision in the database. That takes the write lock (of the row, on
SQLite of the file) before anything is read, so two verbs on one process go one after the other, and it tells
whether a live process kept in memory is still the one in the database. On any error the transaction is rolled
back and the live process, perhaps half changed, is thrown away.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, delete, insert, select, update
from sqlalchemy.orm import Session

from app.engine import decisions, hardening, history, incidents, jobs, state, to_dos, waits
from app.engine.data import plain
from app.engine.events import End
from app.engine.flow import Flow
from app.engine.history import Happening, Head
from app.engine.positions import NOWHERE, Standing, prefix_of, standing
from app.engine.problems import EndlessLoop, OperationMissing, ProcessEnded, ProcessUnknown
from app.engine.specification import Specification, Specifications
from app.engine.values import Actor, Decide, Listener, Operation
from models.base import abandon, wake_workers
from models.process import Process, ProcessState, ToDo

#: revisions between two snapshots
SNAPSHOT_EVERY = 16
#: automatic steps in one verb; a diagram that needs more goes round without waiting
MOST_STEPS = 2000
#: bytes of an operation's result that history keeps; of larger ones the digest
SMALL = 1000
_STATE = cast(Table, ProcessState.__table__)


@dataclass(kw_only=True)
class Live:
    """A process in memory as of one revision."""

    process_id: int
    revision: int
    flow: Flow
    specification: Specification
    standing: Standing
    head: Head
    #: state rows since the last snapshot
    deltas: int


class LiveProcesses:
    """Live processes by id, the least used thrown out first; whoever works with one has taken it out."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[int, Live] = OrderedDict()
        self._lock = Lock()

    def take(self, process_id: int, revision: int) -> Live | None:
        """The process if it is kept as of this revision; it is nobody else's until put back."""
        with self._lock:
            found = self._kept.pop(process_id, None)
        return found if found is not None and found.revision == revision else None

    def put(self, live: Live) -> None:
        """Keep a process after its step was committed, unless a later step was faster."""
        with self._lock:
            other = self._kept.get(live.process_id)
            if self._size and (other is None or other.revision < live.revision):
                self._kept[live.process_id] = live
                self._kept.move_to_end(live.process_id)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What every step of one engine shares."""

    session_factory: Callable[[], Session]
    clock: Callable[[], datetime]
    #: the machine's own clock, by which leases go
    machine_clock: Callable[[], datetime]
    operations: Mapping[str, Operation]
    decide: Decide
    listeners: Sequence[Listener]
    specifications: Specifications
    live: LiveProcesses


class Step:
    """One verb on one process; also the host the diagram's elements talk to while it runs."""

    def __init__(self, around: Surroundings, session: Session, process: Process, actor: Actor) -> None:
        self.around, self.session, self.process, self.actor = around, session, process, actor
        self.now = around.clock()
        self.happenings: list[Happening] = []
        #: token -> (operation, arguments) of jobs begun in this step
        self.jobs: dict[str, tuple[Operation, dict[str, Any]]] = {}
        #: something for a worker to do comes with this step
        self.wakes_workers = False
        self.live: Live | None = None
        self._steps = 0

    @property
    def flow(self) -> Flow:
        """The live process, from memory where it is current, else from its stored state."""
        if self.live is None:
            self.live = self._kept() or self._loaded()
            self.live.flow.script_engine.host = self
        return self.live.flow

    @property
    def specification(self) -> Specification:
        """The version the process runs on."""
        return self.around.specifications.get(self.session, self.process.version_id)

    def _kept(self) -> Live | None:
        return self.around.live.take(self.process.id, self.process.revision - 1)

    def _loaded(self) -> Live:
        asked = select(_STATE.c.body).where(_STATE.c.process_id == self.process.id)
        bodies = list(self.session.scalars(asked.order_by(_STATE.c.revision)))
        flow = state.restore(bodies, self.specification)
        flow.script_engine.host = self
        return Live(
            process_id=self.process.id,
            revision=self.process.revision - 1,
            flow=flow,
            specification=self.specification,
            standing=standing(flow),
            head=history.head_of(self.session, chain_of(self.process.id)),
            deltas=len(bodies) - 1,
        )

    # -- what elements ask of the host

    def record(self, verb: str, task: Any, details: Mapping[str, Any]) -> None:
        """Something happened at an element."""
        element = task.task_spec.bpmn_id
        prefix = prefix_of(task.workflow)
        more = {"path": prefix + element} if prefix else {}
        self.happenings.append(Happening(verb=verb, element=element, details={**details, **more}))

    def _operation(self, task: Any, name: str) -> Operation:
        found = self.around.operations.get(name)
        if found is None:
            raise OperationMissing(element=task.task_spec.bpmn_id, operation=name)
        return found

    def starts_job(self, task: Any, name: str, arguments: dict[str, Any]) -> bool:
        """True where the operation is one that runs outside: it is noted down and begun after the commit."""
        operation = self._operation(task, name)
        if operation.kind != "job":
            return False
        self.jobs[str(task.id)] = (operation, plain(arguments, task.task_spec.bpmn_id))
        return True

    def call(self, task: Any, name: str, arguments: dict[str, Any]) -> Any:
        """Run an operation inside the step, on copies of the data."""
        operation, where = self._operation(task, name), task.task_spec.bpmn_id
        given = arguments_for(operation, plain(arguments, where), self.now, task.id)
        result = plain(operation.function(**given), where)
        self.record("operation", task, {"operation": name, "result": small(result)})
        return result

    def decide(self, task: Any, decision: str) -> Any:
        """Ask the version of a table that was in force when this version of the process was published."""
        where, digest = task.task_spec.bpmn_id, self.specification.decisions[decision]
        data = plain(task.data, where)
        result = plain(self.around.decide(digest, decision, data), where)
        inputs = decisions.inputs_seen(self.session, digest, data)
        details = {"decision": decision, "digest": digest, "inputs": inputs, "result": small(result)}
        self.record("decided", task, details)
        return result

    # -- going on

    def advance(self) -> None:
        """Run everything that needs nobody; a diagram that never waits is stopped."""
        self.flow.advance(self._count)

    def _count(self, task: Any) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise EndlessLoop(steps=MOST_STEPS, element=task.task_spec.bpmn_id or task.task_spec.name)

    def begin(self, data: dict[str, Any]) -> None:
        """Make the live process of a new row and run it to its first wait."""
        specification = self.specification
        flow = Flow(specification.top, dict(specification.called))
        flow.script_engine.host = self
        flow.task_tree.data = data
        self.live = Live(
            process_id=self.process.id, revision=self.process.revision - 1, flow=flow,
            specification=specification, standing=NOWHERE, head=Head(), deltas=SNAPSHOT_EVERY,
        )  # fmt: skip
        self.advance()

    # -- writing down

    def finish(self) -> None:
        """Make every row equal to the live process, then write history and state."""
        live = self.live
        if live is None:
            live = self.live = self._kept()
            self._write(live, None)
            return
        before, after = live.standing, standing(live.flow)
        self._close_and_open(before, after)
        self.process.next_due = after.next_due
        live.standing = after
        if live.flow.completed and self.process.state == "running":
            self.end("done", outcome_of(live.flow))
        self._write(live, live.flow)
        live.flow.script_engine.host = None

    def _close_and_open(self, before: Standing, after: Standing) -> None:
        session, process = self.session, self.process
        waits.keep_nodes(session, process.id, before, after, self.now)
        waits.keep_waits(session, process.id, before, after)
        gone = {t: p for t, p in before.positions.items() if t not in after.positions}
        new = [p for t, p in after.positions.items() if t not in before.positions]
        self._close_to_dos([t for t, p in gone.items() if p.kind == "user"])
        self._cancel_jobs([t for t, p in gone.items() if p.kind == "job"])
        for position in new:
            if position.kind == "user":
                self._open_to_do(position)
            elif position.kind == "job":
                self._open_job(position)

    def _open_to_do(self, position: Any) -> None:
        label = self.specification.labels.get(position.element, (position.element, position.element))
        to_do = to_dos.opened(self.process, position, label, self.now)
        self.session.add(to_do)
        self.session.flush()
        for listener in self.around.listeners:
            listener.to_do_opened(self.session, to_do, dict(position.task.data))

    def _close_to_dos(self, tokens: list[str]) -> None:
        if not tokens:
            return
        for to_do in to_dos.open_ones(self.session, self.process.id, tokens):
            to_dos.close(to_do, "cancelled", self.actor, self.now)
            self.tell_closed(to_do)

    def _cancel_jobs(self, keys: list[str]) -> None:
        """The process went another way: what is not done will not be, and nobody need look at what failed."""
        if not keys:
            return
        for job in jobs.ended(self.session, self.process.id, keys):
            job.state, job.ended_at = "cancelled", self.now
            incidents.repaired_with(self.session, job, self.actor.login, self.now)

    def tell_closed(self, to_do: ToDo) -> None:
        """A to-do was done or cancelled."""
        for listener in self.around.listeners:
            listener.to_do_closed(self.session, to_do)

    def _open_job(self, position: Any) -> None:
        operation, arguments = self.jobs[position.token]
        job = jobs.opened(self.process.id, position, operation.name, arguments, self.now)
        self.session.add(job)
        self.wakes_workers = True
        self.record("job_started", position.task, {"operation": operation.name, "key": position.token})

    def end(self, how: str, outcome: str | None) -> None:
        """The process is over."""
        self.process.state, self.process.outcome, self.process.ended_at = how, outcome, self.now
        self.process.next_due = None
        incidents.timers_work(self.session, self.process.id, self.now)
        if how == "done":
            self.happenings.append(Happening(verb="ended", element=outcome))
        for listener in self.around.listeners:
            listener.process_ended(self.session, self.process)

    def _write(self, live: Live | None, flow: Flow | None) -> None:
        session, process = self.session, self.process
        head = history.append(
            session, chain_of(process.id), self.happenings, actor=self.actor, now=self.now,
            subject=(process.subject_type, process.subject_id), head=live.head if live else None,
        )  # fmt: skip
        mark = [head.seq, head.digest]
        is_snapshot = (
            flow is not None
            and live is not None
            and (live.deltas + 1 >= SNAPSHOT_EVERY or process.state != "running")
        )
        if flow is None:
            body = state.nothing(mark)
        else:
            body = state.changes(flow, mark)
            if is_snapshot:
                body = state.snapshot(flow, mark)
                session.execute(delete(_STATE).where(_STATE.c.process_id == process.id))
        row = {
            "process_id": process.id,
            "revision": process.revision,
            "is_snapshot": is_snapshot,
            "body": body,
        }
        session.execute(insert(_STATE), [row])
        if live is not None:
            live.revision, live.head = process.revision, head
            live.deltas = 0 if is_snapshot else live.deltas + 1


class Verb:
    """One transaction, with one step for each process it touches."""

    def __init__(self, around: Surroundings, session: Session, actor: Actor) -> None:
        self.around, self.session, self.actor = around, session, actor
        self.steps: list[Step] = []
        self.is_void = False

    def step(self, which: ColumnElement[bool], must_run: bool = True) -> Step:
        """Lock a process by raising its revision."""
        raised = update(Process).where(which).values(revision=Process.revision + 1).returning(Process)
        options = {"synchronize_session": False, "populate_existing": True}
        process = self.session.scalars(raised, execution_options=options).first()
        if process is None:
            raise ProcessUnknown(process_id=_asked_for(which))
        step = Step(self.around, self.session, process, self.actor)
        if must_run and process.state != "running":
            raise ProcessEnded(process_id=process.id)
        self.steps.append(step)
        return step

    def new(self, process: Process) -> Step:
        """The step that starts a process."""
        self.session.add(process)
        self.session.flush()
        step = Step(self.around, self.session, process, self.actor)
        self.steps.append(step)
        return step


@contextmanager
def verb(around: Surroundings, actor: Actor) -> Iterator[Verb]:
    """Everything inside is one transaction; what it did is in the rows when it ends, or nothing is."""
    session = around.session_factory()
    try:
        with hardening.at(around.clock()):
            done = Verb(around, session, actor)
            yield done
            if done.is_void:
                session.rollback()
                return
            for step in done.steps:
                step.finish()
            if any(step.wakes_workers for step in done.steps):
                wake_workers(session)
            session.commit()
    except BaseException:
        abandon(session)
        raise
    for step in done.steps:
        if step.live is not None:
            around.live.put(step.live)


def arguments_for(operation: Operation, given: dict[str, Any], now: datetime, key: object) -> dict[str, Any]:
    """The diagram's arguments, with the moment and the key where the function asks for them."""
    more: dict[str, Any] = {"now": now} if operation.wants_now else {}
    if operation.wants_key:
        more["key"] = str(key)
    return {**given, **more}


def small(result: Any) -> Any:
    """A result as history keeps it: itself, or its size where it is large."""
    text = history.canonical(result)
    return result if len(text) <= SMALL else {"size": len(text)}


def chain_of(process_id: int) -> str:
    """The name of a process's chain of history."""
    return f"process:{process_id}"


def outcome_of(flow: Flow) -> str | None:
    """The end event reached last at the top."""
    ends = [t for t in flow.tasks.values() if isinstance(t.task_spec, End) and t._state == 64]
    last = max(ends, key=lambda t: t.last_state_change, default=None)
    return last.task_spec.bpmn_id if last is not None else None


def _asked_for(which: ColumnElement[bool]) -> object:
    compiled = which.compile()
    return next(iter(compiled.params.values()), None)
