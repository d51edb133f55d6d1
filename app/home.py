"""The first page after signing in: where this person's work waits."""

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from app.access import person

bp = Blueprint("home", __name__)


@bp.get("/")
def start() -> Response:
    """Auditors begin with the trail, everybody else with the inbox."""
    return redirect(url_for("trail.index" if person().has_role("auditor") else "inbox.index"))
