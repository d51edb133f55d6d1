"""The whole product with a call list of today, its call agents, and programs that work it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app import create_app, locale
from app.config import Settings
from app.sign_in import hash_password
from handlers.channels.calls import CallCentre
from models.base import Base, db
from models.campaign import Campaign
from models.organisation import Office, Staff, StaffRole
from models.product import Product
from tests.factories import rows
from tests.factories.folders import lasting_folder
from tests.factories.province import the_province
from tests.factories.stage import decide
from tests.handlers.channels.calls.desk import Desk, open_list, willing

#: Monday, ten to eleven
NOW = datetime(2026, 3, 2, 2, 50, tzinfo=UTC)
PASSWORD = "a long enough word"
SCRIPT = (
    "您好，我是10086客服{工号}，占用您一分钟。您开通了彩铃，最近没换过歌，是不是觉得下载、设置有点麻烦？\n"
    "嫌麻烦：有个音乐盒，每月一元，系统自动换热门歌，不用下载也不用设置，再送两首，我现在帮您开好。\n"
    "不会下载：发歌名到10086就能下，要不我帮您下第一首？\n"
    "担心扣费：只收一元，随时发0000可退。\n"
    "考虑：那我{时间}再打给您，方便吗？\n"
    "拒绝：打扰了，这个业务不会再打给您。"
)
SILENT = {
    "version": 1,
    "all": [
        {"tag": "crbt_state", "in": ["沉默", "活跃"]},
        {"tag": "tone_dl_6m", "op": "<=", "value": 1},
    ],
}


class Browser(FlaskClient):
    """Each request has a context and a session of its own, as behind a real server."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """The test's own transaction ends first: nobody else could write beside it."""
        db.session.rollback()
        return Context().run(super().open, *args, **kwargs)


class World:
    """A running product and its clock; a test's desk finds here what it finds on a stage."""

    def __init__(self, app: Flask) -> None:
        self.app, self.now, self.province = app, NOW, the_province()
        self.workshop = replace(app.extensions["workshop"], warehouse=self.province.warehouse, decide=decide)
        app.extensions["clock"] = lambda: self.now
        app.extensions["call_centre"] = CallCentre(
            warehouse=self.workshop.warehouse,
            decide=decide,
            require_approval=lambda campaign: None,
            signature=self.workshop.signature,
        )

    def open(self, people: int = 4) -> Desk:
        """A list of people whose ring-back tone is silent."""
        sids = self.province.sids_where(
            "crbt_state IN ('沉默', '活跃') AND tone_dl_6m <= 1 AND NOT dnd_call AND NOT out_of_use"
        )
        free = set(willing(self, 3000))  # type: ignore[arg-type]
        mine = [int(sid) for sid in sids if int(sid) in free][:people]
        desk = open_list(
            self, mine, products=("MBOX",), name="彩铃沉默用户活跃度提升", definition=SILENT,  # type: ignore[arg-type]
            reason="每月付功能费，半年没换过歌", purpose="activate",
        )  # fmt: skip
        desk.order.content = SCRIPT
        db.session.commit()
        return desk

    def browser(self, login: str = "dujuan", language: str = "zh") -> FlaskClient:
        """A browser of this person."""
        client = self.app.test_client()
        person = db.session.query(Staff).filter_by(login=login).one()
        person.locale = language
        number = str(person.id)
        db.session.commit()
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = number, True
        return client


@cache
def _office() -> Path:
    """The product's folder with a small office in it, made once."""
    folder = lasting_folder("calls")
    with _running(folder) as app, app.app_context():
        Base.metadata.create_all(db.engine)
        rows.furnish()
        province = db.session.query(Office).filter_by(code="00").one()
        hashed = hash_password(PASSWORD)
        for login, name, name_en in (("dujuan", "杜鹃", "Du Juan"), ("hexia", "何霞", "He Xia")):
            db.session.add(
                Staff(
                    login=login, name=name, name_en=name_en, password_hash=hashed, office=province,
                    roles=[StaffRole(role="call_agent")],
                )
            )  # fmt: skip
        db.session.add(
            Product(
                code="MBOX", name="彩铃音乐盒", name_en="Ring-back music box", product_class="revenue",
                price="1元/月", price_en="1 yuan a month", price_fen=100, order_word="YYH",
            )
        )  # fmt: skip
        db.session.commit()
    return folder


@contextmanager
def _running(folder: Path, **config: Any) -> Iterator[Flask]:
    if not any(locale.CATALOGUES.glob("**/*.mo")):
        locale.compile_catalogues()
    app = create_app(Settings(instance=folder, database=f"sqlite:///{folder / 'bihuan.sqlite'}"))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, **config)
    app.test_client_class = Browser
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@contextmanager
def world_in(folder: Path, **config: Any) -> Iterator[World]:
    """The product in a folder of its own, nothing to call yet."""
    shutil.copytree(_office(), folder, dirs_exist_ok=True)
    with _running(folder, **config) as app, app.app_context():
        yield World(app)


def campaign() -> Campaign:
    """The one campaign."""
    return db.session.query(Campaign).one()
