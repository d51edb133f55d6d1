"""May these customers be met through this channel on a day? Asked when planning and before the wire (H4)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
from sqlalchemy import select

from handlers.contacts.counting import BY_NAME, AnySession, Counts, counts_between, entries_between, of
from handlers.contacts.limits import TOTAL, Limits, around, local_day
from handlers.contacts.windows import full
from handlers.warehouse import Mask, Sids, Warehouse, mask_of, pick
from models.execution import DoNotDisturb

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Blocked:
    """Who may not be met, row by row beside the customers asked about; a person may be in both."""

    do_not_disturb: Mask
    over_limit: Mask

    @property
    def either(self) -> Mask:
        """Everybody who may not be met."""
        blocked: Mask = self.do_not_disturb | self.over_limit
        return blocked


def check(
    sids: Sids,
    channel: str,
    *,
    now: datetime,
    limits: Limits,
    warehouse: Warehouse,
    session: AnySession,
    campaign_id: int | None = None,
    day: date | None = None,
) -> Blocked:
    """Who of `sids` refuses the channel now, or has no room for one more contact on a day, today if not said.

    Entries of `campaign_id` do not count: neither the customer's own place nor that of a second channel.
    """
    few = sids if len(sids) <= BY_NAME else None
    refusing = do_not_disturb(channel, warehouse, session, few)
    over = over_limit(
        channel,
        now=now,
        limits=limits,
        warehouse=warehouse,
        session=session,
        sids=few,
        campaign_id=campaign_id,
        day=day,
    )
    width = warehouse.current().width
    return Blocked(
        do_not_disturb=pick(mask_of(refusing, width), sids), over_limit=pick(mask_of(over, width), sids)
    )


def do_not_disturb(channel: str, warehouse: Warehouse, session: AnySession, sids: Sids | None = None) -> Sids:
    """Who refuses a channel, by snapshot or by our own rows, of everybody or of `sids`; sorted."""
    asked = select(DoNotDisturb.sid).where(DoNotDisturb.channel == channel, *of(DoNotDisturb.sid, sids))
    own = np.array(session.scalars(asked).all(), dtype=np.int64)
    generation, column = warehouse.current(), f"dnd_{channel}"
    if column not in generation.columns:
        return np.unique(own)
    flag = generation.flag(column)
    loaded = np.flatnonzero(flag) if sids is None else sids[pick(flag, sids)]
    return np.union1d(loaded, own)


def over_limit(
    channel: str,
    *,
    now: datetime,
    limits: Limits,
    warehouse: Warehouse,
    session: AnySession,
    sids: Sids | None = None,
    campaign_id: int | None = None,
    day: date | None = None,
) -> Sids:
    """Who has as many contacts as the channel or the total allows, in a window that holds the day; sorted.

    What is reserved counts like what was made, before the day and after it; of everybody or of `sids`.
    """
    at = _Asked(
        channel=channel,
        day=day or local_day(now),
        limits=limits,
        warehouse=warehouse,
        session=session,
        campaign_id=campaign_id,
    )
    if not limits.upon(channel):
        return np.empty(0, dtype=np.int64)
    return _over_of_all(at) if sids is None else np.unique(sids[_over(sids, at)])


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """One question about limits."""

    channel: str
    day: date
    limits: Limits
    warehouse: Warehouse
    session: AnySession
    campaign_id: int | None

    def counts(self, first: date, last: date) -> Counts:
        """Contacts of everybody in those days."""
        return counts_between(
            first, last, warehouse=self.warehouse, session=self.session, campaign_id=self.campaign_id
        )


def _over(sids: Sids, at: _Asked) -> Mask:
    """Beside `sids`, by all windows that hold the day."""
    first, last = around(at.day, at.limits.reach(at.channel))
    history = at.warehouse.history.daily(first, last, sids)
    own = entries_between(first, last, session=at.session, sids=sids, campaign_id=at.campaign_id)
    return full(sids, at.channel, at.day, at.limits, pa.concat_tables([history, own]))


def _over_of_all(at: _Asked) -> Sids:
    """By the window that ends on the day; only who has contacts after it too is looked at day by day."""
    width = at.warehouse.current().width
    over, unsure = np.zeros(width, dtype=np.bool_), np.zeros(width, dtype=np.bool_)
    spans: dict[int, tuple[Counts, Counts]] = {}
    for scope, limit in at.limits.upon(at.channel).items():
        first, last = around(at.day, limit.window_days)
        if limit.window_days not in spans:
            spans[limit.window_days] = (at.counts(first, at.day), at.counts(at.day + ONE_DAY, last))
        used, later = (c.total() if scope == TOTAL else c.through(scope) for c in spans[limit.window_days])
        over |= used >= limit.max_contacts
        unsure |= (later > 0) & (used + later >= limit.max_contacts)
    asked = np.flatnonzero(unsure & ~over)
    over[asked] = _over(asked, at)
    return np.flatnonzero(over)
