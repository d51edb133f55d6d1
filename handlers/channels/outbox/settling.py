"""What the SMS centre said becomes the state of contacts and their place in the ledger, a batch at a time."""

from collections.abc import Iterable
from datetime import date, datetime

import numpy as np
from sqlalchemy import (
    ColumnElement,
    String,
    Subquery,
    and_,
    case,
    cast,
    distinct,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from handlers.channels.outbox.claiming import lease_is_over
from handlers.channels.outbox.direct import is_lost
from handlers.channels.outbox.opening import add_batches
from handlers.channels.outbox.rows import change
from handlers.contacts import LOCAL, AnySession, release, settle
from models.execution import Contact, WorkOrder
from models.sending import DirectMessage, SendAnswer, SendBatch

#: cause of a contact a person gave up; what is heard of it later counts all the same
WRITTEN_OFF = "written_off"
#: states nothing was heard in yet
UNHEARD = ("planned", "waiting", "unknown")


def has_unsettled(session: AnySession, machine_now: datetime) -> bool:
    """Whether there is anything for `settle_next` or `park_direct`; a reader may ask, and asks often."""
    batch = select(SendBatch.id).where(*_is_sent(machine_now)).limit(1)
    message = select(DirectMessage.id).where(*is_lost(machine_now)).limit(1)
    return session.scalar(batch) is not None or session.scalar(message) is not None


def settle_next(session: AnySession, now: datetime, machine_now: datetime) -> bool:
    """Settle one batch that has nothing left for the wire; False where there is none."""
    asked = (
        select(SendBatch)
        .where(*_is_sent(machine_now))
        .order_by(SendBatch.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    batch = session.scalars(asked).first()
    if batch is None:
        return False
    order = session.get_one(WorkOrder, batch.work_order_id, populate_existing=True)
    fold(session, batch, order, now)
    _park(session, batch)
    _let_follow(session, batch, order, now)
    batch.state, batch.ended_at, batch.leased_until = "settled", now, None
    return True


def _is_sent(machine_now: datetime) -> tuple[ColumnElement[bool], ...]:
    return SendBatch.state == "sent", lease_is_over(SendBatch.leased_until, machine_now)


def fold(session: AnySession, batch: SendBatch, order: WorkOrder, now: datetime) -> None:
    """Give contacts the answers of a batch: every part accepted, or one refused. Twice changes nothing."""
    answers = _answers(batch)
    accepted = session.execute(_accepted(answers), execution_options={"synchronize_session": False})
    enter_contacts(session, order, ((sid, 1, at or now) for sid, at in accepted), now)
    refused = session.execute(_refused(answers, now), execution_options={"synchronize_session": False})
    enter_contacts(session, order, ((sid, min(parts, 1), at or now) for sid, parts, at in refused), now)


def _answers(batch: SendBatch) -> Subquery:
    """One row a contact: parts accepted, parts there are, the worst status, and when it was answered."""
    accepted = case((SendAnswer.status == 0, SendAnswer.part))
    columns = (
        SendAnswer.contact_id,
        func.count(distinct(accepted)).label("accepted"),
        func.max(SendAnswer.parts).label("parts"),
        func.max(SendAnswer.status).label("worst"),
        func.max(SendAnswer.at).label("at"),
    )
    mine = (SendAnswer.contact_id.between(batch.first_id, batch.last_id), SendAnswer.batch_id == batch.id)
    return select(*columns).where(*mine).group_by(SendAnswer.contact_id).subquery()


def _accepted(answers: Subquery) -> ReturningUpdate[int, datetime | None]:
    """A receipt may have been faster than the answer was written down: what it said stays."""
    told = or_(Contact.state == "delivered", and_(Contact.state == "failed", Contact.cause != WRITTEN_OFF))
    said = answers.c
    which = (Contact.id == said.contact_id, said.accepted == said.parts, Contact.contacted_at.is_(None))
    values = {
        "state": case((told, Contact.state), else_="accepted"),
        "cause": case((told, Contact.cause), else_=""),
        "contacted_at": said.at,
        "units": said.parts,
    }
    return update(Contact).where(*which).values(values).returning(Contact.sid, Contact.contacted_at)


def _refused(answers: Subquery, now: datetime) -> ReturningUpdate[int, int, datetime | None]:
    """One part refused and the message is none, though the customer may have met the others."""
    said = answers.c
    which = (Contact.id == said.contact_id, said.worst > 0, said.accepted < said.parts)
    values = {
        "state": "failed",
        "cause": literal("refused_") + cast(said.worst, String),
        "contacted_at": case((said.accepted > 0, said.at)),
        "units": said.accepted,
        "settled_at": now,
    }
    changed = update(Contact).where(*which, Contact.state.in_(UNHEARD)).values(values)
    return changed.returning(Contact.sid, Contact.units, Contact.contacted_at)


def _park(session: AnySession, batch: SendBatch) -> None:
    """Begun and not answered: the customer may have the message or not, and the place in the ledger stays."""
    begun = and_(Contact.state == "planned", Contact.id <= batch.intended_to)
    change(session, update(Contact).where(*_of(batch), begun).values(state="unknown"))


def _let_follow(session: AnySession, batch: SendBatch, order: WorkOrder, now: datetime) -> None:
    """Who had to wait is sent to by another batch, unless the work order was stopped meanwhile."""
    waiting = (*_of(batch), Contact.state == "waiting")
    asked = select(Contact.id, Contact.sid).where(*waiting).order_by(Contact.id)
    rows = session.execute(asked).all()
    if not rows:
        return
    if order.state == "stopped":
        change(session, update(Contact).where(*waiting).values(state="stopped", cause="", settled_at=now))
        release(session, order.campaign_id, now, order.channel, np.array([row.sid for row in rows]))
        return
    change(session, update(Contact).where(*waiting).values(state="planned", cause=""))
    add_batches(session, order.id, [(rows[0].id, rows[-1].id, len(rows))], now)


def _of(batch: SendBatch) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Contact.work_order_id == batch.work_order_id, Contact.id.between(batch.first_id, batch.last_id)


def enter_contacts(
    session: AnySession, order: WorkOrder, met: Iterable[tuple[int, int, datetime]], now: datetime
) -> None:
    """The ledger learns who was met how often, on the local day it was."""
    by_day: dict[date, list[tuple[int, int]]] = {}
    for sid, contacts, at in met:
        by_day.setdefault(at.astimezone(LOCAL).date(), []).append((sid, contacts))
    for day, found in by_day.items():
        sids, contacts = np.array(found, dtype=np.int64).T
        settle(session, order.campaign_id, order.channel, sids, contacts, day, now)
