"""Who sees what; create_app is the one place that joins engine, handlers, clock and screens."""

from datetime import date, datetime
from functools import partial

from flask import Flask, request
from flask_migrate import Migrate
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app import (
    access,
    api,
    assets,
    audiences,
    calls,
    campaigns,
    commands,
    demo_mode,
    diagrams,
    dispatch,
    figures,
    home,
    inbox,
    incidents,
    intake,
    locale,
    menu,
    reports,
    security,
    sign_in,
    trail,
)
from app.appointments import Appointments
from app.clock import demo_clock, system_clock
from app.config import HERE, Settings, secret_file
from app.engine import Engine
from app.inbox.queries import counts
from app.incidents.queries import open_incidents
from app.reservations import Reservations
from app.rules import Rules
from app.schedule import REGULAR
from handlers.channels.calls import CallCentre
from handlers.desk.binding import require_approval_where_needed
from handlers.desk.workshop import Workshop
from handlers.loop import operations
from handlers.scoring import Scores
from handlers.warehouse import Keys, NoGeneration, Warehouse
from models import tables
from models.base import db, prepare_engine, read_only
from models.clock import DemoClock
from models.organisation import Staff

#: screens and machines that speak HTTP
DOORS = (
    home,
    inbox,
    calls,
    campaigns,
    audiences,
    dispatch,
    reports,
    trail,
    diagrams,
    incidents,
    sign_in,
    intake,
)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application for these settings, or for those of the environment."""
    settings = settings or Settings.from_environment()
    settings.instance.mkdir(parents=True, exist_ok=True)
    secret_file(settings.instance / "keys" / "intake_token")
    app = Flask(__name__)
    app.config.from_mapping(settings.flask())
    app.extensions.update(settings=settings, tables=tables.ALL)
    db.init_app(app)
    app.teardown_appcontext(_let_go)
    with app.app_context():
        prepare_engine(db.engine)
    Migrate(app, db, directory=str(HERE / "migrations"), render_as_batch=True)
    _join(app, settings)
    _read_only_gets(app)
    _frame(app)
    for door in DOORS:
        app.register_blueprint(door.bp)
    security.csrf.exempt(intake.bp)
    api.init_app(app)
    if settings.is_demo:
        demo_mode.init_app(app)
    commands.init_app(app)
    return app


def _let_go(error: BaseException | None) -> None:
    """Close the session as Flask-SQLAlchemy will, but so that a connection that was lost stops nobody."""
    if not db.session.registry.has():
        return
    try:
        db.session.close()
    except DBAPIError:
        db.session().invalidate()


def _join(app: Flask, settings: Settings) -> None:
    """Hand the clock, the rules and the operations to the engine, and all of them to the screens."""
    clock = demo_clock if settings.is_demo else system_clock
    rules = Rules(db.session)
    warehouse = Warehouse(settings.instance / "warehouse", Keys.from_folder(settings.instance / "keys"))
    workshop = Workshop(
        warehouse=warehouse,
        folder=settings.instance,
        decide=rules.decide_latest,
        decision_digest=rules.latest_digest,
        sender=settings.sender,
        signature=settings.signature,
        by_file=settings.by_file,
        daily_files=settings.daily_files,
    )
    engine = Engine(
        session_factory=db.session,
        clock=clock,
        operations=operations(workshop),
        decide=rules.decide,
        listeners=[Appointments(), Reservations()],
        machine_clock=system_clock,
    )
    app.extensions.update(
        clock=clock,
        machine_clock=system_clock,
        schedule=REGULAR,
        engine=engine,
        warehouse=warehouse,
        workshop=workshop,
        scores=Scores(warehouse),
        decisions=rules.decide_latest,
        call_centre=CallCentre(
            warehouse=warehouse,
            decide=rules.decide_latest,
            require_approval=partial(require_approval_where_needed, decide=rules.decide_latest),
            signature=settings.signature,
        ),
    )


def _frame(app: Flask) -> None:
    """What every page stands in: assets, languages, headers, access, menu."""
    assets.init_app(app)
    locale.init_app(app, app.extensions["clock"])
    figures.init_app(app)
    security.init_app(app)
    access.init_app(app)
    menu.init_app(app, counts=_waiting, snapshot=partial(_snapshot, app), wished=_wished)


def _waiting(staff: Staff) -> dict[str, int]:
    """How many to-dos and incidents wait for this person, beside the words in the menu."""
    by_tab = counts(db.session(), staff.login)
    waiting = {"inbox.index": by_tab["mine"] + by_tab["claim"]}
    if access.may(staff, "incidents.index"):
        waiting["incidents.index"] = open_incidents(db.session())
    return waiting


def _snapshot(app: Flask) -> date | None:
    """The day the customer data are of."""
    try:
        day: date = app.extensions["warehouse"].current().snapshot
    except NoGeneration:
        return None
    return day


def _wished() -> datetime | None:
    """Where the demo's clock is on its way to."""
    return db.session.scalar(select(DemoClock.wished).order_by(DemoClock.id).limit(1))


def _read_only_gets(app: Flask) -> None:
    """A page that only shows takes no write lock; first of all, as looking up the person reads too."""

    @app.before_request
    def begin() -> None:
        if request.method in ("GET", "HEAD"):
            request.environ["bihuan.reading"] = read_only()
            request.environ["bihuan.reading"].__enter__()

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        reading = request.environ.pop("bihuan.reading", None)
        if reading is not None:
            reading.__exit__(None, None, None)
