"""Who is being called, why, and what was between us before: from the snapshot and our tables, no names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.locale import NOTHING, language, num
from handlers.audience import GROUPS, TAGS, Places, Tag, Tree, TreeProblem, parse, places_of, sentence
from handlers.channels.calls import CallCentre, Held
from handlers.contacts import Limits, counts_within
from models.campaign import Campaign, CampaignProduct
from models.execution import Contact
from models.product import Product

TABLE = "fourteen_groups"
INDICES = ("paying", "price_attitude", "fashion", "learning")
ALWAYS = ("county", "brand", "tenure_m")
#: contacts shown
LATEST = 4
A_YEAR = 12


@dataclass(frozen=True, kw_only=True)
class Met:
    """An earlier contact through whatever channel."""

    at: datetime
    channel: str
    campaign: str
    state: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Customer:
    """What the desk shows of the customer."""

    #: (what, value) in the reader's language
    facts: tuple[tuple[str, str], ...]
    #: why this customer, in the planner's words and in those of the conditions
    why: tuple[str, ...]
    met: tuple[Met, ...]
    #: calls within the window of the limit, this campaign's left out, and what the limit is; None without one
    calls: int
    most_calls: int | None
    window_days: int


def look_up(session: Session, centre: CallCentre, held: Held, now: datetime) -> Customer:
    """Everything at once; ends no transaction and writes nothing."""
    campaign = session.get_one(Campaign, held.campaign_id)
    tree = _tree(campaign)
    places = places_of(session)
    products = _products(session, campaign.id)
    row = _row(centre, held.sid, [*ALWAYS, *INDICES, *(p.owned_tag for p in products), *_tags(tree)])
    limits = Limits.in_force(centre.decide, campaign.campaign_type, ["call"]).by_scope.get("call")
    days = limits.window_days if limits else 30
    return Customer(
        facts=tuple(_facts(row, centre, products, tree, places)),
        why=tuple(_why(campaign, tree, places)),
        met=_met(session, held),
        calls=_calls(session, centre, held, days, now),
        most_calls=limits.max_contacts if limits else None,
        window_days=days,
    )


def _tree(campaign: Campaign) -> Tree | None:
    try:
        return parse(campaign.definition) if campaign.definition else None
    except TreeProblem:
        return None


def _tags(tree: Tree | None) -> list[str]:
    """The tags the list was made by, each once."""
    named = (getattr(leaf, "tag", "") for leaf in tree.leaves()) if tree else ()
    return list(dict.fromkeys(tag for tag in named if tag in TAGS))


def _products(session: Session, campaign_id: int) -> list[Product]:
    asked = select(Product).join(CampaignProduct, CampaignProduct.product_code == Product.code)
    return list(session.scalars(asked.where(CampaignProduct.campaign_id == campaign_id)))


def _row(centre: CallCentre, sid: int, columns: list[str]) -> dict[str, Any]:
    """The columns the snapshot has, for one customer."""
    generation = centre.warehouse.current()
    known = [name for name in dict.fromkeys(columns) if name in generation.columns]
    listed = ", ".join(f'"{name}"' for name in known)
    rows = generation.query(f"SELECT {listed} FROM customers WHERE sid = ?", [sid]).to_pylist()  # noqa: S608  known columns
    return rows[0] if rows else {}


def _facts(
    row: Mapping[str, Any], centre: CallCentre, products: list[Product], tree: Tree | None, places: Places
) -> Iterator[tuple[str, str]]:
    yield _("belongs to"), _value(TAGS["county"], row.get("county"), places)
    yield (
        _("brand"),
        " ".join((_value(TAGS["brand"], row.get("brand"), places), _tenure(row.get("tenure_m")))),
    )
    yield _("group"), _group(row, centre)
    shown = {*ALWAYS, *INDICES, "pref"}
    for tag in (*(product.owned_tag for product in products), *_tags(tree)):
        if tag in TAGS and tag in row and tag not in shown:
            shown.add(tag)
            yield TAGS[tag].words.of(language()), _value(TAGS[tag], row[tag], places)


def _value(tag: Tag, value: Any, places: Places) -> str:
    """A value of a tag as a person says it."""
    if value is None:
        return NOTHING
    if tag.type == "yesno":
        return (tag.yes if value else tag.no).of(language())
    if tag.type == "number":
        return f"{num(value / tag.scale, None)} {tag.unit.of(language())}"
    found = (places if tag.type == "place" else tag.values).get(value)
    return found.of(language()) if found else str(value)


def _tenure(months: int | None) -> str:
    if months is None:
        return ""
    if months >= A_YEAR:
        years = months // A_YEAR
        return str(ngettext("for %(num)s year", "for %(num)s years", years))
    return str(ngettext("for %(num)s month", "for %(num)s months", months))


def _group(row: Mapping[str, Any], centre: CallCentre) -> str:
    """One of the fourteen, by the decision table in force."""
    inputs = {name: row.get(name) for name in INDICES}
    if None in inputs.values():
        return NOTHING
    found = centre.decide(TABLE, inputs)
    group = GROUPS.get(str(found.get("group") if isinstance(found, Mapping) else found))
    return group.of(language()) if group else NOTHING


def _why(campaign: Campaign, tree: Tree | None, places: Places) -> Iterator[str]:
    if campaign.reason.strip():
        yield campaign.reason.strip()
    if tree is not None:
        yield sentence(tree, language(), places)


def _met(session: Session, held: Held) -> tuple[Met, ...]:
    """The last contacts of other campaigns, newest first."""
    asked = (
        select(Contact.contacted_at, Contact.channel, Campaign.name, Contact.state, Contact.outcome)
        .join(Campaign, Campaign.id == Contact.campaign_id)
        .where(Contact.sid == held.sid, Contact.id != held.contact_id, Contact.contacted_at.is_not(None))
        .order_by(Contact.contacted_at.desc())
        .limit(LATEST)
    )
    return tuple(
        Met(at=at, channel=channel, campaign=name, state=state, outcome=outcome)
        for at, channel, name, state, outcome in session.execute(asked)
        if at is not None
    )


def _calls(session: Session, centre: CallCentre, held: Held, days: int, now: datetime) -> int:
    counts = counts_within(
        now,
        days,
        warehouse=centre.warehouse,
        session=session,
        sids=np.array([held.sid], dtype=np.int64),
        campaign_id=held.campaign_id,
    )
    return int(counts.through("call")[held.sid])
