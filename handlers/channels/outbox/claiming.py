"""Who has a batch: one sender at a time, while its lease lasts; the fence tells it from late ones.

What is due goes by the product's clock, which a demo moves in leaps; leases go by the machine's.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, Table, Update, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from handlers.channels.outbox.rows import change
from handlers.contacts import AnySession
from models.sending import LAST, DirectMessage, SendBatch

#: how long a sender has a batch before another may take it over; it renews three times as often
LEASE = timedelta(seconds=20)
#: batches of one work order taken at once where no other waits
TOGETHER = 4
#: states in which something may still go on the wire
OPEN = ("ready", "taken", "held")


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A batch one sender has taken."""

    id: int
    work_order_id: int
    first_id: int
    last_id: int
    intended_to: int
    fence: int


def take(session: AnySession, now: datetime, machine_now: datetime, but: Collection[int] = ()) -> list[Taken]:
    """Take the batch whose turn it is; one whose sender was lost comes first. Nothing where nothing is due.

    Turns go round the work orders, so that no long list keeps a short one waiting; where nobody else waits,
    the next batches of the same list are taken along. `but` are batches the caller has already.
    """
    at = {"now": now, "machine_now": machine_now, "but": list(but), "gone": machine_now + 2 * LEASE}
    connection = session.connection()
    found = connection.execute(_LOST, at).all()
    if not found:
        found = connection.execute(_NEXT, at).all()
        if (
            found
            and connection.execute(_OTHERS, {**at, "work_order": found[0].work_order_id}).first() is None
        ):
            along = {**at, "work_order": found[0].work_order_id, "but": [*but, found[0].id]}
            found = [*found, *connection.execute(_ALONG, along)]
    if found:
        connection.execute(_TAKE, {"batches": [row.id for row in found], "until": machine_now + LEASE})
        stand_in_line(session, found[0].work_order_id)
    return [Taken(**{**row._mapping, "fence": row.fence + 1}) for row in found]


def stand_in_line(session: AnySession, work_order_id: int) -> None:
    """Let the next batch of a work order stand in line where none does; behind all who stand there now."""
    session.connection().execute(_STAND_IN_LINE, {"work_order": work_order_id})


def renew(session: AnySession, taken: Sequence[Taken], machine_now: datetime) -> set[int]:
    """Keep batches for another lease; the ids of those that are no longer ours."""
    until = machine_now + LEASE
    kept = [update(SendBatch).where(*is_ours(each)).values(leased_until=until) for each in taken]
    return {each.id for each, statement in zip(taken, kept, strict=True) if not change(session, statement)}


def give_back(session: AnySession, taken: Taken, due_at: datetime) -> bool:
    """Let anybody take the batch again, not before a moment; False where it is no longer ours."""
    values = {"state": "ready", "leased_until": None, "due_at": due_at}
    is_given = change(session, update(SendBatch).where(*is_ours(taken)).values(values)) == 1
    stand_in_line(session, taken.work_order_id)
    return is_given


def free_what_was_left(session: AnySession) -> int:
    """Every lease ends now, for when it is known that nobody sends any more; how many that were."""
    batches = update(SendBatch).where(SendBatch.leased_until.is_not(None))
    messages = update(DirectMessage).where(DirectMessage.state == "intended")
    return sum(change(session, each.values(leased_until=None)) for each in (batches, messages))


def is_ours(taken: Taken) -> tuple[ColumnElement[bool], ...]:
    """The condition of the fence."""
    return SendBatch.id == taken.id, SendBatch.fence == taken.fence, SendBatch.state == "taken"


def lease_is_over(
    leased_until: InstrumentedAttribute[datetime | None], machine_now: datetime
) -> ColumnElement[bool]:
    """The lease has ended; one further ahead than any can be was given before the clock was set back."""
    return or_(leased_until.is_(None), leased_until <= machine_now, leased_until > machine_now + 2 * LEASE)


def under_way(session: AnySession, now: datetime) -> int:
    """Batches and single messages that are due, on their way, or sent and not settled yet."""
    due = and_(SendBatch.state == "ready", SendBatch.due_at <= now)
    batches = select(func.count(SendBatch.id)).where(or_(due, SendBatch.state.in_(("taken", "sent"))))
    single = select(func.count(DirectMessage.id)).where(DirectMessage.state.in_(("ready", "intended")))
    return (session.scalar(batches) or 0) + (session.scalar(single) or 0)


_TABLE = cast(Table, SendBatch.__table__)
_BATCH = _TABLE.c
_LEASE_IS_OVER = or_(
    _BATCH.leased_until.is_(None),
    _BATCH.leased_until <= bindparam("machine_now"),
    _BATCH.leased_until > bindparam("gone"),
)
_FREE = select(*(_BATCH[name] for name in Taken.__dataclass_fields__)).where(
    _LEASE_IS_OVER, _BATCH.id.not_in(bindparam("but", expanding=True))
)
#: one that was paused and resumed may still be under way: the lease of its first sender counts
_DUE = _FREE.where(_BATCH.state == "ready", _BATCH.due_at <= bindparam("now"))
_LOST = _FREE.where(_BATCH.state == "taken").order_by(_BATCH.id).limit(1).with_for_update(skip_locked=True)
_NEXT = _DUE.order_by(_BATCH.turn, _BATCH.id).limit(1).with_for_update(skip_locked=True)
_OTHERS = _DUE.where(_BATCH.turn < LAST, _BATCH.work_order_id != bindparam("work_order")).limit(1)
_ALONG = (
    _DUE.where(_BATCH.work_order_id == bindparam("work_order"))
    .order_by(_BATCH.number)
    .limit(TOGETHER - 1)
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(_TABLE)
    .where(_BATCH.id.in_(bindparam("batches", expanding=True)))
    .values(state="taken", fence=_BATCH.fence + 1, leased_until=bindparam("until"))
)


def _stand_in_line() -> Update:
    one, other = _TABLE.alias("one"), _TABLE.alias("other")
    mine = (one.c.work_order_id == bindparam("work_order"), one.c.state == "ready")
    ready = select(one.c.id).where(*mine).order_by(one.c.due_at, one.c.number).limit(1)
    # what another takes just now is not waited for: it may wait for ours
    following = ready.with_for_update(skip_locked=True)
    stands = select(one.c.id).where(*mine, one.c.turn < LAST).exists()
    in_line = (other.c.state.in_(OPEN), other.c.turn < LAST)
    highest = select(func.coalesce(func.max(other.c.turn), 0)).where(*in_line).scalar_subquery()
    moved = update(_TABLE).where(_BATCH.id == following.scalar_subquery(), ~stands)
    return moved.values(turn=highest + 1)


_STAND_IN_LINE = _stand_in_line()
