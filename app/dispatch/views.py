"""The page of dispatch: the link, the load to come, work orders with their figures; and one work order."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access import person
from app.dispatch import queries
from app.dispatch.lines import lines_of_order, open_lines
from app.dispatch.notes import Surroundings, link_in_words, note
from app.dispatch.rights import may_act
from app.locale import NOTHING, language, now
from app.progress import Progress, progress_of
from app.words import word
from handlers.contacts import LOCAL
from models.base import db
from models.execution import WorkOrder
from models.organisation import Staff

bp = Blueprint("dispatch", __name__, url_prefix="/dispatch")

#: channels the list can be narrowed to
CHANNELS = ("sms", "call")
WHEN = ("coming", "recent")


@bp.get("")
def index() -> str:
    """What is being sent and called, and what is to come."""
    staff, session = person(), db.session()
    load = queries.load_ahead(session, staff, _today())
    kept = [channel for channel in CHANNELS if staff.keeps_channel(channel)]
    return render_template(
        "dispatch/index.html",
        kept=kept,
        today=sum(people for day, channel, people in load if day == _today() and channel in kept),
        chart=_chart(load),
        to_dos=queries.to_dos_of(session, staff),
        may_act=may_act,
        staff_shown=staff,
        tabs=tabs("dispatch.index"),
        **_rows(staff),
    )


@bp.get("/rows")
def rows() -> str:
    """The link and the work orders as they stand, for the page to fetch every few seconds."""
    staff = person()
    return render_template("dispatch/_rows.html", may_act=may_act, staff_shown=staff, **_rows(staff))


@bp.get("/<number>")
def page(number: str) -> str:
    """One work order: its figures, who it goes to, its batches and its balance."""
    staff, order = seen(number)
    session = db.session()
    state, at = request.args.get("state", ""), request.args.get("page", 1, type=int)
    chosen = request.args.get("contact", type=int)
    states = queries.states_of(session, order)
    people = (
        queries.recipient(session, order, chosen) if chosen else queries.recipients(session, order, state, at)
    )
    listed = states.get(state, 0) if state else sum(states.values())
    return render_template(
        "dispatch/page.html",
        people=people,
        masked=masked([each.contact.sid for each in people]),
        states=states,
        state=state,
        chosen=chosen,
        listed=listed,
        at=max(at, 1),
        pages=max(1, -(-listed // queries.PEOPLE)),
        batches=queries.batches_of(session, order),
        lines=lines_of_order(session, order),
        may_act=may_act(staff, order),
        tabs=tabs("dispatch.index"),
        **_figures(order),
    )


@bp.get("/<number>/figures")
def figures(number: str) -> str:
    """The figures of one work order as they stand, for its page to fetch every few seconds."""
    return render_template("dispatch/_figures.html", **_figures(seen(number)[1]))


@bp.post("/<number>/find")
def find(number: str) -> Response:
    """Find one customer of the send list by phone number, which no address and no log may hold."""
    order = seen(number)[1]
    typed = "".join(request.form.get("number", "").split())
    warehouse = current_app.extensions["warehouse"]
    (sid,) = warehouse.sids_of_tokens([warehouse.token(typed)]).tolist() if typed else (-1,)
    contact = queries.contact_of(db.session(), order, sid) if sid >= 0 else None
    if contact is None:
        flash(_("This customer is not on the send list."), "w")
    return redirect(url_for("dispatch.page", number=number, contact=contact) + "#list", 303)


def seen(number: str) -> tuple[Staff, WorkOrder]:
    """The person and the work order, if the person may see it."""
    staff = person()
    order = queries.work_order(db.session(), staff, number)
    return staff, order or abort(404)


def masked(sids: Sequence[int]) -> list[str]:
    """The numbers of customers as a screen may show them, in the order asked."""
    warehouse = current_app.extensions["warehouse"]
    numbers = warehouse.numbers(np.array(sids, dtype=np.int64)) if sids else []
    return [warehouse.mask(number) if number else NOTHING for number in numbers]


def tabs(current: str) -> list[tuple[str, str, bool, int | None]]:
    """The parts of dispatch, with how many lines do not balance."""
    parts: list[tuple[str, str, int | None]] = [
        ("dispatch.index", _("Work orders"), None),
        ("dispatch.balance", _("Reconciliation"), open_lines(db.session(), person()) or None),
        ("dispatch.blackouts", _("Times without sending"), None),
        ("dispatch.refusals", _("Do-not-disturb"), None),
    ]
    return [(name, url_for(at), at == current, count) for at, name, count in parts]


def _rows(staff: Staff) -> dict[str, Any]:
    session = db.session()
    filters = _filters()
    found = queries.work_orders(session, staff, filters, _today())
    progress = progress_of(session, found.orders)
    around = _surroundings(found.orders)
    return {
        "found": found,
        "filters": filters,
        "rows": [(each, note(each, around)) for each in progress],
        "link": link_in_words(around.link),
        "keepers": queries.keepers(session),
        "channels": CHANNELS,
        "now": now(),
        "is_live": any(each.is_under_way for each in progress),
    }


def _figures(order: WorkOrder) -> dict[str, Any]:
    session = db.session()
    (progress,) = progress_of(session, [order])
    around = _surroundings([order])
    return {
        "order": order,
        "progress": progress,
        "note": note(progress, around),
        "keepers": queries.keepers(session),
        "now": now(),
        "parts": bar(progress),
    }


def _surroundings(orders: Sequence[WorkOrder]) -> Surroundings:
    session = db.session()
    return Surroundings(
        now=now(),
        link=queries.link(session),
        blackouts=queries.blackouts_on(session, now()),
        standings=queries.standings(session, [order.id for order in orders]),
        people=queries.people_by_login(session, {order.paused_by for order in orders if order.paused_by}),
    )


def bar(progress: Progress) -> list[tuple[str, int]]:
    """The parts of a progress bar: what went well, badly, nobody knows; the rest of its length is left."""
    if progress.is_call:
        return [("accent", progress.people_in("reached")), ("unreached", progress.people_in("not_reached"))]
    return [
        ("accent", progress.accepted + progress.unanswered),
        ("refuse", progress.failed),
        ("unreached", progress.unknown),
    ]


def _filters() -> queries.Filters:
    args = request.args
    when, channel = args.get("when", ""), args.get("channel", "")
    return queries.Filters(
        when=when if when in WHEN else "coming",
        channel=channel if channel in CHANNELS else "",
        mine=bool(args.get("mine")),
        page=args.get("page", 1, type=int),
    )


def _chart(load: Sequence[tuple[date, str, int]]) -> dict[str, Any] | None:
    """People a day and channel, for the chart island; None where nothing is to come."""
    if not load:
        return None
    days = [_today() + timedelta(days=ahead) for ahead in range(queries.AHEAD.days + 1)]
    people = {(day, channel): count for day, channel, count in load}
    series = [
        {"name": word(channel, "channel"), "values": [people.get((day, channel), 0) for day in days]}
        for channel in sorted({channel for _, channel, _ in load}, reverse=True)
    ]
    return {"kind": "stacked", "x": [_short(day) for day in days], "series": series}


def _short(day: date) -> str:
    return f"{day.month}/{day.day}" if language() == "zh" else f"{day.day}/{day.month}"


def _today() -> date:
    return now().astimezone(LOCAL).date()
