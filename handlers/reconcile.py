"""Reconciliation (对账): a line that does not balance is weighed, decided by a person, and weighed again."""

from collections.abc import Mapping
from datetime import datetime

from handlers.channels.outbox import Verdict, settle_unknown
from handlers.desk.balance import reckon_line
from handlers.desk.workshop import Workshop
from handlers.operation import Result, operation
from models.base import Problem, db
from models.execution import WorkOrder
from models.feedback import FEEDS, Balance, FeedbackFile

#: outcome of the to-do -> what becomes of messages of unknown fate
VERDICTS: Mapping[str, Verdict] = {
    "count_as_sent": "sent",
    "send_again": "again",
    "write_off": "written_off",
}
#: whose channel a feed speaks of; orders, refusals and complaints are of none
CHANNELS = {"receipt": "sms", "reply": "sms", "call_result": "call"}


class NoSuchBalance(Problem):
    """A diagram asked about a line that is not there."""

    message = "There is no line of the reconciliation with the id %(balance_id)s."


class NoMessages(Problem):
    """Only work orders have messages of unknown fate."""

    message = "This line of the reconciliation is about no work order; it has no messages to decide on."


@operation
def weigh(balance_id: int, workshop: Workshop, now: datetime) -> Result:
    """Reckon the line anew, and say what a person must look at first and whose channel it is."""
    row = reckon_line(db.session, _line(balance_id), now, workshop.daily_files)
    finding = "other" if row.differences else "balanced"
    return {"finding": "unknown" if "unknown" in row.differences else finding, "channel": _channel(row)}


@operation
def settle(balance_id: int, outcome: str, now: datetime) -> Result:
    """Do with all messages of unknown fate of the work order what the person said."""
    row = _line(balance_id)
    order = db.session.get(WorkOrder, row.subject_id) if row.kind == "work_order" else None
    if order is None:
        raise NoMessages()
    return {"settled": settle_unknown(db.session, order, VERDICTS[outcome], now)}


@operation
def explain(balance_id: int) -> Result:
    """The differences have their explanation; the line is open again only where it differs in more."""
    _line(balance_id).state = "explained"
    return None


def _line(balance_id: int) -> Balance:
    found = db.session.get(Balance, balance_id)
    if found is None:
        raise NoSuchBalance(balance_id=balance_id)
    return found


def _channel(row: Balance) -> str:
    """The channel whose keeper is asked; empty where it is any keeper's."""
    if row.kind == "work_order":
        order = db.session.get(WorkOrder, row.subject_id)
        return order.channel if order else ""
    if row.kind == "feed":
        return CHANNELS.get(FEEDS[row.subject_id - 1], "")
    file = db.session.get(FeedbackFile, row.subject_id)
    return CHANNELS.get(file.feed, "") if file else ""
