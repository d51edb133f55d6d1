"""Two hundred campaigns reserve the same customers at once on PostgreSQL: how many limits are broken."""

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

import models.tables  # noqa: F401
from benchmarks.figure import Figure, figure
from handlers.contacts import Limit, Limits, move, release, reserve, settle
from handlers.warehouse import Keys, Sids, Warehouse
from models.base import Base
from models.campaign import Campaign
from models.organisation import Office, Staff
from tests.postgresql.cluster import NoServer, running

CAMPAIGNS = 200
#: to the server, a process
CONNECTIONS = 20
#: seconds to wait for one of them
PATIENCE = 600.0
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
#: days over which the campaigns are spread
SPAN = 75
#: as the table `contact_limits` that ships
LIMITS = Limits(
    by_scope={
        "sms": Limit(max_contacts=4, window_days=30),
        "call": Limit(max_contacts=2, window_days=30),
        "total": Limit(max_contacts=6, window_days=30),
    }
)


def run(rows: int = 5_000) -> Iterator[Figure]:
    """Breaches of all limits in all windows, and seconds a reservation of so many customers takes."""
    try:
        yield from _figures(rows)
    except NoServer as reason:
        print(f"ledger: {reason}", file=sys.stderr)


def _figures(rows: int) -> Iterator[Figure]:
    with TemporaryDirectory() as folder, running() as cluster:
        crowd = Crowd(url=cluster.new_database(), folder=Path(folder), customers=rows, campaigns=CAMPAIGNS)
        crowd.gather()
        begun = perf_counter()
        made = crowd.reserve_at_once()
        seconds = (perf_counter() - begun) / made
        found = crowd.breaches()
    broken = len(found)
    yield figure("ledger", figure=broken, unit="breaches", n=CAMPAIGNS, ratio=broken, target="<=0")
    yield figure("ledger.reservation", figure=seconds, unit="s", n=rows)


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """Campaigns of one channel each that all want the same customers.

    One channel each, because the second channel of a campaign may go beyond the total by design.
    """

    #: an empty database
    url: str
    #: an empty folder
    folder: Path
    customers: int
    campaigns: int
    processes: int = 4

    def gather(self) -> None:
        """Make the campaigns, and contacts by other systems: a message and a call at most for each."""
        engine = create_engine(self.url)
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            office = Office(code="00", level="province", name="-", name_en="-")
            planner = Staff(login="-", name="-", name_en="-", password_hash="-", office=office)
            session.add_all(_campaign(number, office, planner) for number in range(self.campaigns))
            session.commit()
        engine.dispose()
        random, warehouse = np.random.default_rng(1), _warehouse(self.folder)
        for channel in ("sms", "call"):
            days = random.integers(1, 40, self.customers)
            for ago in np.unique(days).tolist():
                met = np.flatnonzero((days == ago) & (random.random(self.customers) < 0.5))
                warehouse.append_contacts(
                    TODAY - timedelta(days=ago), met, [channel] * len(met), ["CRBT"] * len(met)
                )

    def reserve_at_once(self) -> int:
        """Let all campaigns act at once, each in a thread of one of the processes; reservations asked for."""
        parts = np.array_split(np.arange(1, self.campaigns + 1), self.processes)
        act = partial(_act_at_once, self)
        with ProcessPoolExecutor(self.processes, mp_context=get_context("spawn")) as pool:
            return sum(pool.map(act, [part.tolist() for part in parts]))

    def breaches(self) -> pd.DataFrame:
        """Windows with more than allowed, counted the slow way: one begins on each day with a contact."""
        history = _warehouse(self.folder).history.between(date.min, date.max).to_pandas()
        engine = create_engine(self.url)
        with engine.connect() as connection:
            own = pd.read_sql(text("SELECT sid, channel, day, contacts FROM ledger_entry"), connection)
        engine.dispose()
        met = pd.concat([own, history[["sid", "channel", "day"]].assign(contacts=1)])
        met["day"] = pd.to_datetime(met["day"])
        return pd.concat([_too_many(met, scope, limit) for scope, limit in LIMITS.by_scope.items()])


def _too_many(met: pd.DataFrame, scope: str, limit: Limit) -> pd.DataFrame:
    """Customer and first day of each window that holds more than one limit allows."""
    counted = met if scope == "total" else met[met["channel"] == scope]
    windows = counted[["sid", "day"]].drop_duplicates().rename(columns={"day": "first"})
    pairs = windows.merge(counted, on="sid")
    ahead = (pairs["day"] - pairs["first"]).dt.days
    inside = pairs[(ahead >= 0) & (ahead < limit.window_days)]
    used = inside.groupby(["sid", "first"], as_index=False)["contacts"].sum()
    broken: pd.DataFrame = used[used["contacts"] > limit.max_contacts]
    return broken.assign(scope=scope)


def _act_at_once(crowd: Crowd, campaigns: list[int]) -> int:
    """One thread a campaign; a process has so many connections as the server can bear."""
    engine = create_engine(
        crowd.url,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=PATIENCE,
        connect_args={"options": "-c lock_timeout=0"},
    )
    warehouse = _warehouse(crowd.folder)
    with ThreadPoolExecutor(len(campaigns)) as threads:
        made = sum(threads.map(partial(_act, engine, warehouse, crowd.customers), campaigns))
    engine.dispose()
    return made


def _act(engine: Engine, warehouse: Warehouse, customers: int, campaign_id: int) -> int:
    """Reserve for everybody in some order, then keep that, move it, settle it or give it back."""
    random = np.random.default_rng(campaign_id)
    channel = "call" if campaign_id % 3 == 0 else "sms"
    first, second = (TODAY + timedelta(days=int(ahead)) for ahead in random.integers(0, SPAN, 2))
    sids: Sids = random.permutation(customers)
    rules: dict[str, Any] = {"limits": LIMITS, "warehouse": warehouse, "now": NOW}
    with Session(engine) as session:
        placed = reserve(session, campaign_id, channel, sids, first, **rules)
        session.commit()
        match campaign_id % 5:
            case 0:
                release(session, campaign_id, NOW)
            case 1:
                move(session, campaign_id, channel, placed, second, **rules)
            case 2:
                met = random.integers(0, 2, len(placed))
                settle(session, campaign_id, channel, placed, met, first, NOW)
        session.commit()
    return 2 if campaign_id % 5 == 1 else 1


def _warehouse(folder: Path) -> Warehouse:
    return Warehouse(folder / "warehouse", Keys.from_folder(folder / "keys"))


def _campaign(number: int, office: Office, planner: Staff) -> Campaign:
    return Campaign(
        number=f"HD-00-2026-{number}",
        name="-",
        office=office,
        planner=planner,
        campaign_type="precision",
        created_at=NOW,
    )
