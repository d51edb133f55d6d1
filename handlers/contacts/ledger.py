"""The contact ledger: one contact a target budgeted beforehand, settled to the real ones afterwards (H5)."""

from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import ColumnElement, and_, insert, literal, not_, or_, select, update

from handlers.contacts.checking import Blocked
from handlers.contacts.counting import AnySession, entries_between
from handlers.contacts.limits import Limits, around
from handlers.contacts.many import apart, one_of, rows_of, together
from handlers.contacts.windows import full
from handlers.warehouse import Sids, Warehouse
from models.base import take_turns
from models.execution import Contact, WorkOrder
from models.ledger import LedgerEntry

#: the turn that is taken to promise room to somebody
TURN = "contact ledger"
WAS_MET = and_(LedgerEntry.state == "settled", LedgerEntry.contacts > 0)


def reserve(
    session: AnySession,
    campaign_id: int,
    channel: str,
    sids: Sids,
    day: date,
    *,
    limits: Limits,
    warehouse: Warehouse,
    now: datetime,
) -> Sids:
    """Budget one contact on a day for each of `sids` who has room for it; who has a place then, as ordered.

    There is room where no sliding window of the channel's limit or of the total that holds the day would
    have more than allowed: in the history of other systems and in what other campaigns reserved or settled,
    before the day and after it. Whoever has a place on the day keeps it, a place on another day goes over to
    this one, and who was really met stays met. A channel without limits has room for all and no entries.
    One reservation is made at a time, until the transaction ends: reserve before you write anything else.
    """
    if not limits.upon(channel):
        return sids
    asked = np.setdiff1d(sids, _placed(session, campaign_id, channel, sids, day))
    if len(asked):
        first, last = around(day, limits.reach(channel))
        history = warehouse.history.daily(first, last, asked)
        take_turns(session, TURN)
        others = entries_between(first, last, session=session, sids=asked, campaign_id=campaign_id)
        fits = ~full(asked, channel, day, limits, pa.concat_tables([history, others]))
        _enter(session, campaign_id, channel, asked[fits], day, now)
        asked = asked[~fits]
    return sids[~np.isin(sids, asked)]


def move(
    session: AnySession,
    campaign_id: int,
    channel: str,
    sids: Sids,
    day: date,
    *,
    limits: Limits,
    warehouse: Warehouse,
    now: datetime,
) -> Sids:
    """Let the contacts of `sids` be on this day; who has no room then loses the place, and is given back."""
    placed = reserve(session, campaign_id, channel, sids, day, limits=limits, warehouse=warehouse, now=now)
    refused = np.setdiff1d(sids, placed)
    release(session, campaign_id, now, channel, refused)
    return refused


def hold_places(
    session: AnySession,
    campaign_id: int,
    channel: str,
    sids: Sids,
    blocked: Blocked,
    day: date,
    *,
    limits: Limits,
    warehouse: Warehouse,
    now: datetime,
) -> Blocked:
    """See that all of `sids` who are not blocked have a place on the day; the others give theirs back.

    `blocked` is what `check` said of `sids` and this day; who finds no room after all is over the limit.
    """
    free = sids[~blocked.either]
    placed = reserve(session, campaign_id, channel, free, day, limits=limits, warehouse=warehouse, now=now)
    has_none = ~np.isin(sids, placed)
    release(session, campaign_id, now, channel, sids[has_none])
    over = blocked.over_limit | (has_none & ~blocked.do_not_disturb)
    return Blocked(do_not_disturb=blocked.do_not_disturb, over_limit=over)


def release(
    session: AnySession,
    campaign_id: int,
    now: datetime,
    channel: str | None = None,
    sids: Sids | None = None,
) -> int:
    """Give back what is still reserved, of a channel or all, of these customers or all; how many places.

    What was settled stays: it was real.
    """
    which = [LedgerEntry.campaign_id == campaign_id, LedgerEntry.state == "reserved"]
    if channel is not None:
        which.append(LedgerEntry.channel == channel)
    if sids is not None:
        which.append(one_of(LedgerEntry.sid, sids))
    return _write(session, which, state="released", contacts=0, changed_at=now)


def release_unsent(session: AnySession, campaign_id: int, now: datetime) -> int:
    """Give back what is still reserved when a campaign ends, but for those in a list that has left.

    What has left is settled by whoever sends or calls; a message of unknown fate counts until then.
    """
    mine = (LedgerEntry.campaign_id == campaign_id, LedgerEntry.state == "reserved")
    reserved = select(LedgerEntry.channel, together(LedgerEntry.sid)).where(*mine)
    left = (
        select(Contact.channel, together(Contact.sid))
        .join(WorkOrder, WorkOrder.id == Contact.work_order_id)
        .where(Contact.campaign_id == campaign_id, Contact.state.not_in(("suppressed", "stopped")))
        .where(WorkOrder.handed_over_at.is_not(None))
        .group_by(Contact.channel)
    )
    kept = {channel: apart([text])[0] for channel, text in session.execute(left)}
    free = 0
    for channel, text in session.execute(reserved.group_by(LedgerEntry.channel)).all():
        sids = np.setdiff1d(apart([text])[0], kept.get(channel, []))
        free += release(session, campaign_id, now, channel, sids)
    return free


def settle(
    session: AnySession,
    campaign_id: int,
    channel: str,
    sids: Sids,
    contacts: int | npt.NDArray[np.integer],
    day: date,
    now: datetime,
) -> int:
    """Put the real contacts in the place of the budgeted one (反算); how many entries now say so.

    `contacts` is one number for all or one a customer; 0 frees the place. What was real counts even where the
    place had been given back. A campaign without limits has no entries, and gets none here.
    """
    counted = np.broadcast_to(np.asarray(contacts), sids.shape)
    settled = 0
    for number in np.unique(counted).tolist():
        which = _entries_of(campaign_id, channel, sids[counted == number])
        settled += _write(session, which, state="settled", contacts=number, day=day, changed_at=now)
    return settled


def _placed(session: AnySession, campaign_id: int, channel: str, sids: Sids, day: date) -> Sids:
    """Who has a place on the day already, or was really met."""
    reserved = and_(LedgerEntry.state == "reserved", LedgerEntry.day == day)
    which = (*_entries_of(campaign_id, channel, sids), or_(reserved, WAS_MET))
    return np.array(session.scalars(select(LedgerEntry.sid).where(*which)).all(), dtype=np.int64)


def _enter(session: AnySession, campaign_id: int, channel: str, sids: Sids, day: date, now: datetime) -> None:
    """Reserve, whether there is an entry or not."""
    which = _entries_of(campaign_id, channel, sids)
    known = np.array(session.scalars(select(LedgerEntry.sid).where(*which)).all(), dtype=np.int64)
    if len(known):
        which = [*_entries_of(campaign_id, channel, known), not_(WAS_MET)]
        _write(session, which, state="reserved", contacts=1, day=day, changed_at=now)
    entry, rows = LedgerEntry.__table__.c, rows_of(np.setdiff1d(sids, known))
    fresh: dict[str, ColumnElement[Any]] = {
        "sid": rows.c.sid,
        "campaign_id": literal(campaign_id, entry.campaign_id.type),
        "channel": literal(channel, entry.channel.type),
        "day": literal(day, entry.day.type),
        "contacts": literal(1, entry.contacts.type),
        "state": literal("reserved", entry.state.type),
        "changed_at": literal(now, entry.changed_at.type),
    }
    session.execute(insert(LedgerEntry).from_select([*fresh], select(*fresh.values())))


def _entries_of(campaign_id: int, channel: str, sids: Sids) -> list[ColumnElement[bool]]:
    mine = [LedgerEntry.campaign_id == campaign_id, LedgerEntry.channel == channel]
    return [*mine, one_of(LedgerEntry.sid, sids)]


def _write(session: AnySession, which: list[ColumnElement[bool]], **values: object) -> int:
    statement = update(LedgerEntry).where(*which).values(values)
    done = session.execute(statement.execution_options(synchronize_session=False))
    return int(getattr(done, "rowcount", 0))
