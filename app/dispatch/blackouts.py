"""Times without sending: seen by all, set and ended early by service managers (H3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import abort, current_app, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import htmx
from app.access import may, person
from app.dispatch.views import CHANNELS, bp, tabs
from app.engine import Actor, Engine
from app.locale import now, translate
from handlers.channels import outbox
from handlers.contacts import LOCAL
from models.base import Problem, db
from models.organisation import Office, Staff
from models.sending import Blackout

#: chain of what was done to them
CHAIN = "blackouts"
#: those over are shown so long
SHOWN = timedelta(days=30)
#: longest reason
LONGEST = 500


class MomentMissing(Problem):
    """A span of time needs both its ends."""

    message = "Give day and hour."


class EndsTooEarly(Problem):
    """Nothing can be kept from being sent in the past."""

    message = "The end must lie after the beginning, and after now."


class ReasonNeeded(Problem):
    """Planners will ask why nothing is sent."""

    message = "Say why nothing is to be sent; planners will ask."


class PlaceUnknown(Problem):
    """Neither the province nor an office of it."""

    message = "Choose the province, a prefecture or a county."


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A span as it was typed, with what is wrong with it."""

    channel: str = ""
    office_code: str = "00"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    reason: str = ""
    errors: Mapping[str, Problem] = field(default_factory=dict)

    def said(self, name: str) -> str:
        """A moment as its field shows it again."""
        value: datetime | None = getattr(self, name)
        return value.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M") if value else ""


@bp.get("/blackouts")
def blackouts() -> str:
    """What is on, what is to come, and what was on of late."""
    return _page(Wish())


@bp.post("/blackouts")
def set_blackout() -> Response:
    """Let nothing be sent to a region through a channel for a span of time."""
    staff, wish = person(), _wish()
    if wish.errors:
        return make_response(_page(wish), 422)
    engine: Engine = current_app.extensions["engine"]
    at, login = now(), staff.login
    engine.act(
        CHAIN, "blackout_set", Actor(login=login), _told(wish), lambda session: _set(session, wish, login, at)
    )
    flash(_("Kept. From its beginning on nothing more is sent there."), "o")
    return htmx.go(url_for("dispatch.blackouts"))


@bp.post("/blackouts/<int:blackout_id>/end")
def end_blackout(blackout_id: int) -> Response:
    """Let sending begin again before the time."""
    found = db.session.get(Blackout, blackout_id) or abort(404)
    engine: Engine = current_app.extensions["engine"]
    details = {"blackout": blackout_id, "reason": found.reason}
    at = now()
    engine.act(
        CHAIN,
        "blackout_ended",
        Actor(login=person().login),
        details,
        lambda session: _end(session, blackout_id, at),
    )
    flash(_("Ended. What waited for it goes on."), "o")
    return htmx.go(url_for("dispatch.blackouts"))


def _set(session: Session, wish: Wish, login: str, at: datetime) -> None:
    session.add(
        Blackout(
            channel=wish.channel,
            office_code=wish.office_code,
            starts_at=wish.starts_at,
            ends_at=wish.ends_at,
            reason=wish.reason,
            made_by=login,
            made_at=at,
        )
    )


def _end(session: Session, blackout_id: int, at: datetime) -> None:
    """What was not on yet will never be; what waits is looked at now."""
    found = session.get_one(Blackout, blackout_id)
    found.ends_at = min(found.ends_at, at)
    found.starts_at = min(found.starts_at, found.ends_at)
    outbox.look_again(session, at)


def _told(wish: Wish) -> dict[str, Any]:
    moments = {"from": wish.starts_at, "to": wish.ends_at}
    return {
        "channel": wish.channel or "total",
        "office": wish.office_code,
        "reason": wish.reason,
        **{name: value.isoformat() for name, value in moments.items() if value},
    }


def _wish() -> Wish:
    form = request.form
    starts_at, ends_at = _moment("starts_at"), _moment("ends_at")
    office = form.get("office_code", "00")
    reason = form.get("reason", "").strip()[:LONGEST]
    errors: dict[str, Problem] = {}
    for name, value in (("starts_at", starts_at), ("ends_at", ends_at)):
        if value is None:
            errors[name] = MomentMissing()
    if starts_at and ends_at and ends_at <= max(starts_at, now()):
        errors["ends_at"] = EndsTooEarly()
    if not reason:
        errors["reason"] = ReasonNeeded()
    if office not in {place.code for place in _places()}:
        errors["office_code"] = PlaceUnknown()
    channel = form.get("channel", "")
    return Wish(
        channel=channel if channel in CHANNELS else "",
        office_code=office,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        errors=errors,
    )


def _moment(name: str) -> datetime | None:
    """What a field for day and hour holds, in the province's time."""
    try:
        return datetime.fromisoformat(request.form.get(name, "")).replace(tzinfo=LOCAL)
    except ValueError:
        return None


def _places() -> Sequence[Office]:
    return db.session.scalars(select(Office).order_by(Office.code)).all()


def _page(wish: Wish) -> str:
    places, rows = _places(), _spans(db.session(), now())
    logins = {row.made_by for row in rows}
    people = db.session.scalars(select(Staff).where(Staff.login.in_(logins)))
    return render_template(
        "dispatch/blackouts.html",
        rows=rows,
        now=now(),
        wish=wish,
        errors={name: translate(problem) for name, problem in wish.errors.items()},
        places=places,
        offices={place.code: place for place in places},
        people={one.login: one for one in people},
        channels=CHANNELS,
        may_set=may(person(), "dispatch.set_blackout"),
        tabs=tabs("dispatch.blackouts"),
    )


def _spans(session: Session, at: datetime) -> Sequence[Blackout]:
    """Those on and to come first, soonest first; then those over, latest first."""
    asked = select(Blackout).where(Blackout.ends_at > at - SHOWN).order_by(Blackout.starts_at)
    found = session.scalars(asked).all()
    over = [row for row in found if row.ends_at <= at]
    return [*(row for row in found if row.ends_at > at), *reversed(over)]
