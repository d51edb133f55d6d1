"""A small outbox: some customers in a warehouse, a work order handed over, and an SMS centre in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import create_engine, func, insert, select
from sqlalchemy.orm import Session, sessionmaker

from handlers.channels import CHANNELS
from handlers.channels.outbox import Outbox, Sender, Tools, open_batches
from handlers.channels.outbox.double import CentreDouble
from handlers.channels.outbox.settling import settle_next
from handlers.channels.wire import LinkSettings
from handlers.contacts import Refusal, refuse
from handlers.warehouse import Keys, Warehouse
from models import tables
from models.base import Base, Problem, prepare_engine
from models.campaign import Campaign, CampaignChannel
from models.execution import Contact, WorkOrder
from models.ledger import LedgerEntry
from models.organisation import Department, Office, Staff
from models.sending import Blackout, SendAnswer, SendBatch
from tests import databases
from tests.factories.folders import lasting_folder
from tests.factories.rows import SMS
from tests.factories.stage import decide
from tests.handlers.warehouse.source import SNAPSHOT, customers, write_source

assert tables
#: Monday, ten in the morning where the company works
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CUSTOMERS = 3_000
#: a customer nobody has a number of
BAD = CUSTOMERS + 5
#: seconds after which a test has hung
PATIENCE = 60.0
T = TypeVar("T")


def run(act: Coroutine[Any, Any, T]) -> T:
    """Do it; what hangs fails."""
    return asyncio.run(asyncio.wait_for(act, PATIENCE))


@cache
def the_warehouse() -> Warehouse:
    """Three thousand customers, by turns of the prefectures 01 and 02; tests only read it."""
    folder = lasting_folder("outbox")
    people = customers(CUSTOMERS).sort_values("customer_id", ignore_index=True)
    people = people.assign(dnd_sms=False, dnd_call=False)
    people["pref"] = ["01" if place % 2 else "02" for place in range(CUSTOMERS)]
    people["county"] = people["pref"] + "03"
    found = Warehouse(folder / "warehouse", Keys.from_folder(folder / "keys"))
    found.publish(write_source(folder / "source", people), SNAPSHOT)
    return found


@cache
def _template() -> Path:
    """A database with its tables and one office, copied for each world."""
    path = lasting_folder("outbox-tables") / "template.sqlite"
    world = World(databases.url(path))
    world.furnish()
    world.close()
    return path


@contextmanager
def new_world(folder: Path) -> Iterator["World"]:
    """A world of its own, for as long as this lasts."""
    path = folder / "outbox.sqlite"
    databases.copy(_template(), path)
    made = World(databases.url(path))
    yield made
    made.close()
    databases.drop(path)


class World:
    """One database, one warehouse, one centre, and a clock moved by hand."""

    def __init__(self, url: str, window: int = 10, size: int = 30) -> None:
        self.engine = create_engine(url)
        prepare_engine(self.engine)
        self.now = MONDAY
        self.window = window
        #: contacts of a batch
        self.size = size
        self.warehouse = the_warehouse()
        self.forbidden: Problem | None = None
        #: what every piece of work on the tables meets, e.g. a full disk
        self.fault: Exception | None = None
        self._sessions = sessionmaker(self.engine)
        self._serial = 0

    def close(self) -> None:
        self.engine.dispose()

    def furnish(self) -> None:
        """Tables, and the office campaigns belong to."""
        Base.metadata.create_all(self.engine)
        with self.session() as session:
            office = Office(code="00", level="province", name="省公司", name_en="Province")
            department = Department(office=office, code="market", name="市场部", name_en="Market")
            staff = {"login": "zhoulan", "name": "周岚", "name_en": "Zhou Lan", "password_hash": "-"}
            session.add(Staff(**staff, office=office, department=department))
            session.commit()

    # -- rows

    @contextmanager
    def session(self) -> Iterator[Session]:
        if self.fault:
            raise self.fault
        with self._sessions() as session:
            yield session

    def campaign(self, *, hours: str = "09:00-20:00", content: str = SMS, **fields: Any) -> int:
        self._serial += 1
        values: dict[str, Any] = {
            "number": f"HD-00-2026-{self._serial:03d}",
            "name": "彩铃",
            "office_id": 1,
            "planner_id": 1,
            "campaign_type": "precision",
            "created_at": self.now,
            "end_on": date(2026, 3, 15),
            "submissions": 1,
        }
        campaign = Campaign(**values | fields)
        campaign.channels = [CampaignChannel(channel="sms", position=0, content=content, hours=hours)]
        with self.session() as session:
            session.add(campaign)
            session.commit()
            return campaign.id

    def order(
        self,
        people: int | Sequence[int] = 30,
        *,
        campaign: int | None = None,
        content: str = SMS,
        **fields: Any,
    ) -> int:
        """A work order handed over to the sender: these customers, or so many; the bad number is left out."""
        sids = (
            [n for n in range(people + 1) if n != BAD][:people] if isinstance(people, int) else list(people)
        )
        campaign = campaign if campaign is not None else self.campaign(content=content, **fields)
        self._serial += 1
        with self.session() as session:
            order = WorkOrder(
                number=f"RW-00-2026-{self._serial:04d}",
                campaign_id=campaign,
                submission=self._serial,
                channel="sms",
                planned_on=self.now.date(),
                planned_at=self.now,
                people=len(sids),
                content=content,
                state="dispatched",
                handed_over_at=self.now,
            )
            session.add(order)
            session.flush()
            self._list(session, order, sids)
            open_batches(session, order, self.now, self.size)
            session.commit()
            return order.id

    def _list(self, session: Session, order: WorkOrder, sids: Sequence[int]) -> None:
        """Contacts, each with its place in the ledger."""
        contact = {
            "campaign_id": order.campaign_id,
            "work_order_id": order.id,
            "channel": "sms",
            "state": "planned",
            **dict.fromkeys(("cause", "outcome", "reason"), ""),
        }
        entry = {"campaign_id": order.campaign_id, "channel": "sms", "day": order.planned_on, "contacts": 1}
        session.execute(
            insert(Contact),
            [{**contact, "sid": n, "message_id": f"{order.number}-{n}", "units": 1} for n in sids],
        )
        session.execute(
            insert(LedgerEntry),
            [{**entry, "sid": n, "state": "reserved", "changed_at": self.now} for n in sids],
        )

    def refuses(self, *sids: int) -> None:
        with self.session() as session:
            refuse(session, [Refusal(sid=sid, channel="sms", since=self.now) for sid in sids], "reply")
            session.commit()

    def blackout(self, office_code: str, hours: float, *, after: float = 0, channel: str = "") -> None:
        with self.session() as session:
            first = self.now + timedelta(hours=after)
            session.add(
                Blackout(
                    channel=channel,
                    office_code=office_code,
                    starts_at=first,
                    ends_at=first + timedelta(hours=hours),
                    reason="台风",
                    made_by="zhoulan",
                    made_at=self.now,
                )
            )
            session.commit()

    # -- sending

    def tools(self, window: int | None = None) -> Tools:
        return Tools(
            channel=CHANNELS["sms"],
            warehouse=self.warehouse,
            decide=decide,
            require_approval=self._require_approval,
            settings=LinkSettings(
                host="x", port=1, system_id="s", password="p", window=window or self.window
            ),
        )

    def _require_approval(self, campaign: Campaign) -> None:
        if self.forbidden:
            raise self.forbidden

    def outbox(self) -> Outbox:
        return Outbox(self.session, lambda: self.now, lambda: self.now, self.tools())

    def sender(self, centre: CentreDouble) -> Sender:
        return Sender(self.outbox(), centre, self.window)

    @asynccontextmanager
    async def sending(self, centre: CentreDouble) -> AsyncIterator[Sender]:
        """A sender at work as long as this lasts; it ends as it does when told to."""
        sender, stop = self.sender(centre), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(sender.run(stop))
            yield sender
            stop.set()

    def send(self, centre: CentreDouble | None = None) -> CentreDouble:
        """Send everything that is due now."""
        centre = centre or CentreDouble(self.window)

        async def dry() -> None:
            async with self.sending(centre) as sender:
                await sender.is_dry.wait()

        run(dry())
        return centre

    def send_and_settle(self, centre: CentreDouble | None = None) -> CentreDouble:
        """Send and settle until nothing is left that is due now."""
        centre = self.send(centre)
        while self.settle():
            self.send(centre)
        return centre

    def settle(self) -> int:
        """Settle what can be settled; how many batches."""
        count = 0
        while True:
            with self.session() as session:
                if not settle_next(session, self.now, self.now):
                    return count
                session.commit()
                count += 1

    def later(self, **how: float) -> None:
        self.now += timedelta(**how)

    # -- facts

    def states(self, order: int) -> dict[str, int]:
        """How many contacts are in each state, with the cause where there is one."""
        with self.session() as session:
            rows = session.execute(
                select(Contact.state, Contact.cause, func.count())
                .where(Contact.work_order_id == order)
                .group_by(Contact.state, Contact.cause)
            )
            return {f"{state} {cause}".strip(): count for state, cause, count in rows}

    def contacts(self, order: int) -> list[Contact]:
        with self.session() as session:
            return list(
                session.scalars(select(Contact).where(Contact.work_order_id == order).order_by(Contact.id))
            )

    def batches(self, order: int | None = None) -> list[SendBatch]:
        with self.session() as session:
            asked = select(SendBatch).order_by(SendBatch.id)
            return list(
                session.scalars(asked if order is None else asked.where(SendBatch.work_order_id == order))
            )

    def answers(self) -> list[SendAnswer]:
        with self.session() as session:
            return list(session.scalars(select(SendAnswer).order_by(SendAnswer.id)))

    def ledger(self, sid: int) -> tuple[str, int]:
        with self.session() as session:
            row = session.scalars(select(LedgerEntry).where(LedgerEntry.sid == sid)).one()
            return row.state, row.contacts

    def number(self, sid: int) -> str:
        return self.warehouse.numbers(np.array([sid]))[0]

    def change(self, act: Callable[[Session, WorkOrder], object], order: int) -> object:
        """What a person does to a work order."""
        with self.session() as session:
            done = act(session, session.get_one(WorkOrder, order))
            session.commit()
            return done
