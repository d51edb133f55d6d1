"""Why a work order stands where it stands, in a sentence beside its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from app.dispatch.queries import Standing
from app.locale import num, say, twin, when
from app.progress import Progress
from models.execution import WorkOrder
from models.organisation import Staff
from models.sending import Blackout, Link

#: who holds a work order back where no person does
SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class Note:
    """One sentence, and how much it matters: "" | warn | bad | unk."""

    text: str
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a work order may wait for; the same for every row of a page."""

    now: datetime
    link: Link | None
    blackouts: Sequence[Blackout]
    standings: Mapping[int, Standing]
    #: those who paused work orders of the page, by login
    people: Mapping[str, Staff]


def note(progress: Progress, around: Surroundings) -> Note | None:
    """The one thing most worth knowing; None where the figures say it all."""
    order = progress.order
    if order.state == "paused":
        return _paused(order, around)
    if order.state == "to_dispatch":
        return Note(text=_("begins %(when)s", when=when(order.planned_at)))
    if order.state == "dispatched" and order.channel == "sms" and not order.file and progress.left:
        waiting = _waits(progress, around)
        if waiting:
            return waiting
    return _what_came(progress)


def link_in_words(link: Link | None) -> Note:
    """How the way to the SMS centre stands, since when, and what next."""
    if link is None or link.state == "unset":
        return Note(text=_("No SMS centre is configured; lists of messages go by file."))
    since = when(link.since)
    if link.state == "up":
        rate = num(link.rate)
        return Note(
            text=_("up since %(when)s, at most %(rate)s messages a second", when=since, rate=rate), tone="ok"
        )
    why = say(link.message, link.fields) if link.message else ""
    if link.state == "refused":
        return Note(text=_("refused since %(when)s: %(why)s", when=since, why=why), tone="bad")
    return Note(text=_("down since %(when)s: %(why)s", when=since, why=why), tone="bad")


def _paused(order: WorkOrder, around: Surroundings) -> Note:
    person = around.people.get(order.paused_by)
    if order.paused_by == SYSTEM or person is None:
        return Note(text=_("held back: %(reason)s", reason=order.pause_reason), tone="bad")
    said = {"name": twin(person), "when": when(order.paused_at), "reason": order.pause_reason}
    return Note(text=_("paused by %(name)s %(when)s: %(reason)s", **said), tone="warn")


def _waits(progress: Progress, around: Surroundings) -> Note | None:
    order, standing = progress.order, around.standings.get(progress.order.id)
    if standing is None or standing.by_state.get("taken"):
        return _is_down(around.link)
    if standing.next_at is not None and standing.next_at > around.now:
        return _shut(order, standing.next_at, around.blackouts)
    return _is_down(around.link)


def _shut(order: WorkOrder, until: datetime, blackouts: Sequence[Blackout]) -> Note:
    """A blackout that ends just then, else the hours in which nobody is written to."""
    upon = [b for b in blackouts if b.channel in ("", order.channel) and b.ends_at == until]
    if upon:
        said = {"when": when(until), "reason": upon[0].reason}
        return Note(text=_("no sending until %(when)s: %(reason)s", **said), tone="warn")
    return Note(text=_("quiet hours until %(when)s", when=when(until)), tone="warn")


def _is_down(link: Link | None) -> Note | None:
    if link is None or link.state == "unset":
        return Note(text=_("no SMS centre is configured"), tone="bad")
    if link.state == "up":
        return None
    return Note(text=_("the link to the SMS centre is down"), tone="bad")


def _what_came(progress: Progress) -> Note | None:
    refused, unknown, waiting = progress.refused, progress.unknown, progress.people_in("waiting")
    if refused:
        text = ngettext(
            "%(n)s refused by the SMS centre", "%(n)s refused by the SMS centre", refused, n=num(refused)
        )
        return Note(text=text, tone="bad")
    if unknown:
        text = ngettext("%(n)s of unknown fate", "%(n)s of unknown fate", unknown, n=num(unknown))
        return Note(text=text, tone="unk")
    if waiting:
        text = ngettext(
            "%(n)s wait for a blackout to end", "%(n)s wait for a blackout to end", waiting, n=num(waiting)
        )
        return Note(text=text, tone="warn")
    return None
