"""A customer's own refusal of a channel, in force from the moment it is written (H1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from handlers.contacts.counting import AnySession
from models.execution import DoNotDisturb


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Who refuses which channel, since when."""

    sid: int
    channel: str
    since: datetime


def refuse(session: AnySession, refusals: Sequence[Refusal], source: str) -> int:
    """Write refusals that are not known yet; the first one counts. How many were new."""
    first: dict[tuple[int, str], Refusal] = {}
    for refusal in sorted(refusals, key=lambda one: one.since):
        first.setdefault((refusal.sid, refusal.channel), refusal)
    sids = sorted({sid for sid, _ in first})
    asked = select(DoNotDisturb.sid, DoNotDisturb.channel).where(DoNotDisturb.sid.in_(sids))
    known = {(row[0], row[1]) for row in session.execute(asked)}
    rows = [
        {"sid": one.sid, "channel": one.channel, "since": one.since, "source": source}
        for key, one in first.items()
        if key not in known
    ]
    if rows:
        session.execute(insert(DoNotDisturb), rows)
    return len(rows)
