"""A process of its own that decides to-dos and runs jobs until nothing is left, or until it is killed."""

import random
import sys
import time

from sqlalchemy.exc import OperationalError

from app.engine import SYSTEM, JobNotDue, ToDoGone
from tests.engine.test_crash import installed


def main(url: str, seed: int) -> None:
    """Work on whatever is open; being late is no error here."""
    dice, w = random.Random(seed), installed(url)
    while True:
        to_dos = [t.id for t in w.open()]
        jobs = w.engine.due_jobs(w.now, 100)
        w.session.rollback()
        if not to_dos and not jobs:
            return
        try:
            if jobs and dice.random() < 0.4:
                w.engine.run_job(dice.choice(jobs))
            elif to_dos:
                w.engine.complete(dice.choice(to_dos), SYSTEM, "done", {})
        except (ToDoGone, JobNotDue, OperationalError):
            time.sleep(0.005)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
