"""The trail: find a process, read what happened in it, and see that nothing was changed since."""

from dataclasses import dataclass

from flask import Blueprint, abort, current_app, render_template, request
from sqlalchemy.orm import Session

from app import htmx
from app.access import person
from app.diagrams.place import Place, place
from app.engine.values import Verification
from app.inbox.changes import Change
from app.locale import now
from app.trail import queries
from app.trail.lines import Line, by_people, lines
from app.trail.picked import changed_by
from models.base import db

bp = Blueprint("trail", __name__)


@dataclass(frozen=True, kw_only=True)
class Page:
    """One process's trail as it is shown."""

    story: queries.Story
    lines: list[Line]
    #: people | all
    show: str
    counts: dict[str, int]
    picked: Line | None
    changes: tuple[Change, ...]
    verification: Verification
    place: Place


@bp.get("/trail")
def index() -> str:
    """Search the processes this person may see."""
    session: Session = db.session()
    filters = queries.Filters(
        words=request.args.get("q", "").strip(),
        person=request.args.get("person", "").strip(),
        day=queries.parse_day(request.args.get("day", "")),
    )
    page = max(request.args.get("page", 1, type=int), 1)
    rows, total = queries.search(session, person(), filters, page)
    pages = -(-total // queries.PAGE)
    return render_template(
        "trail/index.html", rows=rows, total=total, page=page, pages=pages, filters=filters
    )


@bp.get("/trail/<int:process_id>")
def story(process_id: int) -> str:
    """Every act in one process, the chain verified now."""
    session: Session = db.session()
    found = queries.story(session, person(), process_id) or abort(404)
    template = "trail/story.html" if not htmx.wants("trail") else "trail/trail.html"
    return render_template(template, page=_page(found), now=now())


def _page(found: queries.Story) -> Page:
    engine = current_app.extensions["engine"]
    path, verification = engine.path(found.process.id), engine.verify(found.process.id)
    broken = frozenset(one.seq for one in verification.broken)
    every = lines(found.events, found.people, path.nodes, broken)
    people = by_people(every)
    show = request.args.get("show", "people" if people else "all")
    shown = every if show == "all" else people
    wanted = request.args.get("event", type=int)
    picked = next((line for line in shown if line.event.seq == wanted), shown[-1] if shown else None)
    return Page(
        story=found,
        lines=shown,
        show="all" if show == "all" else "people",
        counts={"all": len(every), "people": len(people)},
        picked=picked,
        changes=changed_by(found, picked.event) if picked else (),
        verification=verification,
        place=place(path, found.process),
    )
