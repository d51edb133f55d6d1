"""The engine on the marketing loop, against the plain way: one JSON blob of SpiffWorkflow's per process.

Both sides run the same diagrams with the same operations, complete the same to-dos by the same people, write
the same to-do and history rows and commit each act to SQLite in WAL mode. The plain way is not slowed: it
uses SpiffWorkflow's own serialiser and its own `do_engine_steps`, and writes nothing else.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, Protocol, cast
from uuid import UUID

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import create_engine, select, update
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from app.engine import Actor, Bundle, Engine, history, state, to_dos
from app.engine.expressions import Scripts
from app.engine.history import Happening
from app.engine.positions import Position, prefix_of
from app.engine.specification import REGISTRY, Specification, newest, unpack
from app.engine.steps import chain_of, small
from app.engine.values import Operation
from benchmarks.figure import Figure, figure, interleaved
from models import tables
from models.base import Base, prepare_engine
from models.process import Process, ProcessState, ToDo

HERE = Path(__file__).parents[1] / "bpmn"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
#: what operations and tables of the loop answer, so that nobody but people decides the way
ANSWERS: Mapping[str, dict[str, Any]] = {
    "campaign_type": {
        "needs_approval": True,
        "needs_confirmation": True,
        "exclusion_set": "acquire",
        "default_hold_out": 10,
        "needs_realtime": False,
        "approve_afterwards": False,
    },
    "approval_route": {"approval_route": [{"step": "province", "mode": "all"}]},
    "plan.size": {"people": 3600},
    "approve.find_route": {
        "flow": "submit",
        "prefecture_signers": [],
        "prefecture_needed": 0,
        "prefecture_votes": [],
        "province_signers": [["chenliqun"], ["hejing"], ["wuxiaodong"]],
        "province_needed": 3,
        "province_votes": [],
        "leader_signers": [],
        "leader_needed": 0,
        "leader_votes": [],
    },
    "confirm.ask_capacity": {"channels": ["sms", "call"]},
    "confirm.release": {"confirmation": "adjust"},
    "confirm.book": {"confirmation": "confirm"},
}
#: a campaign that is sent back once: element, outcome
ACTS = [
    ("draft_campaign", "submit"),
    ("province_review", "pass"),
    ("province_review", "adjust"),
    ("draft_campaign", "submit"),
    ("province_review", "pass"),
    ("province_review", "pass"),
    ("province_review", "pass"),
    ("confirm_channel", "confirm"),
    ("confirm_channel", "adjust"),
    ("draft_campaign", "submit"),
]
#: one round that ends where it began, to make a process old
ROUND = [("draft_campaign", "submit"), ("province_review", "adjust")]


def run(rows: int = 8, bundle: Bundle | None = None) -> Iterator[Figure]:
    """Human completions a CPU second, cold and cached, against the plain way; and what age costs."""
    asked = bundle or loop()
    with TemporaryDirectory() as folder:
        plain, cold, cached = (Side(kind, asked, Path(folder)) for kind in ("plain", "cold", "cached"))
        seconds = interleaved(*(side.lives(rows) for side in (plain, cold, cached)))
        count = rows * len(ACTS)
        for name, spent, target in (("cold", seconds[1], ">=1.6"), ("cached", seconds[2], ">=2.0")):
            yield figure(
                f"engine.{name}",
                figure=count / spent,
                unit="completions/s",
                n=count,
                ratio=seconds[0] / spent,
                target=target,
            )
        young, old = interleaved(cold.act_after(10, rows), cold.act_after(100, rows))
        yield figure(
            "engine.growth", figure=1000 * old / rows, unit="ms", n=rows, ratio=old / young, target="<=2"
        )


def loop() -> Bundle:
    """The diagrams and forms of the repository."""
    diagrams = {p.name: p.read_bytes() for p in sorted((HERE / "loop").glob("*.bpmn"))}
    forms = {p.name: p.read_bytes() for p in sorted((HERE / "forms").glob("*.json"))}
    return Bundle(diagrams=diagrams, forms=forms, key="loop")


class Works(Protocol):
    """One way to run processes."""

    def start(self) -> int: ...

    def complete(self, to_do_id: int, outcome: str) -> None: ...


class Side:
    """A database of its own with one way to work on it."""

    def __init__(self, kind: str, bundle: Bundle, folder: Path) -> None:
        database = create_engine(f"sqlite:///{folder}/{kind}.sqlite")
        prepare_engine(database)
        assert tables.ALL
        Base.metadata.create_all(database)
        self.sessions = scoped_session(sessionmaker(database))
        operations = scripted(bundle)
        engine = Engine(
            self.sessions,
            lambda: NOW,
            operations,
            lambda digest, table, data: ANSWERS.get(table, {}),
            live_processes=512 if kind == "cached" else 0,
        )
        publish(engine, bundle)
        self.works: Works = Plain(self.sessions, bundle.key) if kind == "plain" else Ours(engine, bundle.key)

    def lives(self, rows: int) -> Callable[[], float]:
        """CPU seconds in which so many campaigns make all their acts."""

        def work() -> float:
            return sum(self._acts(self.works.start(), ACTS) for _ in range(rows))

        return work

    def act_after(self, finished: int, rows: int) -> Callable[[], float]:
        """CPU seconds of the same act in so many processes that have this many finished tasks."""

        def work() -> float:
            spent = 0.0
            for _ in range(rows):
                process_id = self.works.start()
                while finished_tasks(self.sessions(), process_id) < finished:
                    self._acts(process_id, ROUND)
                spent += self._acts(process_id, ROUND[:1])
            return spent

        return work

    def _acts(self, process_id: int, acts: list[tuple[str, str]]) -> float:
        spent = 0.0
        for element, outcome in acts:
            to_do_id = self._open(process_id, element)
            begun = process_time()
            self.works.complete(to_do_id, outcome)
            spent += process_time() - begun
        return spent

    def _open(self, process_id: int, element: str) -> int:
        session = self.sessions()
        mine = (ToDo.process_id == process_id, ToDo.element == element, ToDo.state == "open")
        found = session.scalars(select(ToDo.id).where(*mine).order_by(ToDo.id).limit(1)).one()
        self.sessions.remove()
        return found


def publish(engine: Engine, bundle: Bundle) -> None:
    """Tables first, because processes pin them."""
    for table in sorted((HERE / "rules").glob("*.dmn")):
        engine.publish_decision(table.read_bytes(), Actor("system"))
    engine.publish(bundle, Actor("system"))


def scripted(bundle: Bundle) -> dict[str, Operation]:
    """An operation for every call in the diagrams, with the answer of `ANSWERS`."""
    found: dict[str, Operation] = {}
    for source in bundle.diagrams.values():
        for call in etree.fromstring(source).iter(f"{SPIFF}serviceTaskOperator"):
            name = call.get("id") or ""
            names = [p.get("id") or "" for p in call.iter(f"{SPIFF}parameter")]
            found[name] = Scripted(name=name, parameters=tuple(names))
    return found


@dataclass(frozen=True, kw_only=True)
class Scripted:
    """An operation that answers from a list."""

    name: str
    parameters: tuple[str, ...]
    kind: str = "operation"
    required: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    wants_now: bool = False
    wants_key: bool = False

    def function(self, **given: object) -> dict[str, Any] | None:
        """The answer written down for this name, or the count of the votes."""
        if self.name == "approve.record_decision":
            return {"approval": "adjust" if "adjust" in cast(list[str], given["votes"]) else "pass"}
        return ANSWERS.get(self.name)


def finished_tasks(session: Session, process_id: int) -> int:
    """Finished tasks of a process, called processes included."""
    process = session.get_one(Process, process_id)
    asked = select(ProcessState.body).where(ProcessState.process_id == process_id)
    bodies = list(session.scalars(asked.order_by(ProcessState.revision)))
    flow = state.restore(bodies, unpack(process.version))
    found = sum(1 for f in flow.open_and_closed() for t in f.tasks.values() if t._state & 64)
    session.rollback()
    return found


class Ours:
    """The product's engine."""

    def __init__(self, engine: Engine, key: str) -> None:
        self.engine, self.key = engine, key

    def start(self) -> int:
        """A campaign whose planner knows what to do."""
        data = {"campaign_id": 17, "skip_analysis": True}
        return self.engine.start(self.key, "campaign", 17, data, Actor("zhoulan")).id

    def complete(self, to_do_id: int, outcome: str) -> None:
        """One person decides."""
        self.engine.complete(to_do_id, Actor("system"), outcome, {}, "同意")


class Plain:
    """The plain way: the whole process as one JSON text, read and written at every act."""

    def __init__(self, sessions: Callable[[], Session], key: str) -> None:
        self.sessions = sessions
        self.serializer = BpmnWorkflowSerializer(REGISTRY)
        self.specification: Specification = unpack(newest(sessions(), key))
        sessions().rollback()

    def start(self) -> int:
        """A campaign whose planner knows what to do."""
        with self._transaction() as session:
            process = Process(
                version_id=self.specification.version_id,
                subject_type="campaign",
                subject_id=17,
                started_at=NOW,
                started_by="zhoulan",
            )
            session.add(process)
            session.flush()
            flow = BpmnWorkflow(self.specification.top, dict(self.specification.called))
            host = Host(self.specification, flow)
            flow.task_tree.data = {"campaign_id": 17, "skip_analysis": True}
            flow.do_engine_steps()
            text = self.serializer.serialize_json(flow).encode()
            session.add(ProcessState(process_id=process.id, revision=0, is_snapshot=True, body=text))
            host.write(session, process, Actor("zhoulan"), Happening(verb="started"))
            return process.id

    def complete(self, to_do_id: int, outcome: str) -> None:
        """One person decides."""
        with self._transaction() as session:
            to_do = to_dos.get(session, to_do_id)
            process = session.get_one(Process, to_do.process_id)
            body = session.scalars(
                select(ProcessState.body).where(ProcessState.process_id == process.id)
            ).one()
            flow = self.serializer.deserialize_json(body.decode())
            host = Host(self.specification, flow)
            actor = Actor("system")
            to_dos.must_be_open(to_do)
            to_dos.must_be_decidable(to_do, outcome, "同意")
            to_do.outcome, to_do.answer, to_do.opinion = outcome, {}, "同意"
            to_dos.close(to_do, "done", actor, NOW)
            task = flow.get_task_from_id(UUID(to_do.token))
            to_dos.keep_outcome(task, outcome)
            task.run()
            flow.do_engine_steps()
            text = self.serializer.serialize_json(flow).encode()
            session.execute(
                update(ProcessState).where(ProcessState.process_id == process.id).values(body=text)
            )
            details = {"to_do": to_do.id, "path": to_do.path, "outcome": outcome, "opinion": "同意"}
            host.write(
                session, process, actor, Happening(verb="completed", element=to_do.element, details=details)
            )

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        session = self.sessions()
        yield session
        session.commit()


class Host:
    """What the diagram's elements ask for, and the rows the plain way writes: to-dos and history, as ours."""

    def __init__(self, specification: Specification, flow: Any) -> None:
        self.now, self.specification, self.flow = NOW, specification, flow
        self.happenings: list[Happening] = []
        flow.script_engine = Scripts()
        flow.script_engine.host = self

    def record(self, verb: str, task: Any, details: Mapping[str, Any]) -> None:
        """Something happened at an element."""
        path = prefix_of(task.workflow) + task.task_spec.bpmn_id
        given = {**details, "path": path}
        self.happenings.append(Happening(verb=verb, element=task.task_spec.bpmn_id, details=given))

    def starts_job(self, task: Any, name: str, arguments: object) -> bool:
        """Everything runs inside here."""
        return False

    def call(self, task: Any, name: str, arguments: dict[str, Any]) -> Any:
        """The answer written down."""
        result = Scripted(name=name, parameters=()).function(**arguments)
        self.record("operation", task, {"operation": name, "result": small(result)})
        return result

    def decide(self, task: Any, table: str) -> Any:
        """The answer written down."""
        result = ANSWERS.get(table, {})
        self.record("decided", task, {"decision": table, "result": small(result)})
        return result

    def write(self, session: Session, process: Process, actor: Actor, first: Happening) -> None:
        """To-dos that are new, those that are gone, and history."""
        ready = self.flow.get_tasks(state=TaskState.READY, manual=True)
        mine = (ToDo.process_id == process.id, ToDo.state == "open")
        known = {to_do.token: to_do for to_do in session.scalars(select(ToDo).where(*mine))}
        tokens = {str(task.id) for task in ready}
        for token, to_do in known.items():
            if token not in tokens:
                to_dos.close(to_do, "cancelled", actor, NOW)
        for task in ready:
            if str(task.id) not in known:
                session.add(self._opened(process, task))
        session.flush()
        history.append(
            session,
            chain_of(process.id),
            [first, *self.happenings],
            actor=actor,
            now=NOW,
            subject=("campaign", 17),
            head=None,
        )

    def _opened(self, process: Process, task: Any) -> ToDo:
        element = task.task_spec.bpmn_id
        position = Position(
            token=str(task.id),
            element=element,
            path=prefix_of(task.workflow) + element,
            depth=0,
            kind="user",
            task=task,
        )
        return to_dos.opened(process, position, self.specification.labels[element], NOW)
