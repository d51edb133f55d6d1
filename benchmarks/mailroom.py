"""A work order handed over to the sender, on a PostgreSQL of its own whose commits wait for the disk."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.orm import Session, sessionmaker

import models.tables  # noqa: F401
from handlers.channels import CHANNELS
from handlers.channels.outbox import Outbox, Tools, open_batches
from handlers.channels.wire import LinkSettings
from handlers.decisions import Model, load
from handlers.warehouse import Keys, Warehouse
from models.base import Base
from models.campaign import Campaign, CampaignChannel
from models.execution import WorkOrder
from models.organisation import Office, Staff
from models.sending import SendAnswer, SendBatch
from tests.handlers.warehouse.source import SNAPSHOT, customers, write_source
from tests.postgresql.cluster import DURABLE, Cluster, name_of, running

#: a working morning in the province
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
TEXT = "【东屿移动】尊敬的客户，开通彩铃首月免费，次月起每月5元，回复KTCL开通。拒收请回复TD"
RULES = Path(__file__).parents[1] / "bpmn" / "rules"


@cache
def _tables() -> Mapping[str, Model]:
    return {path.stem: load(path.read_bytes()) for path in RULES.glob("*.dmn")}


def decide(decision: str, inputs: Mapping[str, Any]) -> Any:
    """By the tables that ship."""
    return _tables()[decision].decide(decision, inputs)


def approved(campaign: Campaign) -> None:
    """Nobody withdraws an approval here."""


@dataclass(frozen=True, kw_only=True)
class MailRoom:
    """A database with one work order, and the warehouse of its customers."""

    cluster: Cluster
    warehouse: Warehouse
    #: the database each copy is made of
    template: str
    people: int

    @contextmanager
    def opened(self) -> Iterator["Desk"]:
        """A copy in which nothing has been sent."""
        url = self.cluster.new_database(name_of(self.template))
        engine = create_engine(url)
        try:
            yield Desk(engine=engine, warehouse=self.warehouse)
        finally:
            engine.dispose()
            self.cluster.drop(url)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One copy of the database, to send from."""

    engine: Engine
    warehouse: Warehouse

    def outbox(self, settings: LinkSettings) -> Outbox:
        """The outbox as the worker has it."""
        tools = Tools(
            channel=CHANNELS["sms"],
            warehouse=self.warehouse,
            decide=decide,
            require_approval=approved,
            settings=settings,
        )
        return Outbox(sessionmaker(self.engine), lambda: NOW, lambda: datetime.now(UTC), tools)

    def counted(self) -> tuple[int, int]:
        """Answers written down, and batches that have all of theirs."""
        with Session(self.engine) as session:
            answers = session.scalar(select(func.count(SendAnswer.id)))
            sent = select(func.count(SendBatch.id)).where(SendBatch.state == "sent")
            return answers or 0, session.scalar(sent) or 0


@contextmanager
def mail_room(people: int) -> Iterator[MailRoom]:
    """So many customers, each with a place in the ledger, in batches of a thousand."""
    with TemporaryDirectory() as folder, running(DURABLE) as cluster:
        warehouse = Warehouse(Path(folder) / "warehouse", Keys.from_folder(Path(folder) / "keys"))
        source = customers(people).assign(dnd_sms=False)
        warehouse.publish(write_source(Path(folder) / "source", source), SNAPSHOT)
        template = furnished(cluster, people)
        yield MailRoom(cluster=cluster, warehouse=warehouse, template=template, people=people)


def furnished(cluster: Cluster, people: int) -> str:
    """A database in which a work order for so many waits to be sent; to be copied."""
    url = cluster.new_database()
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        _hand_over(session, people)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()
    return url


def _hand_over(session: Session, people: int) -> None:
    order = _work_order(session, people)
    numbers = {"campaign": order.campaign_id, "order": order.id, "people": people, "now": NOW}
    session.execute(
        text(
            "INSERT INTO contact (campaign_id, work_order_id, sid, channel, message_id, units, state, cause, "
            "outcome, reason) SELECT :campaign, :order, n, 'sms', 'RW-' || n, 1, 'planned', '', '', '' "
            "FROM generate_series(0, :people - 1) AS n"
        ),
        numbers,
    )
    session.execute(
        text(
            "INSERT INTO ledger_entry (campaign_id, channel, sid, day, contacts, state, changed_at) "
            "SELECT :campaign, 'sms', n, '2026-03-02', 1, 'reserved', :now "
            "FROM generate_series(0, :people - 1) AS n"
        ),
        numbers,
    )
    open_batches(session, order, NOW)
    session.commit()


def _work_order(session: Session, people: int) -> WorkOrder:
    office = Office(code="00", level="province", name="-", name_en="-")
    planner = Staff(login="-", name="-", name_en="-", password_hash="-", office=office)
    campaign = Campaign(
        number="HD-00-2026-1",
        name="-",
        office=office,
        planner=planner,
        campaign_type="precision",
        end_on=date(2026, 3, 15),
        created_at=NOW,
        channels=[CampaignChannel(channel="sms", position=0, content=TEXT)],
    )
    order = WorkOrder(
        number="RW-00-2026-1",
        campaign=campaign,
        submission=1,
        channel="sms",
        planned_on=date(2026, 3, 2),
        planned_at=NOW,
        people=people,
        content=TEXT,
        state="dispatched",
        handed_over_at=NOW,
    )
    session.add(order)
    session.flush()
    return order
