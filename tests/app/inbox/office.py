"""The pages with a stand-in for the process engine, on a small office."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app import access, assets, diagrams, figures, inbox, locale, menu, security, sign_in, trail
from app.engine.problems import NotACandidate, ToDoGone, VersionUnknown
from app.engine.values import Actor, Broken, NodeState, Path, Verification
from models import tables
from models.base import db
from models.history import HistoryEvent
from models.organisation import Staff
from models.process import ToDo
from tests import databases
from tests.app.inbox import world

FORMS: dict[str, dict[str, Any]] = {
    "review": {"id": "review", "components": []},
    "confirm_channel": {
        "id": "confirm_channel",
        "components": [
            {"type": "number", "key": "people", "label": "户数", "label_en": "Customers",
             "decimalDigits": 0, "validate": {"required": True, "min": 1, "max": 5000000}},
            {"type": "datetime", "subtype": "date", "key": "from_day", "label": "开始", "label_en": "First",
             "validate": {"required": True}},
            {"type": "datetime", "subtype": "date", "key": "to_day", "label": "结束", "label_en": "Last",
             "validate": {"required": True}},
        ],
    },
    "choose_opportunity": {
        "id": "choose_opportunity",
        "components": [
            {"type": "radio", "key": "opportunity", "label": "产品", "label_en": "Product",
             "valuesKey": "opportunities", "validate": {"required": True}},
        ],
    },
    "summarise": {
        "id": "summarise",
        "components": [
            {"type": "textarea", "key": "conclusion", "label": "评估意见", "label_en": "What we learned",
             "validate": {"required": True}},
        ],
    },
}  # fmt: skip


def node(element: str, path: str, state: str, kind: str = "userTask", visits: int = 1) -> NodeState:
    return NodeState(
        element=element,
        path=path,
        name=element,
        name_en=element,
        kind=kind,
        state=state,  # type: ignore[arg-type]
        visits=visits,
        entered_at=None,
        left_at=None,
    )


class StandIn:
    """Closes to-dos in the tables and remembers refusals; knows no diagram."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.refused: list[tuple[str, str, str]] = []
        self.broken: list[Broken] = []
        #: raised by the next act
        self.trouble: Exception | None = None

    def complete(
        self, to_do_id: int, actor: Actor, outcome: str, answer: Mapping[str, Any], opinion: str = ""
    ) -> ToDo:
        to_do = self._mine(to_do_id, actor)
        to_do.state, to_do.outcome, to_do.answer, to_do.opinion = "done", outcome, dict(answer), opinion
        to_do.closed_by, to_do.closed_at = actor.login, self.clock()
        db.session.commit()
        return to_do

    def claim(self, to_do_id: int, actor: Actor) -> ToDo:
        to_do = self._mine(to_do_id, actor)
        to_do.assignee = actor.login
        db.session.commit()
        return to_do

    def unclaim(self, to_do_id: int, actor: Actor) -> ToDo:
        to_do = self._mine(to_do_id, actor)
        to_do.assignee = None
        db.session.commit()
        return to_do

    def save_draft(self, to_do_id: int, actor: Actor, draft: Mapping[str, Any]) -> ToDo:
        to_do = self._mine(to_do_id, actor)
        to_do.draft = dict(draft)
        db.session.commit()
        return to_do

    def _mine(self, to_do_id: int, actor: Actor) -> ToDo:
        if self.trouble:
            raise self.trouble
        to_do = db.session.get_one(ToDo, to_do_id)
        if to_do.state != "open":
            raise ToDoGone(by=to_do.closed_by, at=to_do.closed_at)
        if not to_do.may_be_decided_by(actor.login):
            raise NotACandidate(login=actor.login)
        return to_do

    def refuse(self, chain: str, refused: str, actor: Actor, details: Mapping[str, Any]) -> None:
        self.refused.append((chain, refused, actor.login))

    def form(self, version_id: int, form: str) -> dict[str, Any]:
        return FORMS[form]

    def path(self, process_id: int) -> Path:
        nodes = (
            node("plan", "plan", "done", "callActivity", 2),
            node("approve", "approve", "now", "callActivity"),
            node("confirm", "confirm", "future", "callActivity"),
            node("prefecture_review", "approve/prefecture_review", "now"),
            node("province_review", "approve/province_review", "future"),
        )
        return Path(nodes=nodes, flows=frozenset({"flow_top", "approve/flow_inside"}))

    def source(self, version_id: int, file: str) -> str:
        if file != "approve.bpmn":
            raise VersionUnknown(key=file)
        return "<definitions/>"

    def verify(self, process_id: int) -> Verification:
        chain = f"process:{process_id}"
        events = db.session.query(HistoryEvent).filter_by(chain=chain).count()
        return Verification(processes=1, events=events, broken=self.broken)


def new_app(database: str = "sqlite://") -> Flask:
    """The frame with the three screens, on a database still empty."""
    assert tables.ALL
    app = Flask("app")
    app.config.update(
        SECRET_KEY="k", TESTING=True, WTF_CSRF_ENABLED=False, SQLALCHEMY_DATABASE_URI=database, DEMO=False
    )
    locale.init_app(app, lambda: world.NOW)
    assets.init_app(app)
    figures.init_app(app)
    db.init_app(app)
    access.init_app(app)
    security.init_app(app)
    menu.init_app(app)
    for blueprint in (sign_in.bp, inbox.bp, trail.bp, diagrams.bp):
        app.register_blueprint(blueprint)
    return app


def refurnish(app: Flask) -> None:
    """An empty office again, and an engine that remembers nothing."""
    app.extensions["engine"] = StandIn(lambda: world.NOW)
    with app.app_context():
        databases.empty(db.engine)
        world.furnish(db.session())


def signed_in(app: Flask, login: str, language: str = "en") -> FlaskClient:
    """A browser of this person."""
    client = app.test_client()
    with app.app_context():
        person = db.session.query(Staff).filter_by(login=login).one()
        person.locale = language
        db.session.commit()
        number = str(person.id)
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = number, True
    return client


#: what htmx sends when it swaps list and detail
PART = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#inbox"}
