"""The contact ledger learns what calls really were: one contact, or none (H5)."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from handlers.contacts import LOCAL, AnySession, settle


def settle_calls(
    session: AnySession, campaign_id: int, sids: Sequence[int], contacts: int, now: datetime
) -> None:
    """What was reserved for these customers becomes what it was for each of them, on the day of today."""
    day = now.astimezone(LOCAL).date()
    settle(session, campaign_id, "call", np.array(sids, dtype=np.int64), contacts, day, now)
