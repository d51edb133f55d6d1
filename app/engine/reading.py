"""What can be asked of the engine without changing anything; no question keeps a lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import checker, decisions, history, incidents, jobs, needs, path, state, waits
from app.engine.flow import Flow
from app.engine.needs import Following
from app.engine.problems import FileUnknown, ProcessUnknown
from app.engine.specification import Specification
from app.engine.steps import Surroundings, chain_of
from app.engine.values import Bundle, Finding, Operation, Path, StageTime, Verification
from models.base import read_only
from models.process import Process, ProcessState


class Reading:
    """The reading half of the engine."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    @property
    def _session(self) -> Session:
        return self._around.session_factory()

    @contextmanager
    def _asking(self) -> Iterator[Session]:
        """A session to read with; a transaction begun for the question alone takes no write lock and ends."""
        session = self._session
        if session.in_transaction():
            yield session
            return
        with read_only():
            try:
                yield session
            finally:
                session.rollback()

    def check(self, bundle: Bundle) -> list[Finding]:
        """Everything wrong or doubtful in the diagrams, each with its element and what to do."""
        with self._asking() as session:
            in_force = decisions.in_force(session)
        return checker.check(bundle, self._around.operations, in_force).findings

    def source(self, version_id: int, file: str) -> str:
        """The text of a diagram or form of a version."""
        with self._asking() as session:
            found = self._around.specifications.get(session, version_id).sources.get(file)
        if found is None:
            raise FileUnknown(file=file)
        return found

    def form(self, version_id: int, form: str) -> dict[str, Any]:
        """A form of a version, by the name the diagram uses."""
        text = self.source(version_id, form if form.endswith(".json") else f"{form}.json")
        found: dict[str, Any] = orjson.loads(text)
        return found

    def due_timers(self, now: datetime, limit: int) -> list[int]:
        """The processes to wake, by the index on the next due time."""
        with self._asking() as session:
            return waits.due_processes(session, now, limit)

    def due_jobs(self, now: datetime, limit: int) -> list[int]:
        """The jobs that want a worker: those to run, and those whose worker is gone."""
        with self._asking() as session:
            return jobs.due(session, now, self._around.machine_clock(), limit)

    def next_due(self) -> datetime | None:
        """The moment the next timer or job will be due, None where nothing waits for its time."""
        with self._asking() as session:
            moments = (waits.next_due(session), jobs.next_due(session))
        return min((moment for moment in moments if moment is not None), default=None)

    def label(self, version_id: int, element: str) -> tuple[str, str]:
        """Chinese and English name of an element of a version; its id where it has none."""
        with self._asking() as session:
            labels = self._around.specifications.get(session, version_id).labels
        return labels.get(element, (element, element))

    def operation(self, name: str) -> Operation | None:
        """What this installation knows under the name a diagram uses; None where it is gone."""
        return self._around.operations.get(name)

    def following(self, incident_id: int) -> Following:
        """What comes after the job of an incident, and what it would miss if the job were skipped."""
        with self._asking() as session:
            incident = incidents.get(session, incident_id)
            flow, specification, _ = self._read(session, incident.process_id)
            job = jobs.get(session, incident.job_id or 0)
            task = flow.find(job.key)
            known = set(task.data) if task is not None else set()
            pinned = specification.decisions.items()
            tables = {name: decisions.inputs_of(session, digest) for name, digest in pinned}
        return needs.following(specification, tables, job.element, known)

    def path(self, process_id: int) -> Path:
        """Where a process has been and is, on every diagram of its version."""
        with self._asking() as session:
            return path.path(*self._read(session, process_id))

    def stage_times(self, process_id: int) -> list[StageTime]:
        """When each node at the top was first entered and last left."""
        with self._asking() as session:
            return path.stage_times(*self._read(session, process_id))

    def _read(self, session: Session, process_id: int) -> tuple[Flow, Specification, Process]:
        process = session.get(Process, process_id)
        if process is None:
            raise ProcessUnknown(process_id=process_id)
        asked = select(ProcessState.body).where(ProcessState.process_id == process_id)
        bodies = list(session.scalars(asked.order_by(ProcessState.revision)))
        specification = self._around.specifications.get(session, process.version_id)
        return state.restore(bodies, specification), specification, process

    def verify(self, process_id: int | None = None) -> Verification:
        """Compute the chain of one process, or all chains, anew from the rows."""
        with self._asking() as session:
            return history.verify(session, None if process_id is None else chain_of(process_id))
