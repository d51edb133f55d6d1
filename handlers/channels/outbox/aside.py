"""Whom the last look leaves out of a batch: written under the fence, so that nobody begun is among them."""

from datetime import datetime

from sqlalchemy import update

from handlers.channels.outbox.claiming import Taken, renew
from handlers.channels.outbox.loading import People, Sorted
from handlers.channels.outbox.rows import change
from handlers.channels.outbox.settling import enter_contacts
from handlers.contacts import AnySession, release
from handlers.contacts.many import one_of
from models.execution import Contact, WorkOrder

BAD_NUMBER = "bad_number"
BLACKOUT = "blackout"


def set_aside(session: AnySession, taken: Taken, found: Sorted, now: datetime, machine_now: datetime) -> bool:
    """Write down who is not sent to, and why; False where the batch is no longer ours."""
    if renew(session, [taken], machine_now):
        return False
    order = session.get_one(WorkOrder, taken.work_order_id)
    for cause, people in found.suppressed.items():
        leave_out(session, order, people, now, cause=cause)
    if len(found.unusable):
        _write(session, found.unusable, state="failed", cause=BAD_NUMBER, units=0, settled_at=now)
        enter_contacts(session, order, ((sid, 0, now) for sid in found.unusable.sids.tolist()), now)
    _write(session, found.waiting, state="waiting", cause=BLACKOUT)
    return True


def leave_out(
    session: AnySession,
    order: WorkOrder,
    people: People,
    now: datetime,
    *,
    state: str = "suppressed",
    cause: str = "",
) -> None:
    """Hold these back for good, and give back their places in the ledger."""
    if len(people):
        _write(session, people, state=state, cause=cause, settled_at=now)
        release(session, order.campaign_id, now, order.channel, people.sids)


def _write(session: AnySession, people: People, **values: object) -> None:
    if len(people):
        planned = update(Contact).where(one_of(Contact.id, people.ids), Contact.state == "planned")
        change(session, planned.values(values))
