"""A small installation around the engine: a database, a clock moved by hand, and operations of the test."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, inspect, select
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from app.engine import Actor, Bundle, JobNotDue
from app.engine import Engine as ProcessEngine
from app.engine import state as states
from app.engine.flow import Flow
from app.engine.positions import Standing, standing
from app.engine.specification import Specifications
from models.base import Base, prepare_engine
from models.history import HistoryEvent
from models.process import (
    Candidate,
    DecisionVersion,
    Incident,
    Job,
    MessageWait,
    OpenNode,
    Process,
    ProcessState,
    ProcessVersion,
    ToDo,
)
from tests import databases

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ME = Actor("zhoulan")
#: all the engine knows
TABLES = [
    each.__table__
    for each in (
        ProcessVersion,
        DecisionVersion,
        Process,
        ProcessState,
        OpenNode,
        ToDo,
        Candidate,
        MessageWait,
        Job,
        Incident,
        HistoryEvent,
    )
]


@cache
def schema() -> list[str]:
    """What creates the tables in SQLite, worked out once."""
    template = create_engine("sqlite://")
    Base.metadata.create_all(template, tables=TABLES)
    with template.connect() as connection:
        rows = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").scalars()
        found = [str(sql) for sql in rows]
    template.dispose()
    return found


def _make_tables(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        Base.metadata.create_all(connection, tables=TABLES)
        return
    for statement in schema():
        connection.exec_driver_sql(statement)


@contextmanager
def _database(url: str, on_disk: Path | None) -> Iterator[Engine]:
    """One that is there already, or a new one: on the disk for several threads, else in memory."""
    if url or not databases.ON_POSTGRESQL:
        engine = create_engine(url or (f"sqlite:///{on_disk}" if on_disk else "sqlite://"))
        prepare_engine(engine)
        with engine.begin() as connection:
            if not inspect(connection).has_table("process"):
                _make_tables(connection)
        yield engine
        engine.dispose()
        return
    with databases.lent() as engine:
        yield engine


@dataclass(frozen=True)
class Op:
    """An operation as the engine sees one."""

    name: str
    function: Callable[..., Any]
    kind: str = "operation"
    parameters: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    wants_now: bool = False
    wants_key: bool = False


def op(name: str, function: Callable[..., Any], *parameters: str, kind: str = "operation", **more: Any) -> Op:
    return Op(name=name, function=function, kind=kind, parameters=parameters, required=parameters, **more)


class World:
    """One engine on one database; keeps nothing live unless asked, so that every verb starts cold."""

    def __init__(
        self,
        *operations: Op,
        url: str = "",
        on_disk: Path | None = None,
        live: int = 0,
        decide: Callable[[str, str, Mapping[str, Any]], Any] | None = None,
        listeners: tuple[Any, ...] = (),
    ) -> None:
        self._until_closed = ExitStack()
        self.database = self._until_closed.enter_context(_database(url, on_disk))
        self.sessions = scoped_session(sessionmaker(self.database))
        self.now = START
        #: the machine's clock goes with the product's unless a test sets it
        self.machine_now: datetime | None = None
        self.operations = {o.name: o for o in operations}
        self.engine = ProcessEngine(
            self.sessions,
            lambda: self.now,
            self.operations,
            decide or (lambda digest, decision, data: {}),
            listeners,
            live_processes=live,
            machine_clock=lambda: self.machine_now or self.now,
        )

    @property
    def session(self) -> Session:
        return self.sessions()

    def close(self) -> None:
        self.sessions.remove()
        self._until_closed.close()

    def publish(self, key: str, *files: bytes, forms: Mapping[str, bytes] | None = None) -> None:
        diagrams = {f"{n}.bpmn": source for n, source in enumerate(files)}
        self.engine.publish(Bundle(diagrams=diagrams, forms=forms or {}, key=key), ME)

    def begin(self, key: str, **data: Any) -> int:
        return self.engine.start(key, "campaign", 17, data, ME).id

    def later(self, **how: float) -> list[int]:
        """Move the clock and wake every process that is due."""
        self.now += timedelta(**how)
        due = self.engine.due_timers(self.now, 100)
        self.session.rollback()
        for process_id in due:
            self.engine.wake(process_id)
        return due

    def run_jobs(self) -> list[int]:
        due = self.engine.due_jobs(self.now, 100)
        self.session.rollback()
        for job_id in due:
            with suppress(JobNotDue):
                self.engine.run_job(job_id)
        return due

    def process(self, process_id: int) -> Process:
        self.session.rollback()
        return self.session.get_one(Process, process_id, populate_existing=True)

    def open(self, process_id: int | None = None) -> list[ToDo]:
        self.session.rollback()
        asked = select(ToDo).where(ToDo.state == "open").order_by(ToDo.id)
        if process_id is not None:
            asked = asked.where(ToDo.process_id == process_id)
        return list(self.session.scalars(asked, execution_options={"populate_existing": True}))

    def elements(self) -> list[str]:
        return sorted(t.element for t in self.open())

    def do(
        self, element: str, outcome: str = "done", who: str = "system", opinion: str = "", nth: int = 0
    ) -> ToDo:
        """Complete the nth open to-do of this element."""
        to_do = [t for t in self.open() if t.element == element][nth]
        return self.engine.complete(to_do.id, Actor(who), outcome, {}, opinion)

    def jobs(self) -> list[Job]:
        self.session.rollback()
        return list(
            self.session.scalars(select(Job).order_by(Job.id), execution_options={"populate_existing": True})
        )

    def history(self, process_id: int) -> list[HistoryEvent]:
        self.session.rollback()
        asked = select(HistoryEvent).where(HistoryEvent.chain == f"process:{process_id}")
        return list(self.session.scalars(asked.order_by(HistoryEvent.seq)))

    def verbs(self, process_id: int) -> list[str]:
        return [event.verb for event in self.history(process_id)]

    def data(self, process_id: int) -> dict[str, Any]:
        """What the process knows at the top after its last task."""
        flow = self.load(process_id)
        return dict(flow.last_task.data) if flow.last_task is not None else {}

    def load(self, process_id: int) -> Flow:
        """The process as the stored state tells it."""
        self.session.rollback()
        process = self.session.get_one(Process, process_id)
        asked = select(ProcessState.body).where(ProcessState.process_id == process_id)
        bodies = list(self.session.scalars(asked.order_by(ProcessState.revision)))
        return states.restore(bodies, Specifications().get(self.session, process.version_id))

    def rows_follow_the_tree(self, process_id: int) -> None:
        """Open nodes, waits, to-dos, jobs and the next due time are exactly what the stored tree says."""
        process = self.process(process_id)
        said: Standing = standing(self.load(process_id))
        nodes = self.session.scalars(select(OpenNode).where(OpenNode.process_id == process_id))
        assert {(n.token, n.path, n.kind, n.depth) for n in nodes} == {
            (p.token, p.path, p.kind, p.depth) for p in said.positions.values()
        }
        kinds = {token: p.kind for token, p in said.positions.items()}
        waiting = self.session.scalars(select(MessageWait).where(MessageWait.process_id == process_id))
        assert {(w.token, w.name, w.correlation) for w in waiting} == {
            (w.token, w.name, w.correlation) for w in said.waits.values()
        }
        assert {t.token for t in self.open(process_id)} == {t for t, k in kinds.items() if k == "user"}
        live = [
            j for j in self.jobs() if j.process_id == process_id and j.state in ("ready", "running", "failed")
        ]
        assert {j.key for j in live} == {t for t, k in kinds.items() if k == "job"}
        assert process.next_due == said.next_due


def incidents(w: World) -> list[Incident]:
    """Everything that gave up, oldest first."""
    return list(w.session.scalars(select(Incident).order_by(Incident.id)))
