"""Orders that answer a campaign: by people of its frozen list, of its products, within its window."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from handlers.audience import read_frozen
from handlers.desk.workshop import Workshop, at_local, local_day
from models.campaign import Campaign
from models.execution import Contact
from models.feedback import Feedback

AnySession = Session | scoped_session[Any]


@dataclass(frozen=True, kw_only=True)
class Window:
    """The time in which an order counts; the same calendar time for both arms."""

    first: datetime
    last: datetime


@dataclass(frozen=True, kw_only=True)
class Orders:
    """The first order of each buyer: parallel arrays, sorted by sid."""

    ids: NDArray[np.int64]
    sids: NDArray[np.int64]
    #: local calendar days, datetime64[D]
    days: NDArray[np.datetime64]


def response_window(campaign: Campaign, session: AnySession) -> Window | None:
    """From the first contact to the end of the last response day after the last one; None before any."""
    asked = select(func.min(Contact.contacted_at), func.max(Contact.contacted_at))
    first, last = session.execute(asked.where(Contact.campaign_id == campaign.id)).one()
    if first is None or last is None:
        return None
    return Window(first=first, last=at_local(local_day(last) + timedelta(days=campaign.response_days + 1), 0))


def frozen_list(campaign: Campaign, workshop: Workshop) -> pd.DataFrame:
    """The campaign's frozen list: sid, arm, group, county, pref, score, rank; empty without an audience."""
    if campaign.audience is None or not campaign.audience.file:
        return pd.DataFrame(
            {"sid": [], "arm": [], "group": [], "county": [], "pref": [], "score": [], "rank": []}
        )
    table = read_frozen(workshop.folder / campaign.audience.file, campaign.audience.file_digest)
    return pd.DataFrame(table)


def audience_orders(campaign: Campaign, workshop: Workshop, session: AnySession) -> Orders:
    """Each buyer once, by the first order; whoever is not on the list is nobody's success."""
    window = response_window(campaign, session)
    found = _orders_in(window, campaign, session) if window else []
    frame = pd.DataFrame(found, columns=["id", "sid", "at"])
    frame = frame[frame["sid"].isin(frozen_list(campaign, workshop)["sid"])]
    frame = frame.sort_values(["at", "id"]).drop_duplicates("sid").sort_values("sid")
    days = pd.to_datetime(frame["at"], utc=True).dt.tz_convert("Asia/Shanghai").dt.tz_localize(None)
    return Orders(
        ids=frame["id"].to_numpy(np.int64),
        sids=frame["sid"].to_numpy(np.int64),
        days=days.to_numpy("datetime64[D]"),
    )


def _orders_in(window: Window, campaign: Campaign, session: AnySession) -> list[tuple[int, int, datetime]]:
    codes = [row.product_code for row in campaign.products]
    asked = select(Feedback.id, Feedback.sid, Feedback.occurred_at).where(
        Feedback.feed == "order",
        Feedback.product.in_(codes),
        Feedback.sid.is_not(None),
        Feedback.occurred_at >= window.first,
        Feedback.occurred_at < window.last,
    )
    return [(row[0], row[1], row[2]) for row in session.execute(asked) if row[1] is not None]
