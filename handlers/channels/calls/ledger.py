"""The contact ledger learns what calls really were: one contact, or none (H5)."""

from collections.abc import Collection
from datetime import datetime

from handlers.contacts import AnySession


def settle(
    session: AnySession, campaign_id: int, sids: Collection[int], contacts: int, now: datetime
) -> None:
    """What was reserved for these customers becomes what it was for each of them."""
