"""The first page after signing in: where this person's work waits."""

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from app.access import person

bp = Blueprint("home", __name__)


@bp.get("/")
def start() -> Response:
    """Auditors begin with the trail, call agents at their desk, everybody else with the inbox."""
    staff = person()
    first = {"auditor": "trail.index", "call_agent": "calls.index"}
    pages = (page for role, page in first.items() if staff.has_role(role))
    return redirect(url_for(next(pages, "inbox.index")))
