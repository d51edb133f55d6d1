"""Who was met how often, and about what: the history of other systems and our own contact rows together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, scoped_session

from handlers.contacts.limits import PASSIVE, beginning_of, window
from handlers.warehouse import Sids, Warehouse
from handlers.warehouse.history import COUNTS
from models.campaign import CampaignProduct
from models.execution import Contact

Numbers = npt.NDArray[np.int32]
AnySession = Session | scoped_session[Any]
#: up to so many customers are asked for by name, more by reading the whole window
BY_NAME = 10_000


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Contacts of a window, dense by sid."""

    by_channel: Mapping[str, Numbers]
    width: int

    def through(self, channel: str) -> Numbers:
        """Contacts through this channel."""
        counts = self.by_channel.get(channel)
        return np.zeros(self.width, dtype=np.int32) if counts is None else counts

    def total(self) -> Numbers:
        """Contacts through all channels we open ourselves (H6)."""
        total = np.zeros(self.width, dtype=np.int32)
        for channel, counts in self.by_channel.items():
            if channel not in PASSIVE:
                total += counts
        return total


def counts_within(
    now: datetime,
    days: int,
    *,
    warehouse: Warehouse,
    session: AnySession,
    sids: Sids | None = None,
    campaign_id: int | None = None,
) -> Counts:
    """Contacts of the last `days` days, of everybody or of `sids`; those of `campaign_id` are not counted."""
    first, last = window(now, days)
    few = sids if sids is not None and len(sids) <= BY_NAME else None
    history = warehouse.history.counts(first, last, few)
    asked = (
        select(Contact.sid, Contact.channel, func.count())
        .where(Contact.contacted_at >= beginning_of(first), Contact.contacted_at <= now)
        .where(*of(Contact.sid, few), *_of_others(campaign_id))
        .group_by(Contact.sid, Contact.channel)
    )
    width = warehouse.current().width
    return Counts(by_channel=_dense([history, _table(session.execute(asked).all())], width), width=width)


def met(
    products: Collection[str],
    now: datetime,
    days: int,
    *,
    warehouse: Warehouse,
    session: AnySession,
    campaign_id: int | None = None,
) -> Sids:
    """Who was met about any of these products in the last `days` days, whatever the channel; sorted.

    Contacts of `campaign_id` are not counted: a second channel follows the first of the same campaign.
    """
    first, last = window(now, days)
    asked = (
        select(Contact.sid)
        .join(CampaignProduct, CampaignProduct.campaign_id == Contact.campaign_id)
        .where(CampaignProduct.product_code.in_(sorted(products)))
        .where(Contact.contacted_at >= beginning_of(first), Contact.contacted_at <= now)
        .where(*_of_others(campaign_id))
        .distinct()
    )
    own = np.array(session.scalars(asked).all(), dtype=np.int64)
    return np.union1d(warehouse.history.met(products, first, last), own)


def _table(rows: Sequence[Row[int, str, int]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    arrays = [pa.array(values, type=field.type) for values, field in zip(columns, COUNTS, strict=True)]
    return pa.table(arrays, schema=COUNTS)


def _dense(tables: Iterable[pa.Table], width: int) -> dict[str, Numbers]:
    """Add up tables of (sid, channel, contacts); within one table a person has one row a channel."""
    dense: dict[str, Numbers] = {}
    for table in tables:
        for channel in pc.unique(table["channel"]).to_pylist():
            rows = table.filter((pc.field("channel") == channel) & (pc.field("sid") < width))
            counts = dense.setdefault(channel, np.zeros(width, dtype=np.int32))
            counts[rows["sid"].to_numpy()] += rows["contacts"].to_numpy().astype(np.int32)
    return dense


def of(column: InstrumentedAttribute[int], sids: Sids | None) -> list[ColumnElement[bool]]:
    """The condition that narrows a statement to some customers; none where everybody is asked for."""
    return [] if sids is None else [column.in_(sids.tolist())]


def _of_others(campaign_id: int | None) -> list[ColumnElement[bool]]:
    return [] if campaign_id is None else [Contact.campaign_id != campaign_id]
