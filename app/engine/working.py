"""What workers ask of the engine: take jobs, run them outside any transaction, and close them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app.engine import incidents, jobs
from app.engine.data import plain
from app.engine.elements import caught
from app.engine.jobs import Claim
from app.engine.outages import outage_of
from app.engine.problems import JobLost, JobTimedOut, OperationMissing
from app.engine.reading import Reading
from app.engine.steps import Step, Verb, arguments_for, small, verb
from app.engine.values import SYSTEM
from models.base import Problem, abandon
from models.process import Job, Process

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of running a job: a result, or what went wrong."""

    result: Any = None
    problem: Exception | None = None


class Working(Reading):
    """The half of the engine for workers: of two that want one job one gets it, and a fence keeps it so."""

    @contextmanager
    def _claiming(self) -> Iterator[Session]:
        session = self._session
        try:
            yield session
            session.commit()
        except BaseException:
            abandon(session)
            raise

    def take_jobs(self, limit: int) -> list[Claim]:
        """Take up to so many jobs that are due, of each process one; nobody else gets these."""
        now = self._around.clock()
        if limit < 1 or not self.due_jobs(now, 1):
            return []
        with self._claiming() as session:
            return jobs.take(session, now, self._around.machine_clock(), limit)

    def do(self, taken: Claim) -> Outcome:
        """Run the function of a job; no transaction is open meanwhile, and nothing it raises gets out.

        Asking what time it is may begin one where the clock is a row.
        """
        session = self._session
        try:
            operation = self._around.operations.get(taken.operation)
            if operation is None:
                raise OperationMissing(element=taken.element, operation=taken.operation)
            now = self._around.clock()
            session.rollback()
            result = operation.function(**arguments_for(operation, taken.arguments, now, taken.key))
            return Outcome(result=plain(result, taken.operation))
        except Exception as problem:
            return Outcome(problem=problem)
        finally:
            abandon(session)

    def close(self, taken: Claim, outcome: Outcome) -> Job:
        """Complete the task of a job, or note its failure; what comes too late changes nothing."""
        if outcome.problem is not None:
            return self._failed(taken, outcome.problem)
        try:
            return self._done(taken, outcome.result)
        except Exception as problem:
            if outage_of(problem) is not None:
                raise
            return self._failed(taken, problem)

    def run_job(self, job_id: int) -> Job:
        """Take, run and close one job; `JobNotDue` where another worker has it."""
        machine_now = self._around.machine_clock()
        self._give_back(job_id)
        with self._claiming() as session:
            taken = jobs.claim(session, job_id, self._around.clock(), machine_now)
        return self.close(taken, self.do(taken))

    def renew(self, taken: Claim) -> bool:
        """Give a sign of life for a job under way; False where it is no longer this worker's."""
        with self._claiming() as session:
            return jobs.renew(session, taken, self._around.machine_clock())

    def time_out(self, taken: Claim) -> Job:
        """The try has taken as long as one may: it failed, whatever the function still does."""
        return self._failed(taken, JobTimedOut(seconds=int(taken.time_limit.total_seconds())))

    def recover(self) -> int:
        """Give back the jobs whose workers are gone, each as a failed try; how many those were.

        Leases given before the machine's clock was set back are shortened to what they should be.
        """
        machine_now = self._around.machine_clock()
        with self._asking() as session:
            found = jobs.lost(session, machine_now, 100)
            has_far = jobs.has_too_far(session, machine_now)
        if has_far:
            with self._claiming() as session:
                jobs.shorten(session, machine_now)
        for job_id in found:
            self._give_back(job_id)
        return len(found)

    def release_jobs(self) -> int:
        """Let jobs be taken again whose workers are known to be gone, without waiting for their leases."""
        with self._claiming() as session:
            return jobs.release(session, self._around.machine_clock())

    def _give_back(self, job_id: int) -> None:
        """A job whose worker is gone has had a failed try."""
        machine_now = self._around.machine_clock()
        with self._asking() as session:
            seen = jobs.get(session, job_id)
            process_id, is_lost = seen.process_id, jobs.is_lost(seen, machine_now)
        if not is_lost:
            return
        with verb(self._around, SYSTEM) as act:
            step = act.step(Process.id == process_id, must_run=False)
            job = jobs.get(act.session, job_id)
            if jobs.is_lost(job, machine_now):
                self._note_failure(act, step, job, JobLost(attempt=job.attempts))
            else:
                act.is_void = True

    def _done(self, taken: Claim, result: Any) -> Job:
        with verb(self._around, SYSTEM) as act:
            step, job = self._mine(act, taken)
            if act.is_void:
                return job
            jobs.done(job, result, step.now)
            task = step.flow.find(job.key)
            details = {"operation": job.operation, "job": job.id, "result": small(result)}
            step.record("job_done", task, details)
            task.task_spec.keep(task, result)
            task.complete()
            step.advance()
            return job

    def _failed(self, taken: Claim, problem: Exception) -> Job:
        with verb(self._around, SYSTEM) as act:
            step, job = self._mine(act, taken)
            if not act.is_void:
                if not isinstance(problem, Problem):
                    log.error("job_failed", what=taken.operation, job=taken.job_id, exc_info=problem)
                self._note_failure(act, step, job, problem)
            return job

    def _note_failure(self, act: Verb, step: Step, job: Job, problem: Exception) -> None:
        """The way drawn for it, another try after a pause, or a person: the first of these there is."""
        task = step.flow.find(job.key)
        job.message, job.fields = incidents.described(problem)
        told = {"operation": job.operation, "job": job.id, "attempt": job.attempts}
        details = {**told, "message": job.message, "fields": job.fields}
        if caught(task, problem):
            step.record("job_failed", task, details)
            jobs.done(job, {"error": job.fields, "message": job.message}, step.now)
            task.error()
            step.advance()
        elif jobs.may_be_tried_again(job, problem):
            jobs.try_again(job, problem, step.now)
            step.record("job_failed", task, {**details, "next_try": job.due_at.isoformat()})
        else:
            step.record("job_failed", task, details)
            incidents.give_up(act.session, job, step.now)

    def _mine(self, act: Verb, taken: Claim) -> tuple[Step, Job]:
        """The step and the job; the verb is void where another worker has it or the process moved on."""
        step = act.step(Process.id == taken.process_id, must_run=False)
        job = jobs.get(act.session, taken.job_id)
        act.is_void = not jobs.is_mine(job, taken)
        return step, job
