"""The frame around a page: the menu of the person's roles, the day of the data, the clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flask import Flask, current_app, request, url_for
from flask_babel import lazy_pgettext
from flask_babel.speaklater import LazyString

from app.access import may, signed_in
from app.locale import now
from models.organisation import Staff


@dataclass(frozen=True, kw_only=True)
class Item:
    """One word of the menu; shown where its page exists and the person may open it."""

    name: LazyString
    endpoint: str
    #: begins a new group, with a line above
    apart: bool = False


MENU = (
    Item(name=lazy_pgettext("menu", "My to-dos"), endpoint="inbox.index"),
    Item(name=lazy_pgettext("menu", "Campaigns"), endpoint="campaigns.index"),
    Item(name=lazy_pgettext("menu", "Dispatch and execution"), endpoint="dispatch.index"),
    Item(name=lazy_pgettext("menu", "Outbound desk"), endpoint="calls.index"),
    Item(name=lazy_pgettext("menu", "Evaluation"), endpoint="reports.index", apart=True),
    Item(name=lazy_pgettext("menu", "Monitoring and alerts"), endpoint="incidents.index"),
    Item(name=lazy_pgettext("menu", "Trail"), endpoint="trail.index", apart=True),
)

#: what the search of the head asks
SEARCH = "campaigns.index"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An item as it stands on one page."""

    name: str
    url: str
    apart: bool
    is_current: bool
    #: how many wait there; None where nothing is counted
    count: int | None
    #: where the count stands, so that an answer in part can bring it up to date
    key: str


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What the frame shows around every page."""

    menu: list[Entry]
    search_url: str
    snapshot: date | None
    now: datetime
    wished: datetime | None
    is_demo: bool


def init_app(
    app: Flask,
    counts: Callable[[Staff], Mapping[str, int]] = lambda staff: {},
    snapshot: Callable[[], date | None] = lambda: None,
    wished: Callable[[], datetime | None] = lambda: None,
) -> None:
    """`counts`: {endpoint: how many wait}; `snapshot`: day of the data; `wished`: where the clock goes."""
    app.context_processor(lambda: {"frame": _frame(app, counts, snapshot, wished)})
    app.add_template_global(url_with)


def entries(staff: Staff | None, counts: Mapping[str, int]) -> list[Entry]:
    """The menu of this person: pages that exist and that they may open."""
    here = (request.endpoint or "").partition(".")[0]
    return [
        Entry(
            name=str(item.name),
            url=url_for(item.endpoint),
            apart=item.apart,
            is_current=item.endpoint.partition(".")[0] == here,
            count=counts.get(item.endpoint),
            key="count-" + item.endpoint.partition(".")[0],
        )
        for item in MENU
        if item.endpoint in current_app.view_functions and may(staff, item.endpoint)
    ]


def _frame(
    app: Flask,
    counts: Callable[[Staff], Mapping[str, int]],
    snapshot: Callable[[], date | None],
    wished: Callable[[], datetime | None],
) -> Frame:
    staff = signed_in()
    is_demo = bool(app.config.get("DEMO"))
    searchable = SEARCH in app.view_functions and may(staff, SEARCH)
    return Frame(
        menu=entries(staff, counts(staff) if staff else {}),
        search_url=url_for(SEARCH) if searchable else "",
        snapshot=snapshot() if staff else None,
        now=now(),
        wished=wished() if is_demo else None,
        is_demo=is_demo,
    )


def url_with(**changes: object) -> str:
    """This page's address with some arguments changed; None takes one out."""
    arguments: dict[str, object] = {**request.args.to_dict(), **(request.view_args or {}), **changes}
    kept = {name: value for name, value in arguments.items() if value is not None}
    return url_for(str(request.endpoint), **kept)  # type: ignore[arg-type]
