"""What an operation finds at its place: real tables, warehouse, decision tables, folders and a clock."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask

import models.tables  # noqa: F401
from handlers import loop
from handlers.decisions import Model, load
from handlers.desk.workshop import Workshop
from handlers.operation import Result, operations_of
from models.base import Base, db, prepare_engine
from models.campaign import Campaign
from tests import databases
from tests.bpmn.walk import SAID
from tests.factories import rows
from tests.factories.folders import lasting_folder
from tests.factories.province import Province, the_province

RULES = Path(__file__).parents[2] / "bpmn" / "rules"


@cache
def tables() -> Mapping[str, Model]:
    """The decision tables that ship."""
    return {path.stem: load(path.read_bytes()) for path in RULES.glob("*.dmn")}


@cache
def digests() -> Mapping[str, str]:
    """What each of them is known by."""
    return {path.stem: sha256(path.read_bytes()).hexdigest() for path in RULES.glob("*.dmn")}


def decide(decision: str, inputs: Mapping[str, Any]) -> Any:
    """Decide by the table that ships."""
    return tables()[decision].decide(decision, inputs)


class Stage:
    """A place to run operations as the engine would, one after the other."""

    def __init__(self, app: Flask, folder: Path, province: Province) -> None:
        self.app, self.folder, self.province = app, folder, province
        self.now = rows.MONDAY
        self.workshop = Workshop(
            warehouse=province.warehouse,
            folder=folder,
            decide=decide,
            decision_digest=digests().__getitem__,
            by_file=frozenset({"sms", "call"}),
        )
        self._operations = operations_of((*loop.STAGES, *loop.PROCESSES), workshop=self.workshop)

    def run(self, name: str, **given: Any) -> Result:
        """Run an operation and commit, as a step does; what it gives is what the walks' stand-in gives."""
        operation = self._operations[name]
        assert set(operation.required) <= set(given) <= set(operation.parameters)
        more: dict[str, Any] = {"now": self.now} if operation.wants_now else {}
        try:
            result = operation.function(**given, **more)
            db.session.commit()
        except Exception:
            db.session.rollback()
            raise
        said = SAID[name]
        if isinstance(said, dict) and result is not None:
            assert set(result) == set(said), name
        assert said is not None or result is None, name
        return result

    def go_to(self, day: int, hour: int = 9, minute: int = 0) -> None:
        """It is this day of March 2026, local time."""
        self.now = datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)

    # -- whole stretches, each by the operations the diagram calls

    def plan(self, campaign: Campaign, exclusion_set: str = "acquire") -> None:
        """From the written plan to the frozen list and its estimate."""
        self.run("plan.build_audience", campaign_id=campaign.id)
        self.run("plan.exclude", campaign_id=campaign.id, exclusion_set=exclusion_set)
        self.run("plan.hold_out", campaign_id=campaign.id)
        self.run("plan.size", campaign_id=campaign.id)

    def approve(self, campaign: Campaign) -> None:
        """Bound, routed, passed, and a contact reserved for everybody."""
        bound = self.run("approve.bind", campaign_id=campaign.id)
        steps = decide("approval_route", bound or {})
        self.run("approve.find_route", campaign_id=campaign.id, steps=steps)
        self.run("approve.record_decision", campaign_id=campaign.id, votes=["pass"], is_passed=True)
        self.run("approve.reserve_contacts", campaign_id=campaign.id)

    def dispatch(self, campaign: Campaign) -> None:
        """Split, checked and handed over, every work order at its time."""
        split = self.run("dispatch.split_work_orders", campaign_id=campaign.id)
        for order in (split or {})["work_orders"]:
            self.now = max(self.now, datetime.fromisoformat(order["planned_at"]))
            self.run("dispatch.recheck_limits", work_order_id=order["id"])
            self.run("dispatch.hand_over", work_order_id=order["id"])

    def to_dispatch(self, **changed: Any) -> Campaign:
        """A campaign that is planned and approved."""
        campaign = rows.drafted_campaign(**changed)
        self.plan(campaign)
        self.approve(campaign)
        return campaign


@cache
def _template() -> Path:
    """A database with the office in it, copied for each test."""
    path = lasting_folder("office") / "bihuan.sqlite"
    with opened(path):
        Base.metadata.create_all(db.engine)
        rows.furnish()
    return path


@contextmanager
def opened(database: Path) -> Iterator[Flask]:
    """Our session on a database file, for as long as this lasts."""
    app = Flask("stage")
    app.config["SQLALCHEMY_DATABASE_URI"] = databases.url(database)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


@contextmanager
def on_stage(folder: Path) -> Iterator[Stage]:
    """A furnished stage in a folder of its own."""
    databases.copy(_template(), folder / "bihuan.sqlite")
    the_province().give_channel_keys(folder)
    with opened(folder / "bihuan.sqlite") as app:
        yield Stage(app, folder, the_province())


@cache
def _approved() -> Path:
    """A stage on which one campaign is planned and approved, on Monday the 2nd; copied for each test."""
    folder = lasting_folder("approved")
    with on_stage(folder) as stage:
        stage.to_dispatch()
    return folder


@cache
def _handed_over() -> Path:
    """The same campaign after its list left on Thursday the 5th; copied for each test."""
    folder = lasting_folder("handed-over")
    with _like(_approved(), folder) as (stage, campaign):
        stage.dispatch(campaign)
    return folder


@contextmanager
def _like(prepared: Path, folder: Path) -> Iterator[tuple[Stage, Campaign]]:
    shutil.copytree(prepared, folder, dirs_exist_ok=True)
    databases.copy(prepared / "bihuan.sqlite", folder / "bihuan.sqlite")
    with opened(folder / "bihuan.sqlite") as app:
        yield Stage(app, folder, the_province()), db.session.query(Campaign).one()


@contextmanager
def before_dispatch(folder: Path) -> Iterator[tuple[Stage, Campaign]]:
    """A stage with an approved campaign, on the morning it was approved."""
    with _like(_approved(), folder) as found:
        yield found


@contextmanager
def in_feedback(folder: Path) -> Iterator[tuple[Stage, Campaign]]:
    """A stage with a campaign whose list has left, on the morning it left."""
    with _like(_handed_over(), folder) as (stage, campaign):
        stage.go_to(5)
        yield stage, campaign
