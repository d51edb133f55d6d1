"""The written list of regular work.

To add an entry: a function that takes the moment it is done for and the moment it is now, and a line in
`REGULAR`. It runs in an application context, outside any transaction, commits by itself, and must be safe to
run twice. What it raises is tried again or shown on the page of incidents by the rule for jobs.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from flask import current_app
from flask_babel import lazy_gettext as _l

from app.calls.regular import end_overdue_calls, send_confirmed_orders
from app.engine import Engine
from app.intake.telling import tell_of_receipts
from app.reconciliation import reconcile_yesterday
from app.regular import Regular
from models.base import Problem


class HistoryBroken(Problem):
    """A record of history does not hold."""

    message = (
        "History does not hold: %(count)s chains are broken, the first is %(chain)s at record %(seq)s. "
        "Tell the auditor before anything else is done."
    )


def verify_history(moment: datetime, now: datetime) -> None:
    """Compute every chain of history again."""
    engine: Engine = current_app.extensions["engine"]
    broken = engine.verify().broken
    if broken:
        first = broken[0]
        raise HistoryBroken(count=len({each.chain for each in broken}), chain=first.chain, seq=first.seq)


#: everything this product does by the calendar
REGULAR: Sequence[Regular] = (
    Regular(
        name="send_orders",
        title=_l("Send confirmed orders to the order system"),
        do=send_confirmed_orders,
        every=timedelta(minutes=10),
    ),
    Regular(
        name="match_receipts",
        title=_l("Match receipts of the SMS centre with its messages"),
        do=tell_of_receipts,
        every=timedelta(minutes=10),
    ),
    Regular(
        name="reconcile_yesterday",
        title=_l("Reconcile what was sent with what came back"),
        do=reconcile_yesterday,
        at=time(9, 30),
    ),
    Regular(
        name="end_calls",
        title=_l("End call lists whose days are over"),
        do=end_overdue_calls,
        at=time(0, 30),
    ),
    Regular(
        name="verify_history", title=_l("Check the chains of history"), do=verify_history, at=time(2, 30)
    ),
)
