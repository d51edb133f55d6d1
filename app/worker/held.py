"""Work a worker has taken, a job or a run of regular work: to be done, kept alive, and closed in time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app import runs
from app.engine import Engine, JobTimedOut
from app.engine.jobs import Claim
from app.regular import Regular
from models.base import abandon, db

Clock = Callable[[], datetime]


class Held(Protocol):
    """What the pool runs; each call comes in an application context of its thread."""

    @property
    def name(self) -> str: ...
    @property
    def time_limit(self) -> timedelta: ...

    def do(self) -> Callable[[], object]:
        """Do the work outside any transaction; what closes it is given back, and may be called again."""

    def renew(self) -> bool:
        """Give a sign of life; False where it is no longer ours."""

    def time_out(self) -> None:
        """Count it as a failed try."""


@dataclass(frozen=True, kw_only=True)
class HeldJob:
    """A job of a process."""

    engine: Engine
    taken: Claim

    @property
    def name(self) -> str:
        """The operation."""
        return self.taken.operation

    @property
    def time_limit(self) -> timedelta:
        """As its diagram says."""
        return self.taken.time_limit

    def do(self) -> Callable[[], object]:
        """Run the function; the engine completes the task."""
        outcome = self.engine.do(self.taken)
        return lambda: self.engine.close(self.taken, outcome)

    def renew(self) -> bool:
        """The engine keeps the lease."""
        return self.engine.renew(self.taken)

    def time_out(self) -> None:
        """The engine notes the failed try."""
        self.engine.time_out(self.taken)


@dataclass(frozen=True, kw_only=True)
class HeldRun:
    """A run of regular work."""

    work: Regular
    taken: runs.Taken
    clock: Clock
    machine_clock: Clock

    @property
    def name(self) -> str:
        """The piece of regular work."""
        return self.work.name

    @property
    def time_limit(self) -> timedelta:
        """As its entry says."""
        return self.work.time_limit

    def do(self) -> Callable[[], object]:
        """Call the entry's function."""
        problem: Exception | None = None
        try:
            now = self.clock()
            db.session.rollback()
            self.work.do(self.taken.due_at, now)
        except Exception as raised:
            problem = raised
        finally:
            abandon(db.session)
        return lambda: self._close(problem)

    def renew(self) -> bool:
        """Keep the lease."""
        is_ours = runs.renew(db.session(), self.taken, self.machine_clock())
        db.session.commit()
        return is_ours

    def time_out(self) -> None:
        """Note the failed try."""
        self._close(JobTimedOut(seconds=int(self.time_limit.total_seconds())))

    def _close(self, problem: Exception | None) -> None:
        session, now = db.session(), self.clock()
        try:
            if problem is None:
                runs.done(session, self.taken, now)
            else:
                runs.failed(session, self.taken, problem, self.machine_clock(), now)
            session.commit()
        except BaseException:
            abandon(session)
            raise
