"""The contact ledger: one contact a target budgeted beforehand, settled to the real ones afterwards (H5)."""

from datetime import date, datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, update

from handlers.contacts.counting import AnySession
from handlers.contacts.many import one_of
from handlers.warehouse import Sids
from models.ledger import LedgerEntry


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
        which = [
            LedgerEntry.campaign_id == campaign_id,
            LedgerEntry.channel == channel,
            one_of(LedgerEntry.sid, sids[counted == number]),
        ]
        settled += _write(session, which, state="settled", contacts=number, day=day, changed_at=now)
    return settled


def _write(session: AnySession, which: list[ColumnElement[bool]], **values: object) -> int:
    statement = update(LedgerEntry).where(*which).values(values)
    done = session.execute(statement.execution_options(synchronize_session=False))
    return int(getattr(done, "rowcount", 0))
