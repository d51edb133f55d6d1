"""Only in the demo: the clock the simulated outside world moves, and the visitor's wish for the next day."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, jsonify, redirect, request
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app import runs, security
from app.intake.http import require_token
from app.sign_in import DemoAccount
from handlers.channels.outbox import under_way
from handlers.desk.workshop import at_local, local_day
from models.base import Problem, db, wake_workers
from models.clock import DemoClock
from models.organisation import Staff
from models.process import Job, Process

bp = Blueprint("demo_mode", __name__, url_prefix="/demo")
#: a working day of the demo begins
MORNING = 9


class ClockGoesBack(Problem):
    """Time in the demo only goes forward."""

    message = "It is %(now)s in the demo already; the clock cannot be set back."


def init_app(app: Flask) -> None:
    """Add the demo's doors and its accounts at sign-in; without demo mode they do not exist."""
    app.extensions["demo_accounts"] = _accounts
    app.register_blueprint(bp)
    security.csrf.exempt(move)


@bp.get("/clock")
def clock() -> Response:
    """What time it is, what time is wished, and whether anything due is left to do."""
    row, now = _row(), current_app.extensions["clock"]()
    left = busy(db.session(), now)
    return jsonify(
        now=now.isoformat(),
        wished=row.wished.isoformat() if row and row.wished else None,
        idle=not any(left.values()),
        next_due=_next_due(),
        **left,
    )


def busy(session: Session, now: datetime) -> dict[str, int]:
    """What is due and not yet done, by kind; the clock stands still until there is nothing of it."""
    regular = current_app.extensions["schedule"]
    has_centre = current_app.extensions["settings"].sms_centre != ""
    return {
        "due_jobs": _due_jobs(session, now),
        "due_timers": _due_timers(session, now),
        "due_runs": runs.open_ones(session, regular) + len(runs.missing(session, regular, now)),
        "due_messages": under_way(session, now) if has_centre else 0,
        "unread_files": len(list((_instance() / "in").glob("*.manifest.json"))),
    }


@bp.post("/clock")
def move() -> Response:
    """Move the clock forward; only the outside world, which holds the token, may."""
    refused = require_token()
    if refused is not None:
        return refused
    wanted = datetime.fromisoformat(request.get_json()["now"]).astimezone(UTC)
    row = _row() or DemoClock(now=wanted)
    if wanted < row.now:
        answer = jsonify(error=str(ClockGoesBack(now=row.now.isoformat())))
        answer.status_code = 409
        return answer
    row.now = wanted
    db.session.add(row)
    wake_workers(db.session)
    db.session.commit()
    return jsonify(now=wanted.isoformat())


@bp.post("/clock/wish")
def wish() -> AnyResponse:
    """A visitor wishes it were some mornings later; the outside world makes it so."""
    row, now = _row(), current_app.extensions["clock"]()
    days = min(max(request.form.get("days", 1, type=int), 1), 60)
    row = row or DemoClock(now=now)
    start = max(row.wished or now, now)
    row.wished = at_local(local_day(start) + timedelta(days=days), MORNING)
    db.session.add(row)
    db.session.commit()
    return redirect(_same_site(request.form.get("back", "/")))


def _accounts() -> list[DemoAccount]:
    """The accounts the demo put into its file, in that order; none while there is no file."""
    path = _instance() / "demo_accounts.json"
    if not path.exists():
        return []
    offered = json.loads(path.read_text(encoding="utf-8"))
    people = {staff.login: staff for staff in db.session.scalars(select(Staff))}
    return [
        DemoAccount(staff=people[login], password=offered["password"])
        for login in offered["logins"]
        if login in people
    ]


def _same_site(page: str) -> str:
    """Back to the page the wish was made on, never to another site."""
    parts = urlsplit(page)
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    return page.rstrip("?") if is_ours and not page.startswith("//") else "/"


def _row() -> DemoClock | None:
    return db.session.scalars(select(DemoClock).order_by(DemoClock.id).limit(1)).first()


def _due_jobs(session: Session, now: datetime) -> int:
    waiting = or_(Job.state == "running", (Job.state == "ready") & (Job.due_at <= now))
    return session.scalar(select(func.count(Job.id)).where(waiting)) or 0


def _due_timers(session: Session, now: datetime) -> int:
    asked = select(func.count(Process.id)).where(Process.state == "running", Process.next_due <= now)
    return session.scalar(asked) or 0


def _next_due() -> str | None:
    """The earliest moment something will be due, so that the clock need not stop at every hour."""
    timer = db.session.scalar(select(func.min(Process.next_due)).where(Process.state == "running"))
    job = db.session.scalar(select(func.min(Job.due_at)).where(Job.state == "ready"))
    moments = [moment for moment in (timer, job) if moment is not None]
    return min(moments).isoformat() if moments else None


def _instance() -> Path:
    path: Path = current_app.extensions["settings"].instance
    return path
