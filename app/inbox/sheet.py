"""What stands beside a decision on a line of the reconciliation: what left, what came, and what differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from handlers.contacts import beginning_of
from handlers.desk.balance import people_of
from models.campaign import Campaign
from models.execution import WorkOrder
from models.feedback import FEEDS, Balance, Feedback, FeedbackFile

#: answers for nobody shown of a day
MOST = 20
#: states of an answer nobody of ours is meant by
NOBODYS = ("unknown", "unmatched")


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One line with what it is made of; which of these are there depends on what it is about."""

    line: Balance
    #: a work order, and {(state, cause): people} of what left of it that day
    order: WorkOrder | None = None
    people: Mapping[tuple[str, str], int] = field(default_factory=dict)
    file: FeedbackFile | None = None
    #: a feed, and answers of that day nobody of ours is meant by
    feed: str = ""
    answers: Sequence[Feedback] = ()

    def in_state(self, *states: str) -> int:
        """People in these states."""
        return sum(number for (state, _), number in self.people.items() if state in states)

    @property
    def causes(self) -> list[tuple[str, int]]:
        """Why messages failed, the most frequent first."""
        failed = [(cause, number) for (state, cause), number in self.people.items() if state == "failed"]
        return sorted(failed, key=lambda one: (-one[1], one[0]))


def sheet_of(session: Session, balance_id: int) -> Sheet | None:
    """Read a line with what it is made of; None where there is no such."""
    line = session.get(Balance, balance_id)
    if line is None:
        return None
    if line.kind == "work_order":
        asked = select(WorkOrder).where(WorkOrder.id == line.subject_id)
        order = session.scalar(asked.options(joinedload(WorkOrder.campaign).joinedload(Campaign.office)))
        return Sheet(line=line, order=order, people=people_of(session, line.subject_id, line.day))
    if line.kind == "file":
        return Sheet(line=line, file=session.get(FeedbackFile, line.subject_id))
    feed = FEEDS[line.subject_id - 1]
    return Sheet(line=line, feed=feed, answers=_for_nobody(session, feed, line))


def _for_nobody(session: Session, feed: str, line: Balance) -> Sequence[Feedback]:
    first = beginning_of(line.day)
    return session.scalars(
        select(Feedback)
        .where(Feedback.feed == feed, Feedback.state.in_(NOBODYS))
        .where(Feedback.received_at >= first, Feedback.received_at < first + timedelta(days=1))
        .order_by(Feedback.id)
        .limit(MOST)
    ).all()
