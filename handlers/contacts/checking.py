"""May these customers be met through this channel now? Asked when planning and before the wire (H4)."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import select

from handlers.contacts.counting import BY_NAME, AnySession, Counts, counts_within, of
from handlers.contacts.limits import TOTAL, Limits
from handlers.warehouse import Mask, Sids, Warehouse, mask_of, pick
from models.execution import DoNotDisturb


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
) -> Blocked:
    """Who of `sids` refuses the channel or used up a limit; contacts of `campaign_id` do not count."""
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
) -> Sids:
    """Who has had as many contacts as the channel or the total allows: one more is too many; sorted."""
    width = warehouse.current().width
    over = np.zeros(width, dtype=np.bool_)
    windows: dict[int, Counts] = {}
    for scope in (channel, TOTAL):
        limit = limits.by_scope.get(scope)
        if limit is None:
            continue
        if limit.window_days not in windows:
            windows[limit.window_days] = counts_within(
                now,
                limit.window_days,
                warehouse=warehouse,
                session=session,
                sids=sids,
                campaign_id=campaign_id,
            )
        counts = windows[limit.window_days]
        used = counts.total() if scope == TOTAL else counts.through(channel)
        over |= used >= limit.max_contacts
    return np.flatnonzero(over)
