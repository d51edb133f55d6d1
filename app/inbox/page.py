"""The list beside the detail: tabs with counts, groups, and which to-do comes after this one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy.orm import Session

from app.inbox import queries
from app.inbox.due import Group, grouped, midnight
from app.inbox.queries import Row, Tab

NAMES: dict[Tab, LazyString] = {
    "mine": _l("To do"),
    "claim": _l("To claim"),
    "done": _l("Done"),
    "started": _l("Started by me"),
}

TabLink = tuple[str, str, bool, int | None]


@dataclass(frozen=True, kw_only=True)
class Page:
    """What surrounds the to-do that is read."""

    tab: Tab
    rows: Sequence[Row]
    groups: list[Group]
    tabs: list[TabLink]
    done_today: int
    #: a to-do was asked for by its address; on a phone it then stands alone
    is_chosen: bool
    #: template of the detail
    template: str = "inbox/detail.html"
    #: the to-do after this one
    following: int | None = None
    #: what was just done, in words
    notice: str = ""


def as_tab(word: str | None) -> Tab:
    """The tab of this name; the own to-dos for any other."""
    return next((tab for tab in queries.TABS if tab == word), "mine")


def read(session: Session, tab: Tab, login: str, now: datetime) -> tuple[list[Row], list[TabLink], int]:
    """The rows of a tab, the links to all tabs with their counts, and how many were done today."""
    rows = queries.rows(session, tab, login)
    counts = queries.counts(session, login)
    tabs = [
        (str(NAMES[name]), url_for("inbox.index", tab=name), name == tab, counts.get(name))
        for name in queries.TABS
    ]
    return rows, tabs, queries.done_since(session, login, midnight(now))


def after(rows: Sequence[Row], to_do_id: int | None) -> int | None:
    """The to-do that follows this one in the list, else the first other one."""
    ids = [row.to_do_id for row in rows if row.to_do_id is not None]
    if to_do_id in ids:
        at = ids.index(to_do_id)
        ids = ids[at + 1 :] + ids[:at]
    return next(iter(ids), None)


def next_open(before: Sequence[Row], now: Sequence[Row], decided: int) -> int | None:
    """What to open when one is decided: the next of the old order that is still there."""
    there = {row.to_do_id for row in now}
    old = [row.to_do_id for row in before]
    order = old[old.index(decided) + 1 :] + old[: old.index(decided)] if decided in old else old
    rest = [row.to_do_id for row in now]
    return next((key for key in [*order, *rest] if key in there and key is not None and key != decided), None)


def groups_of(rows: Sequence[Row], tab: Tab, now: datetime) -> list[Group]:
    """The rows under their headings."""
    return grouped(rows, tab, now)
