"""The rule of trying again, the same for jobs and for regular work: leases, numbers of tries, pauses."""

import random
from datetime import timedelta

from models.base import Problem

#: a worker that gave no sign of life for so long has lost its work; it gives three signs in this time
LEASE = timedelta(seconds=60)
#: a lease that ends later than this was given before the clock was set back
TOO_FAR = 2 * LEASE
#: what one try may take where nobody said
TIME_LIMIT = timedelta(minutes=30)
#: tries where nobody said and the failure may pass by itself
TRIES = 5
#: first pause before another try; doubled each time up to the longest
PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
#: pauses are up to so many times longer, so that no two pieces of work come back at the same moment
JITTER = 1.25
#: what is put off for longer than any pause was put off before the clock was set back
PUT_OFF_TOO_FAR = LONGEST_PAUSE * JITTER


def pause_after(attempts: int) -> timedelta:
    """Twice as long after each try."""
    pause = min(PAUSE * float(2 ** min(attempts - 1, 16)), LONGEST_PAUSE)
    return pause * random.uniform(1.0, JITTER)


def tries_for(problem: Exception) -> int:
    """What nobody foresaw may pass by itself; a refusal that a person must mend would only repeat."""
    passes = not isinstance(problem, Problem) or problem.may_pass
    return TRIES if passes else 1
