"""What a person may do about an incident: retry, correct, skip or stop; one verb each, with its reason."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from app.engine import arguments, incidents, jobs
from app.engine.data import plain
from app.engine.history import Happening
from app.engine.messages import hand_over
from app.engine.problems import IncidentUnknown, NoJobThere, OperationMissing, ProcessUnknown, ReasonMissing
from app.engine.steps import Step, small, verb
from app.engine.values import Actor, Operation
from app.engine.working import Working
from models.process import Incident, Job, Process

#: a diagram that draws a way for this message is stopped that way, so that its clean-up is done
STOP = "stop"


def need_reason(reason: str) -> None:
    """An act that others will ask about says why."""
    if not reason.strip():
        raise ReasonMissing()


class Repairing(Working):
    """The half of the engine for who repairs; of two people one wins, the other is told who and when."""

    def retry(self, incident_id: int, actor: Actor, reason: str) -> Incident:
        """Let what failed be tried again, with all its tries before it."""
        with self._at(incident_id, actor, reason) as (step, incident):
            if incident.job_id is None:
                step.process.next_due = step.now
            else:
                jobs.repair(self._job(step, incident), step.now)
            self._repaired(step, incident, "retried", {"reason": reason})
            return incident

    def correct(self, incident_id: int, actor: Actor, given: Mapping[str, Any], reason: str) -> Incident:
        """Change the arguments of a job that failed and let it be tried again; the diagram stays as it is."""
        with self._at(incident_id, actor, reason) as (step, incident):
            job = self._job(step, incident)
            before, after = arguments.corrected(self._operation(job), step.process, job, given)
            job.arguments = {
                name: value for name, value in {**job.arguments, **after}.items() if name in given
            }
            jobs.repair(job, step.now)
            changed = {"reason": reason, "before": small(before), "after": small(after)}
            self._repaired(step, incident, "corrected", changed)
            return incident

    def skip(self, incident_id: int, actor: Actor, result: Mapping[str, Any], reason: str) -> Incident:
        """Count a job that failed as done, with a result given by hand; the diagram goes on from there."""
        with self._at(incident_id, actor, reason) as (step, incident):
            job = self._job(step, incident)
            given = plain(dict(result), job.element)
            task = step.flow.find(job.key)
            jobs.done(job, given, step.now)
            self._repaired(step, incident, "skipped", {"reason": reason, "result": small(given)})
            task.task_spec.keep(task, given)
            task.complete()
            step.advance()
            return incident

    def stop_at(self, incident_id: int, actor: Actor, reason: str) -> Incident:
        """End the process an incident holds up: by the way the diagram draws for it, else at once."""
        with self._at(incident_id, actor, reason) as (step, incident):
            self._repaired(step, incident, "stopped", {"reason": reason})
            if not hand_over(step, STOP, str(step.process.subject_id), {"reason": reason}):
                step.flow.cancel()
                step.end("stopped", None)
            return incident

    @contextmanager
    def _at(self, incident_id: int, actor: Actor, reason: str) -> Iterator[tuple[Step, Incident]]:
        """One verb on the process of an incident that is still open."""
        need_reason(reason)
        with verb(self._around, actor) as act:
            mine = select(Incident.process_id).where(Incident.id == incident_id).scalar_subquery()
            try:
                step = act.step(Process.id == mine, must_run=False)
            except ProcessUnknown as problem:
                raise IncidentUnknown(incident_id=incident_id) from problem
            incident = incidents.get(act.session, incident_id)
            incidents.must_be_open(incident)
            yield step, incident

    def _job(self, step: Step, incident: Incident) -> Job:
        if incident.job_id is None:
            raise NoJobThere()
        return jobs.get(step.session, incident.job_id)

    def _operation(self, job: Job) -> Operation:
        found = self._around.operations.get(job.operation)
        if found is None:
            raise OperationMissing(element=job.element, operation=job.operation)
        return found

    def _repaired(self, step: Step, incident: Incident, verb: str, details: Mapping[str, Any]) -> None:
        """Close the incident and write down what was done about it."""
        incidents.repaired(incident, step.actor.login, step.now)
        told = {"incident": incident.id, **({"job": incident.job_id} if incident.job_id else {})}
        element = None if incident.job_id is None else incident.element
        step.happenings.append(Happening(verb=verb, element=element, details={**told, **details}))
        step.wakes_workers = True
