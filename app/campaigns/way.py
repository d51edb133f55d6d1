"""The way of a campaign round the loop: dates and results for the stage bar, states for the diagram."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from app.campaigns.page import Opinion
from app.diagrams.place import Place, place
from app.engine.values import Path, StageTime
from app.locale import day, num, twin
from app.progress import Progress
from models.campaign import Campaign
from models.process import Process


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """One diagram of the process under its name."""

    name: str
    place: Place


def stage_notes(
    campaign: Campaign,
    times: Sequence[StageTime],
    opinions: Sequence[Opinion],
    progress: Sequence[Progress],
    answered: int,
) -> dict[str, str]:
    """One line under each stage: when, and what came of it."""
    results = {
        "plan": twin(campaign.planner),
        "approve": _approved(opinions),
        "confirm": _confirmed(opinions),
        "dispatch": _dispatched(progress),
        "feedback": _("%(n)s with a result", n=num(answered)) if answered else "",
    }
    notes = {}
    for each in times:
        parts = [part for part in (_days(each), results.get(each.element, "")) if part]
        notes[each.element] = "　".join(parts) if each.entered_at else ""
    return notes


def _days(each: StageTime) -> str:
    if each.entered_at is None:
        return ""
    first, last = day(each.entered_at), day(each.left_at) if each.left_at else ""
    if not last:
        return str(_("since %(day)s", day=first))
    return first if first == last else f"{first} – {last}"


def _approved(opinions: Sequence[Opinion]) -> str:
    said = [o for o in opinions if o.to_do.form == "review" and o.to_do.outcome == "pass"]
    return str(ngettext("%(num)s passed", "%(num)s passed", len(said))) if said else ""


def _confirmed(opinions: Sequence[Opinion]) -> str:
    names = [twin(o.person) for o in opinions if o.to_do.outcome == "confirm" and o.person]
    return "、".join(dict.fromkeys(names))


def _dispatched(progress: Sequence[Progress]) -> str:
    if not progress:
        return ""
    done = sum(each.order.state in ("dispatched", "done") for each in progress)
    return str(_("%(done)s of %(all)s orders", done=done, all=len(progress)))


def drawings(path: Path, process: Process) -> tuple[Drawing, ...]:
    """The loop, and under it the diagram of the stage that is open."""
    calls = [
        node
        for node in path.nodes
        if node.kind == "callActivity" and node.state == "now" and "/" not in node.path
    ]
    return (
        Drawing(name=twin(process.version), place=place(path, process)),
        *(Drawing(name=twin(node), place=place(path, process, node.path)) for node in calls),
    )
