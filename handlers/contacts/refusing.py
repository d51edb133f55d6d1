"""A customer's own refusal of a channel, in force from the moment it is written until it is lifted (H1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from handlers.contacts.counting import AnySession
from handlers.contacts.many import one_of
from handlers.warehouse import Sids, Warehouse
from models.execution import DoNotDisturb


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Who refuses which channel, since when."""

    sid: int
    channel: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of a list of numbers; together they are all that were in it."""

    new: int
    #: refused before, or twice in the list
    known: int
    #: nobody of ours has such a number
    unknown: int


def refuse(session: AnySession, refusals: Sequence[Refusal], source: str) -> int:
    """Write refusals that are not known yet; the first one counts. How many were new.

    Where somebody else writes the same one at this moment, his stays.
    """
    first: dict[tuple[int, str], Refusal] = {}
    for refusal in sorted(refusals, key=lambda one: one.since):
        first.setdefault((refusal.sid, refusal.channel), refusal)
    sids = np.array(sorted({sid for sid, _ in first}), dtype=np.int64)
    asked = select(DoNotDisturb.sid, DoNotDisturb.channel).where(one_of(DoNotDisturb.sid, sids))
    known = {(row[0], row[1]) for row in session.execute(asked)}
    rows = [
        {"sid": one.sid, "channel": one.channel, "since": one.since, "source": source}
        for key, one in first.items()
        if key not in known
    ]
    if rows:
        is_sqlite = session.connection().dialect.name == "sqlite"
        write = (sqlite if is_sqlite else postgresql).insert(DoNotDisturb)
        session.execute(write.on_conflict_do_nothing(), rows)
    return len(rows)


def refuse_numbers(
    session: AnySession,
    warehouse: Warehouse,
    numbers: Sequence[str],
    channel: str,
    *,
    since: datetime,
    source: str,
) -> Imported:
    """Take in a list of phone numbers that refuse a channel, from a page or from another system's file."""
    tokens = [warehouse.token(number.strip()) for number in numbers]
    sids = warehouse.sids_of_tokens(tokens) if tokens else np.empty(0, dtype=np.int64)
    ours = [Refusal(sid=sid, channel=channel, since=since) for sid in sids[sids >= 0].tolist()]
    new = refuse(session, ours, source)
    return Imported(new=new, known=len(ours) - new, unknown=len(numbers) - len(ours))


def lift(session: AnySession, sids: Sids, channel: str) -> int:
    """Forget refusals that the customers took back; how many there were.

    Only what we wrote ourselves: what the customer data say is taken back where they come from, and stays in
    force until then. Who lifts it and why is written by the act this is part of.
    """
    gone = delete(DoNotDisturb).where(DoNotDisturb.channel == channel, one_of(DoNotDisturb.sid, sids))
    done = session.execute(gone.execution_options(synchronize_session=False))
    return int(getattr(done, "rowcount", 0))
