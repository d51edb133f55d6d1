"""The background process: what is due is done here, never inside a web process.

`serve` runs the parts of a worker (parts.py) until told to stop; `work_off` does once, in the thread that
asks, whatever is due (rounds.py). APScheduler is only the clock of the node that was elected (clock.py).
"""

from app.worker.parts import PARTS, serve
from app.worker.rounds import work_off

__all__ = ["PARTS", "serve", "work_off"]
