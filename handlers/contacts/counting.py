"""Who was met how often, and about what: the history of other systems and our own ledger together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, scoped_session

from handlers.contacts.limits import PASSIVE, around, local_day, window
from handlers.contacts.many import apart, one_of, together
from handlers.warehouse import Sids, Warehouse
from handlers.warehouse.history import COUNTS, DAILY
from models.campaign import CampaignProduct
from models.ledger import LedgerEntry

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
    return counts_between(
        first, last, warehouse=warehouse, session=session, sids=sids, campaign_id=campaign_id
    )


def counts_between(
    first: date,
    last: date,
    *,
    warehouse: Warehouse,
    session: AnySession,
    sids: Sids | None = None,
    campaign_id: int | None = None,
) -> Counts:
    """Contacts of the days from first to last, both included, what is reserved for one of them among them."""
    few = sids if sids is not None and len(sids) <= BY_NAME else None
    history = warehouse.history.counts(first, last, few)
    used = (
        select(LedgerEntry.sid, LedgerEntry.channel, func.sum(LedgerEntry.contacts).label("contacts"))
        .where(*_counted(first, last, campaign_id), *of(LedgerEntry.sid, few))
        .group_by(LedgerEntry.sid, LedgerEntry.channel)
        .subquery()
        .c
    )
    alike = (used.channel, used.contacts)
    own = _table(session.execute(select(together(used.sid), *alike).group_by(*alike)).all(), COUNTS)
    width = warehouse.current().width
    return Counts(by_channel=_dense([history, own], width), width=width)


def entries_between(
    first: date, last: date, *, session: AnySession, sids: Sids, campaign_id: int | None = None
) -> pa.Table:
    """The ledger of these customers entry by entry, without that of `campaign_id`: as `history.daily`."""
    alike = (LedgerEntry.channel, LedgerEntry.contacts, LedgerEntry.day)
    asked = select(together(LedgerEntry.sid), *alike).group_by(*alike)
    asked = asked.where(*_counted(first, last, campaign_id), one_of(LedgerEntry.sid, sids))
    return _table(session.execute(asked).all(), DAILY)


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

    A place reserved counts like a contact (H5), also one as many days ahead: else two campaigns planned side
    by side would market the same product to the same customer (D8, H7). Entries of `campaign_id` are not
    counted: a second channel follows the first of the same campaign. Notices and temporary sendings have no
    entries; they tell and do not market.
    """
    first, last = around(local_day(now), days)
    asked = (
        select(LedgerEntry.sid)
        .join(CampaignProduct, CampaignProduct.campaign_id == LedgerEntry.campaign_id)
        .where(CampaignProduct.product_code.in_(sorted(products)), *_counted(first, last, campaign_id))
        .distinct()
    )
    own = np.array(session.scalars(asked).all(), dtype=np.int64)
    return np.union1d(warehouse.history.met(products, *window(now, days)), own)


def of(column: InstrumentedAttribute[int], sids: Sids | None) -> list[ColumnElement[bool]]:
    """The condition that narrows a statement to some customers; none where everybody is asked for."""
    return [] if sids is None else [one_of(column, sids)]


def _counted(first: date, last: date, campaign_id: int | None) -> list[ColumnElement[bool]]:
    """Entries of those days that count: reserved, or settled to somebody really met."""
    others = [] if campaign_id is None else [LedgerEntry.campaign_id != campaign_id]
    return [LedgerEntry.day.between(first, last), LedgerEntry.contacts > 0, *others]


def _table(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    """One row a customer out of groups of customers who are alike in everything else."""
    texts, *alike = list(zip(*rows, strict=True)) or [()] * len(schema)
    sids, places = apart(texts)
    columns = [
        pa.array(values, type=field.type) for values, field in zip(alike, list(schema)[1:], strict=True)
    ]
    return pa.table([sids, *(column.take(places) for column in columns)], schema=schema)


def _dense(tables: Iterable[pa.Table], width: int) -> dict[str, Numbers]:
    """Add up tables of (sid, channel, contacts); within one table a person has one row a channel."""
    dense: dict[str, Numbers] = {}
    for table in tables:
        for channel in pc.unique(table["channel"]).to_pylist():
            rows = table.filter((pc.field("channel") == channel) & (pc.field("sid") < width))
            counts = dense.setdefault(channel, np.zeros(width, dtype=np.int32))
            counts[rows["sid"].to_numpy()] += rows["contacts"].to_numpy().astype(np.int32)
    return dense
