"""Do-not-disturb (H1): who refuses which channel; lists taken in and refusals lifted by service managers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import numpy as np
import orjson
from flask import current_app, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from app import htmx
from app.access import may, person
from app.dispatch.views import CHANNELS, bp, masked, tabs
from app.engine import Actor, Engine
from app.locale import now, translate
from handlers.contacts import lift, refuse_numbers
from handlers.warehouse import NoGeneration, Warehouse
from models.base import Problem, db
from models.execution import DoNotDisturb
from models.history import HistoryEvent
from models.organisation import Staff

#: chain of what was done to them
CHAIN = "do_not_disturb"
#: source of what a list brought
LIST = "list"
#: numbers one list may hold
MOST = 100_000
#: latest acts that are shown
SHOWN = 10
#: longest reason
LONGEST = 500
#: how a number may be written, with or without its country
NUMBER = re.compile(r"(?:\+?86|0086)?(1\d{10})", re.ASCII)
#: what stands between two numbers
BETWEEN = re.compile(r"[\s,;，；、]+")


class NoNumbers(Problem):
    """An empty list is a mistake."""

    message = "Choose a file with a phone number on each line, or type numbers."


class NotANumber(Problem):
    """One that cannot be read would be somebody who is met all the same."""

    message = "Line %(line)s: “%(text)s” is no phone number of eleven digits. Nothing was taken in."


class TooManyNumbers(Problem):
    """So long a list comes as a file of answers."""

    message = "The list has %(numbers)s numbers; at most %(most)s can be taken in at once. Cut it in parts."


class Unreadable(Problem):
    """Neither encoding fits."""

    message = "The file cannot be read; save it as text, in UTF-8 or GB18030."


class ReasonMissing(Problem):
    """Auditors will ask."""

    message = "Say where this comes from; auditors will ask."


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What was typed, with what is wrong with it."""

    channel: str = CHANNELS[0]
    typed: str = ""
    reason: str = ""
    number: str = ""
    errors: Mapping[str, Problem] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Held:
    """That a customer refuses a channel, and how we know."""

    channel: str
    #: None where the customer data say so
    row: DoNotDisturb | None


@dataclass(frozen=True, kw_only=True)
class Found:
    """One customer that was asked about."""

    #: -1 for nobody of ours
    sid: int
    number: str
    held: Sequence[Held] = ()


@bp.get("/do-not-disturb")
def refusals() -> str:
    """How many refuse each channel, how we know, and what was done of late."""
    return _page(Wish())


@bp.post("/do-not-disturb")
def take_refusals() -> Response:
    """Take in a list of numbers that refuse a channel; all of it or nothing."""
    form, errors = request.form, dict[str, Problem]()
    numbers: list[str] = []
    try:
        numbers = read_numbers(_text())
    except Problem as problem:
        errors["numbers"] = problem
    wish = Wish(
        channel=_channel(),
        typed=form.get("typed", ""),
        reason=form.get("reason", "").strip()[:LONGEST],
        errors=errors,
    )
    if not wish.reason:
        errors["reason"] = ReasonMissing()
    if errors:
        return make_response(_page(wish), 422)
    engine: Engine = current_app.extensions["engine"]
    warehouse, at = current_app.extensions["warehouse"], now()
    details = {
        "channel": wish.channel,
        "numbers": len(numbers),
        "digest": sha256("\n".join(map(warehouse.token, numbers)).encode()).hexdigest(),
        "reason": wish.reason,
    }
    taken = engine.act(
        CHAIN,
        "refusals_imported",
        Actor(login=person().login),
        details,
        lambda session: refuse_numbers(session, warehouse, numbers, wish.channel, since=at, source=LIST),
    )
    flash(
        _("%(new)s taken in, in force from now on; %(known)s known before, %(unknown)s are nobody of ours.")
        % {"new": taken.new, "known": taken.known, "unknown": taken.unknown},
        "o",
    )
    return htmx.go(url_for("dispatch.refusals"))


@bp.post("/do-not-disturb/find")
def find_refusals() -> str:
    """What one customer refuses; asked by number, which no address and no log may hold."""
    number = "".join(request.form.get("number", "").split())
    return _page(Wish(number=number), _found(number))


@bp.post("/do-not-disturb/lift")
def lift_refusal() -> Response:
    """A customer takes a refusal back; who says so and why is kept."""
    sid, reason = request.form.get("sid", -1, type=int), request.form.get("reason", "").strip()[:LONGEST]
    channel = _channel()
    if not reason:
        wish = Wish(errors={f"lift-{channel}": ReasonMissing()})
        return make_response(_page(wish, _found(_number_of(sid))), 422)
    engine: Engine = current_app.extensions["engine"]
    lifted = engine.act(
        CHAIN,
        "refusal_lifted",
        Actor(login=person().login),
        {"channel": channel, "sid": sid, "reason": reason},
        lambda session: lift(session, np.array([sid], dtype=np.int64), channel),
    )
    done = _("Lifted here. What the customer data say stays in force.")
    flash(done if lifted else _("There was nothing to lift."), "o")
    return htmx.go(url_for("dispatch.refusals"))


def read_numbers(text: str) -> list[str]:
    """The eleven digits of each number of a list, in order; a first line without digits is a heading.

    Raises NoNumbers, TooManyNumbers, and NotANumber with the first line that cannot be read.
    """
    found: list[str] = []
    for place, line in enumerate(text.splitlines(), start=1):
        if place == 1 and not any(sign.isdigit() for sign in line):
            continue
        for word in filter(None, BETWEEN.split(line.replace('"', " "))):
            number = NUMBER.fullmatch(word)
            if number is None:
                raise NotANumber(line=place, text=word[:40])
            found.append(number.group(1))
    if not found:
        raise NoNumbers()
    if len(found) > MOST:
        raise TooManyNumbers(numbers=len(found), most=MOST)
    return found


def _text() -> str:
    """What the file holds, or else what was typed."""
    file = request.files.get("file")
    raw = file.read() if file else b""
    for codec in ("utf-8-sig", "gb18030") if raw else ():
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    if raw:
        raise Unreadable()
    return request.form.get("typed", "")


def _channel() -> str:
    given = request.form.get("channel", "")
    return given if given in CHANNELS else CHANNELS[0]


def _number_of(sid: int) -> str:
    warehouse: Warehouse = current_app.extensions["warehouse"]
    return warehouse.numbers(np.array([sid], dtype=np.int64))[0] if sid >= 0 else ""


def _found(number: str) -> Found:
    warehouse: Warehouse = current_app.extensions["warehouse"]
    bare = NUMBER.fullmatch(number)
    wanted = [warehouse.token(bare.group(1))] if bare else []
    sid = warehouse.sids_of_tokens(wanted).tolist()[0] if wanted else -1
    if sid < 0:
        return Found(sid=-1, number="")
    own = {
        row.channel: row for row in db.session.scalars(select(DoNotDisturb).where(DoNotDisturb.sid == sid))
    }
    generation = warehouse.current()  # there is one: the customer has a number
    held = [Held(channel=channel, row=row) for channel, row in own.items()]
    for channel in CHANNELS:
        column = f"dnd_{channel}"
        if column in generation.columns and sid < generation.width and generation.flag(column)[sid]:
            held.append(Held(channel=channel, row=None))
    return Found(sid=sid, number=masked([sid])[0], held=held)


def _page(wish: Wish, found: Found | None = None) -> str:
    acts = _acts()
    logins = {act.actor for act in acts}
    return render_template(
        "dispatch/refusals.html",
        wish=wish,
        found=found,
        errors={name: translate(problem) for name, problem in wish.errors.items()},
        lines=_lines(),
        acts=[(act, orjson.loads(act.details)) for act in acts],
        people={one.login: one for one in db.session.scalars(select(Staff).where(Staff.login.in_(logins)))},
        channels=CHANNELS,
        may_set=may(person(), "dispatch.take_refusals"),
        tabs=tabs("dispatch.refusals"),
    )


def _lines() -> list[tuple[str, str, int, datetime | date]]:
    """(channel, source, customers, how late): what the customer data say, then what we heard ourselves."""
    loaded = _loaded()
    counted = select(
        DoNotDisturb.channel, DoNotDisturb.source, func.count(), func.max(DoNotDisturb.since)
    ).group_by(DoNotDisturb.channel, DoNotDisturb.source)
    own: list[Any] = [tuple(row) for row in db.session.execute(counted)]
    return sorted([*loaded, *own], key=lambda line: (line[0] not in CHANNELS, line[0], line[1] != "load"))


def _loaded() -> list[tuple[str, str, int, date]]:
    try:
        generation = current_app.extensions["warehouse"].current()
    except NoGeneration:
        return []
    return [
        (channel, "load", int(generation.flag(f"dnd_{channel}").sum()), generation.snapshot)
        for channel in CHANNELS
        if f"dnd_{channel}" in generation.columns
    ]


def _acts() -> Sequence[HistoryEvent]:
    asked = select(HistoryEvent).where(HistoryEvent.chain == CHAIN)
    return db.session.scalars(asked.order_by(HistoryEvent.seq.desc()).limit(SHOWN)).all()
