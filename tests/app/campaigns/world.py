"""The planner's screens on a small province: real customers, tables and tools, a stand-in for the engine."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import (
    access,
    assets,
    audiences,
    campaigns,
    diagrams,
    figures,
    locale,
    menu,
    reports,
    security,
    sign_in,
)
from app.preview.pool import Pool
from handlers.decisions import load
from handlers.scoring import Scores, write_scores
from handlers.warehouse import Keys, Warehouse
from models import tables
from models.audience import Audience
from models.base import Base, db, prepare_engine
from models.campaign import Campaign, CampaignChannel, CampaignProduct, Scenario
from models.evaluation import Evaluation
from models.execution import Contact, WorkOrder
from models.organisation import Department, Office, Staff, StaffRole
from models.process import OpenNode, ProcessVersion
from models.product import Product, UnitCost
from tests import databases
from tests.app.campaigns import stand_in
from tests.app.campaigns.figures import FIGURES
from tests.app.campaigns.rows import NOW, new_process, new_to_do
from tests.handlers.warehouse import source

__all__ = ["NOW", "new_process", "new_to_do"]

RULES = Path(__file__).parents[3] / "bpmn" / "rules"
TEXT = "新同学你好！开通飞信，给好友手机发消息免费。回复KTFX开通，0元/月。退订回TD【东屿移动】"
YOUNG = {
    "version": 1,
    "all": [{"tag": "age", "between": [18, 40]}, {"tag": "v_fetion", "op": "=", "value": False}],
}
DRAFT: dict[str, Any] = {
    "name": "学林校园迎新飞信推广",
    "reason": "飞信客户差78户",
    "product_codes": ["FETION"],
    "purpose": "acquire",
    "definition": YOUNG,
    "hold_out_percent": 10,
    "people_cap": None,
    "channels": [{"channel": "sms", "content": TEXT, "hours": "09:00-20:00"}],
    "budget_yuan": "3000",
    "target_percent": 20,
    "start_on": "2026-03-05",
    "end_on": "2026-04-04",
    "response_days": 30,
    "remark": "",
}
PEOPLE = (
    ("yefang", "叶芳", "Ye Fang", "0101", "planner"),
    ("zhanghua", "张华", "Zhang Hua", "0101", "planner"),
    ("gaoyang", "高扬", "Gao Yang", "01", "approver"),
    ("zhoulan", "周岚", "Zhou Lan", "00", "planner"),
    ("chenliqun", "陈立群", "Chen Liqun", "00", "approver"),
    ("jiangtao", "江涛", "Jiang Tao", "00", "evaluator"),
    ("caimin", "蔡敏", "Cai Min", "02", "planner"),
    ("dujuan", "杜鹃", "Du Juan", "00", "call_agent"),
)


def new_warehouse(folder: Path, size: int = 3000) -> Warehouse:
    """A warehouse with one generation and one topic of scores."""
    warehouse = Warehouse(folder / "warehouse", Keys.from_folder(folder / "keys"))
    people = source.customers(size)
    files = source.write_source(folder / "load", people, source.events(size, 400), source.contacts(size, 300))
    generation = warehouse.publish(files, source.SNAPSHOT)
    sids = np.arange(size, dtype=np.int64)
    scores = np.random.default_rng(5).integers(0, 10_000, size).astype(np.int32)
    write_scores("fetion_potential", sids, scores, warehouse, generation, "test")
    return warehouse


def new_app(folder: Path, warehouse: Warehouse) -> Flask:
    """The frame with the planner's screens; the database is a file, for counting has threads of its own."""
    assert tables.ALL
    if not any(locale.CATALOGUES.glob("**/*.mo")):
        locale.compile_catalogues()
    app = Flask("app")
    app.config.update(
        SECRET_KEY="k",
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        SQLALCHEMY_DATABASE_URI=databases.url(folder / "planner.sqlite"),
    )
    models = [load(path.read_bytes()) for path in sorted(RULES.glob("*.dmn"))]
    by_id = {decision: model for model in models for decision in model.ids}
    db.init_app(app)
    locale.init_app(app, lambda: NOW)
    assets.init_app(app)
    figures.init_app(app)
    access.init_app(app)
    security.init_app(app)
    menu.init_app(app)
    for blueprint in (sign_in.bp, campaigns.bp, audiences.bp, reports.bp, diagrams.bp):
        app.register_blueprint(blueprint)
    app.extensions |= {
        "warehouse": warehouse,
        "scores": Scores(warehouse),
        "decisions": lambda decision, inputs: by_id[decision].decide(decision, inputs),
        "preview_pool": Pool(patience=60),
    }
    with app.app_context():
        prepare_engine(db.engine)
    return app


def refurnish(app: Flask) -> None:
    """The province as it was furnished first, and an engine that remembers nothing."""
    app.extensions["engine"] = stand_in.StandIn(lambda: NOW)
    with app.app_context():
        if databases.ON_POSTGRESQL:
            Base.metadata.create_all(db.engine)
            databases.empty(db.engine)
            furnish(db.session())
            return
        file = Path(str(db.engine.url.database))
        pristine = file.with_suffix(".pristine")
        if not pristine.exists():
            Base.metadata.create_all(db.engine)
            furnish(db.session())
            db.session.remove()
            db.engine.dispose()
            shutil.copy(file, pristine)
        db.engine.dispose()
        for left in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
            left.unlink(missing_ok=True)
        shutil.copy(pristine, file)


def furnish(session: Session) -> None:
    """Offices, people, products, costs, a scenario and a published version."""
    province = Office(code="00", level="province", name="省公司", name_en="Province")
    lanzhou = Office(code="01", level="prefecture", name="澜州分公司", name_en="Lanzhou", parent=province)
    xuelin = Office(code="0101", level="county", name="学林县公司", name_en="Xuelin", parent=lanzhou)
    qingyu = Office(code="02", level="prefecture", name="青屿分公司", name_en="Qingyu", parent=province)
    offices = {office.code: office for office in (province, lanzhou, xuelin, qingyu)}
    markets = {
        c: Department(office=o, code="market", name="市场部", name_en="Marketing") for c, o in offices.items()
    }
    session.add_all([*offices.values(), *markets.values()])
    for login, name, name_en, code, role in PEOPLE:
        session.add(
            Staff(
                login=login,
                name=name,
                name_en=name_en,
                office=offices[code],
                department=markets[code],
                password_hash="",
                roles=[StaffRole(role=role)],
            )
        )
    session.add_all(
        [
            Product(
                code="FETION", name="飞信", name_en="Fetion", product_class="growth", price="0元/月",
                price_en="0 yuan a month", price_fen=0, owned_tag="v_fetion", score_topic="fetion_potential",
            ),
            Product(
                code="CRBT", name="彩铃", name_en="Caller tunes", product_class="revenue", price="5元/月",
                price_en="5 yuan a month", price_fen=500, gift_fen=100, owned_tag="v_crbt",
            ),
            UnitCost(channel="sms", unit="part", cost_fen=5),
            UnitCost(channel="call", unit="customer", cost_fen=150, success_fen=0),
            Scenario(
                code="campus", family="place", name="校区迎新", name_en="Campus welcome",
                first_values={"purpose": "acquire", "product_codes": ["FETION"], "definition": YOUNG,
                              "target_percent": 20},
                result={"success_rate": 0.16, "lift_points": 6.2},
            ),
            ProcessVersion(
                key="loop", number=1, digest="0" * 64, name="营销闭环", name_en="The loop", sources=b"",
                specification=b"", decisions={}, published_at=NOW, published_by="system",
            ),
        ]
    )  # fmt: skip
    session.commit()


def new_campaign(session: Session, serial: int = 1, stage: str | None = "plan", **more: Any) -> Campaign:
    """A campaign in a stage, with what a campaign of that stage has."""
    planner = session.scalars(select(Staff).where(Staff.login == more.pop("planner", "yefang"))).one()
    campaign = Campaign(
        number=f"HD-{planner.office.code}-2026-{serial:03d}", name=more.pop("name", f"飞信推广{serial}"),
        office_id=planner.office_id, department_id=planner.department_id, planner_id=planner.id,
        campaign_type="precision", purpose="acquire", budget_fen=30_000, target_basis_points=2_000,
        start_on=date(2026, 3, 5), end_on=date(2026, 4, 4), created_at=NOW, **more,
    )  # fmt: skip
    session.add(campaign)
    session.flush()
    campaign.process_id = new_process(session, campaign.id, stage, planner.login).id
    session.flush()
    return campaign


def with_list(session: Session, campaign: Campaign) -> Audience:
    """A frozen list of 300, 30 of them kept back, and a channel to send it through."""
    found = Audience(
        campaign_id=campaign.id, definition=YOUNG, definition_digest="d" * 64, generation="gen-20260301-1",
        snapshot=date(2026, 3, 1), exclusion_set="acquire",
        waterfall=[{"rule": "black_list", "removed": 20, "alone": 20, "left": 300}],
        matched=320, reachable=300, frozen=300, control=30, hold_out_basis_points=1000, cost_fen=1350,
        power_basis_points=6600, file_digest="f" * 64, created_at=NOW, frozen_at=NOW,
    )  # fmt: skip
    session.add(found)
    session.flush()
    campaign.audience_id = found.id
    campaign.products = [CampaignProduct(product_code="FETION")]
    campaign.channels = [CampaignChannel(channel="sms", content=TEXT)]
    session.flush()
    return found


def with_work_order(session: Session, campaign: Campaign, delivered: int = 5, planned: int = 3) -> WorkOrder:
    """A work order, partly sent; two of those reached ordered."""
    serial = session.query(WorkOrder).count() + 1
    order = WorkOrder(
        number=f"RW-0101-2026-{serial:04d}", campaign_id=campaign.id, submission=1, channel="sms",
        planned_on=date(2026, 3, 5), planned_at=NOW, people=delivered + planned, state="dispatched",
    )  # fmt: skip
    session.add(order)
    session.flush()
    for i in range(delivered + planned):
        session.add(
            Contact(
                campaign_id=campaign.id,
                work_order_id=order.id,
                sid=i,
                channel="sms",
                message_id=f"m{order.id}-{i}",
                state="delivered" if i < delivered else "planned",
                outcome="success" if i < 2 else "",
                contacted_at=NOW,
            )
        )
    session.flush()
    return order


def waits_for_its_time(session: Session, campaign: Campaign) -> None:
    """A work order of the campaign stands at its timer."""
    session.add(
        OpenNode(
            process_id=campaign.process_id, token="t", element="planned_time",
            path="dispatch/each_work_order/planned_time", depth=2, kind="timer", since=NOW,
        )
    )  # fmt: skip


def new_evaluation(session: Session, campaign: Campaign, **more: Any) -> Evaluation:
    """Figures of the worked example: 12.0 % against 3.3 %, net lift 8.7 points."""
    found = Evaluation(
        campaign_id=campaign.id, is_final=more.pop("is_final", True), computed_at=NOW,
        figures=more.pop("figures", FIGURES), **more,
    )  # fmt: skip
    session.add(found)
    session.flush()
    return found


def browser(app: Flask, login: str, language: str = "en") -> FlaskClient:
    """A browser of this person."""
    client = app.test_client()
    with app.app_context():
        person = db.session.query(Staff).filter_by(login=login).one()
        person.locale = language
        db.session.commit()
        number = str(person.id)
    with client.session_transaction() as session:
        session["_user_id"] = number
        session["_fresh"] = True
    return client
