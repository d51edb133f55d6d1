"""How far work orders are, in the same figures wherever they are shown; each person counts once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from models.call import Call
from models.execution import Contact, WorkOrder
from models.sending import SendAnswer, SendBatch

#: states of a contact that left the house
SENT = ("handed_over", "accepted", "delivered", "failed", "unknown", "reached", "not_reached")
#: states of a contact nobody was met for, and may still be
LEFT = ("planned", "waiting")
#: states of a call nobody has ended yet
OPEN_CALLS = ("waiting", "taken")
#: causes that say that the SMS centre itself would not have a message
REFUSED = "refused_"

Counts = Mapping[int, Mapping[str, int]]


def has_left() -> ColumnElement[bool]:
    """The condition that somebody was sent to or called; who waits on the list of our own desk was not."""
    waits = and_(Contact.state == "handed_over", Contact.contacted_at.is_(None))
    return and_(Contact.state.in_(SENT), ~waits)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One work order with its answers so far."""

    order: WorkOrder
    #: {state of a contact: people}
    by_state: Mapping[str, int]
    #: {outcome: people}
    by_outcome: Mapping[str, int]
    #: people the SMS centre has answered for whose batch is not settled yet
    taken: int = 0
    turned_away: int = 0
    #: people the SMS centre refused, of those settled
    refused: int = 0
    #: people on the call list of our own desk who wait to be called
    to_call: int = 0

    @property
    def is_call(self) -> bool:
        """Worked by voice: done and left is all there is to say."""
        return self.order.channel == "call"

    def people_in(self, *states: str) -> int:
        """People whose contact is in one of these states."""
        return sum(self.by_state.get(state, 0) for state in states)

    @property
    def people(self) -> int:
        """Everybody of the work order: as it was opened, later as it left."""
        return self.order.people

    @property
    def sent(self) -> int:
        """People whose contact left the house; of a call list, those whose call was made."""
        return self.people_in(*SENT) - self.to_call + self.taken + self.turned_away

    @property
    def accepted(self) -> int:
        """People whose message the SMS centre took and did not give up; of calls, those with a result."""
        return self.people_in("accepted", "delivered", "reached", "not_reached") + self.taken

    @property
    def delivered(self) -> int:
        """People who have the message, or were reached."""
        return self.people_in("delivered", "reached")

    @property
    def failed(self) -> int:
        """People whose message was refused or did not arrive."""
        return self.people_in("failed") + self.turned_away

    @property
    def unknown(self) -> int:
        """People of whom nobody knows."""
        return self.people_in("unknown")

    @property
    def unanswered(self) -> int:
        """People on a list somebody else has, of whom nothing was heard yet."""
        return self.people_in("handed_over") - self.to_call

    @property
    def left(self) -> int:
        """People not sent to or called yet who may still be."""
        return self.people_in(*LEFT) - self.taken - self.turned_away + self.to_call

    @property
    def settled(self) -> int:
        """People from whom an answer of any kind came."""
        return self.people_in(*SENT) - self.people_in("handed_over")

    @property
    def is_under_way(self) -> bool:
        """The figures may change while somebody looks."""
        return self.order.state in ("dispatched", "paused")

    @property
    def standing(self) -> str:
        """Its state as people say it: being carried out, done, or done with something amiss."""
        if self.order.state != "dispatched":
            return self.order.state
        if self.left or self.unanswered or not self.sent:
            return "executing"
        if self.failed:
            return "partly_failed"
        return "unknown" if self.unknown else "done"

    def outcome(self, name: str) -> int:
        """People with this outcome; "not_reached" is told by the state."""
        return self.by_state.get(name, 0) if name == "not_reached" else self.by_outcome.get(name, 0)


@dataclass(frozen=True, kw_only=True)
class _Read:
    """What the statements found, by work order."""

    states: Counts = field(default_factory=dict)
    outcomes: Counts = field(default_factory=dict)
    refused: Mapping[int, int] = field(default_factory=dict)
    live: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    to_call: Mapping[int, int] = field(default_factory=dict)


def progress_of(session: Session, orders: Sequence[WorkOrder]) -> tuple[Progress, ...]:
    """How far each of these work orders is, in their order; three statements."""
    ids = [order.id for order in orders]
    states, outcomes, refused = _contacts(session, ids)
    read = _Read(
        states=states,
        outcomes=outcomes,
        refused=refused,
        live=_live(session, ids),
        to_call=_to_call(session, ids),
    )
    return tuple(_progress(order, read) for order in orders)


def _progress(order: WorkOrder, read: _Read) -> Progress:
    taken, turned_away = read.live.get(order.id, (0, 0))
    return Progress(
        order=order,
        by_state=read.states.get(order.id, {}),
        by_outcome=read.outcomes.get(order.id, {}),
        taken=taken,
        turned_away=turned_away,
        refused=read.refused.get(order.id, 0) + turned_away,
        to_call=read.to_call.get(order.id, 0),
    )


def _contacts(session: Session, ids: Sequence[int]) -> tuple[Counts, Counts, Mapping[int, int]]:
    states: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    outcomes: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    refused: dict[int, int] = defaultdict(int)
    by_centre = and_(Contact.state == "failed", Contact.cause.startswith(REFUSED))
    columns = (Contact.work_order_id, Contact.state, Contact.outcome)
    asked = select(*columns, func.count(), func.count().filter(by_centre))
    asked = asked.where(Contact.work_order_id.in_(ids)).group_by(*columns)
    for order_id, state, outcome, people, turned_away in session.execute(asked):
        states[order_id][state] += people
        refused[order_id] += turned_away
        if outcome and state in SENT:
            outcomes[order_id][outcome] += people
    return states, outcomes, refused


def _live(session: Session, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """{work order: (accepted, refused)} by answers of batches not settled yet; contacts still say planned."""
    first_part = (SendAnswer.batch_id == SendBatch.id, SendAnswer.part == 1)
    asked = (
        select(SendBatch.work_order_id, *_answered())
        .join(SendAnswer, and_(_within(), *first_part))
        .join(Contact, and_(Contact.id == SendAnswer.contact_id, Contact.state == "planned"))
        .where(SendBatch.work_order_id.in_(ids), SendBatch.state != "settled", SendBatch.intended_to > 0)
        .group_by(SendBatch.work_order_id)
    )
    return {order_id: (taken, refused) for order_id, taken, refused in session.execute(asked)}


def _answered() -> tuple[ColumnElement[int], ColumnElement[int]]:
    is_accepted = SendAnswer.status == 0
    return func.count().filter(is_accepted), func.count().filter(~is_accepted)


def _within() -> ColumnElement[bool]:
    return SendAnswer.contact_id.between(SendBatch.first_id, SendBatch.intended_to)


def _to_call(session: Session, ids: Sequence[int]) -> dict[int, int]:
    asked = (
        select(Call.work_order_id, func.count())
        .join(Contact, Contact.id == Call.contact_id)
        .where(Call.work_order_id.in_(ids), Call.state.in_(OPEN_CALLS), Contact.state == "handed_over")
        .group_by(Call.work_order_id)
    )
    return {order_id: people for order_id, people in session.execute(asked)}
