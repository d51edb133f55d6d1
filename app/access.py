"""Who may open what: one table of every address, and the offices whose campaigns a person may see."""

from enum import Enum
from typing import Final

from flask import Flask, abort, g, redirect, request, url_for
from flask_login import LoginManager, current_user
from sqlalchemy import ColumnElement, or_
from werkzeug.wrappers import Response

from app import htmx
from models.base import Problem, db
from models.organisation import Office, Staff

login_manager = LoginManager()


class Open(Enum):
    """Who may besides people of a role."""

    PUBLIC = "no sign-in; the view guards itself where it must"
    ANYONE = "everybody who has signed in"


PUBLIC: Final = Open.PUBLIC
ANYONE: Final = Open.ANYONE
Allowed = Open | frozenset[str]


def roles(*names: str) -> frozenset[str]:
    """The people who hold at least one of these roles."""
    return frozenset(names)


#: the offices' staff: everybody but those with one desk of their own
OFFICE_STAFF = roles(
    "planner",
    "approver",
    "countersigner",
    "channel_keeper",
    "service_manager",
    "custodian",
    "evaluator",
    "process_owner",
    "auditor",
    "administrator",
)

#: who may look at what is sent and called
EXECUTION = roles(
    "channel_keeper",
    "planner",
    "approver",
    "evaluator",
    "service_manager",
    "auditor",
    "administrator",
)
#: who works the call lists
CALLERS = roles("call_agent")

#: endpoint → who; what is not here opens for nobody
ACCESS: dict[str, Allowed] = {
    "static": PUBLIC,
    "sign_in.enter": PUBLIC,
    "sign_in.choose_language": PUBLIC,
    "sign_in.leave": ANYONE,
    "home.start": ANYONE,
    "intake.receipts": PUBLIC,
    "intake.call_results": PUBLIC,
    "intake.opt_outs": PUBLIC,
    "intake.complaints": PUBLIC,
    "demo_mode.clock": PUBLIC,
    "demo_mode.move": PUBLIC,
    "demo_mode.wish": ANYONE,
    "api_campaigns.evaluation": ANYONE,
    "api_to_dos.to_dos": ANYONE,
    "api_session.session": ANYONE,
    "api_calls.pull": CALLERS,
    "api_calls.look": CALLERS,
    "api_calls.hand_in": CALLERS,
    "api_calls.order": CALLERS,
    "api_calls.put_back": CALLERS,
    "api_calls.slots": CALLERS,
    "api_calls.progress": CALLERS,
    "calls.index": CALLERS,
    "calls.pull": CALLERS,
    "calls.hand_in": CALLERS,
    "calls.order": CALLERS,
    "calls.answer": CALLERS,
    "calls.rest": CALLERS,
    "calls.moment": CALLERS,
    "api-docs.openapi_json": ANYONE,
    "incidents.index": roles("administrator", "process_owner", "auditor"),
    "incidents.page": roles("administrator", "process_owner", "auditor"),
    "incidents.retry": roles("administrator", "process_owner"),
    "incidents.correct": roles("administrator", "process_owner"),
    "incidents.skip": roles("administrator", "process_owner"),
    "incidents.stop": roles("administrator", "process_owner"),
    "incidents.retry_run": roles("administrator", "process_owner"),
    "inbox.index": ANYONE,
    "inbox.detail": ANYONE,
    "inbox.claim": ANYONE,
    "inbox.unclaim": ANYONE,
    "inbox.draft": ANYONE,
    "inbox.decide": ANYONE,
    "trail.index": ANYONE,
    "trail.story": ANYONE,
    "diagrams.source": ANYONE,
    "diagrams.states": ANYONE,
    "campaigns.index": OFFICE_STAFF,
    "campaigns.page": OFFICE_STAFF,
    "campaigns.progress": OFFICE_STAFF,
    "campaigns.new": roles("planner"),
    "campaigns.start": roles("planner"),
    "campaigns.plan": roles("planner"),
    "campaigns.save_plan": roles("planner"),
    "campaigns.look": roles("planner"),
    "campaigns.recall": roles("planner"),
    "campaigns.stop": roles("planner"),
    "dispatch.index": EXECUTION,
    "dispatch.rows": EXECUTION,
    "dispatch.page": EXECUTION,
    "dispatch.figures": EXECUTION,
    "dispatch.find": EXECUTION,
    "dispatch.pause": roles("channel_keeper", "planner"),
    "dispatch.resume": roles("channel_keeper", "planner"),
    "dispatch.stop": roles("channel_keeper", "planner"),
    "dispatch.balance": EXECUTION,
    "dispatch.blackouts": EXECUTION,
    "dispatch.set_blackout": roles("service_manager"),
    "dispatch.end_blackout": roles("service_manager"),
    "dispatch.refusals": EXECUTION,
    "dispatch.take_refusals": roles("service_manager"),
    "dispatch.find_refusals": roles("service_manager"),
    "dispatch.lift_refusal": roles("service_manager"),
    "audiences.preview": roles("planner"),
    "audiences.conditions": roles("planner"),
    "reports.index": OFFICE_STAFF,
    "reports.page": OFFICE_STAFF,
}


class OutOfSight(Problem):
    """The person's office does not cover what was asked for."""

    message = "You may not see campaigns of %(office)s; ask its planner or your approver."


class SignedIn:
    """The person behind a session, as Flask-Login wants to see one."""

    is_authenticated = True
    is_anonymous = False

    def __init__(self, staff: Staff) -> None:
        self.staff = staff

    def get_id(self) -> str:
        """The session keeps the number of the row, nothing that could change."""
        return str(self.staff.id)

    @property
    def is_active(self) -> bool:
        """A person who left may not go on in an old session."""
        return self.staff.is_active


def init_app(app: Flask) -> None:
    """Ask the table before every request; an address missing from it is closed."""
    login_manager.init_app(app)
    login_manager.user_loader(_person)
    app.before_request(check)
    app.context_processor(lambda: {"staff": signed_in()})


def _person(number: str) -> SignedIn | None:
    staff = db.session.get(Staff, int(number))
    return SignedIn(staff) if staff is not None and staff.is_active else None


def signed_in() -> Staff | None:
    """The person who has signed in, or None."""
    return current_user.staff if current_user and current_user.is_authenticated else None


def person() -> Staff:
    """The person who has signed in; only for views that are not public."""
    staff = signed_in()
    if staff is None:
        abort(401)
    return staff


def may(staff: Staff | None, endpoint: str) -> bool:
    """True where this person may open this endpoint."""
    allowed = ACCESS.get(endpoint)
    if allowed is PUBLIC:
        return True
    if staff is None or allowed is None:
        return False
    return allowed is ANYONE or (isinstance(allowed, frozenset) and staff.has_role(*allowed))


def check() -> Response | None:
    """Let pass, send to the sign-in page, or refuse with the roles that may."""
    endpoint = request.endpoint
    if endpoint is None or ACCESS.get(endpoint) is PUBLIC:
        return None
    staff = signed_in()
    if staff is None and request.path.startswith("/api/"):
        abort(401)
    if staff is None:
        back = request.full_path.rstrip("?") if request.method == "GET" and not htmx.is_partial() else "/"
        url = url_for("sign_in.enter", back=back)
        return htmx.go(url) if htmx.is_partial() else redirect(url, 303)
    if not may(staff, endpoint):
        allowed = ACCESS.get(endpoint)
        g.allowed_roles = sorted(allowed) if isinstance(allowed, frozenset) else []
        abort(403)
    return None


def visible_offices(staff: Staff) -> ColumnElement[bool]:
    """A condition on `Office`: a person sees the own office and all below; the province sees every one.

    Join or filter with it: `select(Campaign).join(Office).where(visible_offices(staff))`.
    """
    if staff.office.level == "province":
        return Office.id.is_not(None)
    own = staff.office
    below = [Office.code.like(own.code + "%")] if own.level == "prefecture" else []
    return or_(Office.id == own.id, *below)


def require_sight(staff: Staff, office: Office) -> None:
    """Raise OutOfSight unless the person's office covers this one."""
    if not staff.office.covers(office.code):
        raise OutOfSight(office=office.name)
