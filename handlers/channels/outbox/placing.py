"""Places in the contact ledger for a batch that leaves on another day than was planned."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from handlers.channels.outbox.claiming import Taken
from handlers.channels.outbox.gates import Closed
from handlers.channels.outbox.loading import People
from handlers.channels.outbox.looking import Cleared
from handlers.channels.outbox.tools import Tools
from handlers.contacts import AnySession, Limits, local_day, reserve
from models.execution import WorkOrder


def hold_today(
    session: AnySession,
    batches: Sequence[Taken],
    looked: Sequence[Cleared | Closed],
    tools: Tools,
    now: datetime,
) -> list[Cleared | Closed]:
    """The same, without those who find no room today; reserved before anything else is written.

    The list was given places for the day it was planned for. Night, a blackout or a pause may have brought
    the next day: then the places go over to it, as they do when a whole list leaves late.
    """
    order = session.get_one(WorkOrder, batches[0].work_order_id)
    if local_day(now) == order.planned_on:
        return list(looked)
    limits = Limits.in_force(tools.decide, order.campaign.campaign_type, [order.channel])
    sids = {m.sid for found in looked if isinstance(found, Cleared) for m in found.load.messages}
    placed = reserve(
        session,
        order.campaign_id,
        order.channel,
        np.array(sorted(sids), dtype=np.int64),
        local_day(now),
        limits=limits,
        warehouse=tools.warehouse,
        now=now,
    )
    over = sids - set(placed.tolist())
    return [
        _without(found, taken, over) if over and isinstance(found, Cleared) else found
        for taken, found in zip(batches, looked, strict=True)
    ]


def _without(found: Cleared, taken: Taken, over: set[int]) -> Cleared:
    """Who was begun already is of unknown fate, and not left out."""
    left = [m for m in found.load.messages if m.sid not in over]
    out = [m for m in found.load.messages if m.sid in over and m.contact_id > taken.intended_to]
    known = found.people.suppressed["over_frequency"]
    more = People(
        ids=np.append(known.ids, [m.contact_id for m in out]).astype(np.int64),
        sids=np.append(known.sids, [m.sid for m in out]).astype(np.int64),
    )
    suppressed = {**found.people.suppressed, "over_frequency": more}
    people = replace(found.people, messages=left, suppressed=suppressed)
    return Cleared(load=replace(found.load, messages=left), people=people)
