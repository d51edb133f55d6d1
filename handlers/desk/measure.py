"""The figures of a campaign as they stand: lift, funnel, cost and checks, each traceable to rows (I6, I7)."""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import func, or_, select

from handlers.desk.responses import AnySession, Orders, audience_orders, frozen_list, response_window
from handlers.desk.workshop import Workshop, local_day
from handlers.evaluation import (
    Contacted,
    Lift,
    NotEvaluable,
    Stratum,
    check_proportions,
    measure_cost,
    measure_lift,
)
from models.campaign import Campaign
from models.execution import Contact
from models.feedback import Feedback
from models.product import UnitCost

#: a part of the list with fewer control customers is not judged by itself
LEAST_CONTROL = 20
#: contact states in which a person was really met, or a message really arrived
REACHED = ("delivered", "reached")
#: contact states that never left the house
KEPT_IN = ("planned", "waiting", "suppressed", "stopped")


class TooFewKeptBack(NotEvaluable):
    """A part of the list whose control group could say anything by chance."""

    message = "Only %(control)s kept back here: too few to judge this part by itself."


def measure(campaign: Campaign, workshop: Workshop, session: AnySession, now: datetime) -> dict[str, Any]:
    """Everything the evaluation page shows, as plain JSON; rates are fractions, lifts percentage points."""
    orders = audience_orders(campaign, workshop, session)
    people = _people(campaign, workshop, session, orders)
    contacts = _contacts(campaign, session)
    lift = measure_lift(_strata(people, campaign, "group"))
    cost = _cost(campaign, session, contacts, people, lift)
    return {
        "lift": _lift_figures(lift, people),
        "checks": _checks(people, campaign, contacts),
        "funnel": _funnel(people),
        "cost": cost,
        "target_rate": campaign.target_basis_points / 10_000,
        "by_group": _by_group(people),
        "by_channel": _by_channel(people, contacts, session),
        "by_county": _by_county(people),
        "words": _words(campaign, session),
        "by_day": _by_day(people, campaign, session, now),
        "window": _window(campaign, session, now),
    }


def _people(campaign: Campaign, workshop: Workshop, session: AnySession, orders: Orders) -> pd.DataFrame:
    """One row a person of the frozen list: arm, order day, contacted and reached or not."""
    people = frozen_list(campaign, workshop)
    contacts = _contacts(campaign, session)
    met = contacts[~contacts["state"].isin(KEPT_IN)]
    people["treated"] = people["arm"].to_numpy() == 0
    people["order_day"] = pd.Series(orders.days, index=orders.sids).reindex(people["sid"]).to_numpy()
    people["ordered"] = people["order_day"].notna()
    people["suppressed"] = people["sid"].isin(contacts.loc[contacts["state"] == "suppressed", "sid"])
    people["contacted"] = people["sid"].isin(met["sid"])
    people["reached"] = people["sid"].isin(met.loc[met["state"].isin(REACHED), "sid"])
    return people


def _contacts(campaign: Campaign, session: AnySession) -> pd.DataFrame:
    """Who still waits on the call list of our own desk is not among them."""
    asked = select(Contact.sid, Contact.channel, Contact.state, Contact.units).where(
        Contact.campaign_id == campaign.id,
        or_(Contact.state != "handed_over", Contact.contacted_at.is_not(None)),
    )
    return pd.DataFrame(session.execute(asked).all(), columns=["sid", "channel", "state", "units"])


def _strata(people: pd.DataFrame, campaign: Campaign, by: str) -> list[Stratum]:
    hold_out = campaign.audience.hold_out_basis_points if campaign.audience else 0
    return [
        Stratum(
            name=str(name),
            treated=int(part["treated"].sum()),
            treated_orders=int((part["treated"] & part["ordered"]).sum()),
            control=int((~part["treated"]).sum()),
            control_orders=int((~part["treated"] & part["ordered"]).sum()),
            reached=int((part["treated"] & part["reached"]).sum()),
            hold_out=hold_out,
        )
        for name, part in people.groupby(by, sort=True)
    ]


def _lift_figures(lift: Lift | NotEvaluable, people: pd.DataFrame) -> dict[str, Any]:
    treated = people["treated"]
    counts = {
        "treated": int(treated.sum()),
        "control": int((~treated).sum()),
        "treated_orders": int((treated & people["ordered"]).sum()),
        "control_orders": int((~treated & people["ordered"]).sum()),
    }
    if isinstance(lift, NotEvaluable):
        rate = counts["treated_orders"] / counts["treated"] if counts["treated"] else None
        return {**counts, "rate": rate, "evaluable": False, "why": lift.message, "why_fields": lift.fields}
    return {
        **counts,
        "rate": lift.gross / 100,
        "spontaneous": lift.spontaneous / 100,
        "points": lift.net.estimate,
        "low": lift.net.low,
        "high": lift.net.high,
        "relative": lift.relative,
        "stratified": lift.is_stratified,
        "evaluable": True,
        "why": None,
    }


def _checks(people: pd.DataFrame, campaign: Campaign, contacts: pd.DataFrame) -> dict[str, Any]:
    """Arms in proportion, and nobody of the control group in any list."""
    control = people.loc[~people["treated"], "sid"]
    leaked = contacts.loc[~contacts["state"].isin(KEPT_IN), "sid"].isin(control).sum()
    if not len(control) or not len(people):
        return {"sample_ratio_p": None, "sample_ratio_ok": True, "control_contacted": int(leaked)}
    check = check_proportions(_strata(people, campaign, "group"))
    return {
        "sample_ratio_p": check.overall.p,
        "sample_ratio_ok": not check.problems,
        "control_contacted": int(leaked),
    }


def _funnel(people: pd.DataFrame) -> list[dict[str, Any]]:
    """目标 → 可接触 → 已触达 → 订购, distinct treated people (I6)."""
    treated = people[people["treated"]]
    reached = treated[treated["reached"]]
    return [
        {"step": "target", "n": len(treated)},
        {"step": "contactable", "n": int((~treated["suppressed"]).sum())},
        {"step": "reached", "n": len(reached)},
        {"step": "ordered", "n": int(reached["ordered"].sum())},
    ]


def _cost(
    campaign: Campaign, session: AnySession, contacts: pd.DataFrame, people: pd.DataFrame, lift: Any
) -> dict[str, Any]:
    """Units × unit cost for what left the house, and gift and commission for each treated success (I8)."""
    prices = {row.channel: row for row in session.scalars(select(UnitCost))}
    units = contacts[~contacts["state"].isin(KEPT_IN)].groupby("channel")["units"].sum()
    charged = [
        Contacted(channel=str(channel), units=int(count), unit_cost=prices[str(channel)].cost_fen)
        for channel, count in units.items()
        if str(channel) in prices
    ]
    successes = int((people["treated"] & people["ordered"]).sum())
    gift = max((row.product.gift_fen for row in campaign.products), default=0)
    commission = max((prices[line.channel].success_fen for line in charged), default=0)
    found = measure_cost(charged, successes, gift + commission, lift if isinstance(lift, Lift) else None)
    return {
        "contacts_fen": round(found.contacts * 100),
        "gifts_fen": round(found.gifts * 100),
        "total_fen": round(found.total * 100),
        "per_success_fen": None if found.per_success is None else round(found.per_success * 100),
        "per_net_success_fen": None if found.per_net_success is None else round(found.per_net_success * 100),
        "net_successes": None if found.net_successes is None else round(found.net_successes),
    }


def _words(campaign: Campaign, session: AnySession) -> dict[str, int]:
    """Refusals and complaints of people this campaign met."""
    asked = (
        select(Feedback.feed, func.count())
        .where(Feedback.campaign_id == campaign.id, Feedback.feed.in_(("opt_out", "complaint")))
        .group_by(Feedback.feed)
    )
    found = {feed: count for feed, count in session.execute(asked)}
    return {"opt_outs": found.get("opt_out", 0), "complaints": found.get("complaint", 0)}


def _by_group(people: pd.DataFrame) -> list[dict[str, Any]]:
    """The lift of each of the 14 groups by itself; with too few kept back only rates are given."""
    rows = []
    for group, part in people.groupby("group", sort=True):
        name = str(group)
        whole = Stratum(
            name=name,
            treated=int(part["treated"].sum()),
            treated_orders=int((part["treated"] & part["ordered"]).sum()),
            control=int((~part["treated"]).sum()),
            control_orders=int((~part["treated"] & part["ordered"]).sum()),
        )
        lift = (
            measure_lift([whole]) if whole.control >= LEAST_CONTROL else TooFewKeptBack(control=whole.control)
        )
        rows.append({"group": int(name), **_lift_figures(lift, part)})
    return rows


def _by_channel(people: pd.DataFrame, contacts: pd.DataFrame, session: AnySession) -> list[dict[str, Any]]:
    prices = {row.channel: row.cost_fen for row in session.scalars(select(UnitCost))}
    buyers = people.loc[people["ordered"] & people["treated"], "sid"]
    rows = []
    for channel, part in contacts[~contacts["state"].isin(KEPT_IN)].groupby("channel", sort=True):
        orders = int(part["sid"].isin(buyers).sum())
        rows.append(
            {
                "channel": str(channel),
                "contacts": len(part),
                "orders": orders,
                "rate": orders / len(part),
                "cost_fen": int(part["units"].sum()) * prices.get(str(channel), 0),
            }
        )
    return rows


def _by_county(people: pd.DataFrame) -> list[dict[str, Any]]:
    """Success rate only: single counties keep too few back to judge a lift."""
    treated = people[people["treated"]]
    found = treated.groupby("county", sort=True)["ordered"].agg(["size", "sum"])
    rows = [
        {"county": str(county), "treated": int(size), "orders": int(orders), "rate": orders / size}
        for county, size, orders in found.itertuples()
    ]
    return sorted(rows, key=lambda row: (-row["rate"], row["county"]))


def _by_day(
    people: pd.DataFrame, campaign: Campaign, session: AnySession, now: datetime
) -> list[dict[str, Any]]:
    """Orders so far per arm on each day of the window up to today, cumulated."""
    window = response_window(campaign, session)
    if window is None:
        return []
    last = min(local_day(window.last), local_day(now))
    days = np.arange(np.datetime64(local_day(window.first)), np.datetime64(last) + 1)
    ordered = people[people["ordered"]]
    counts = {
        arm: np.searchsorted(np.sort(part["order_day"].to_numpy("datetime64[D]")), days, side="right")
        for arm, part in (("treated", ordered[ordered["treated"]]), ("control", ordered[~ordered["treated"]]))
    }
    return [
        {"day": str(day), "treated_orders": int(treated), "control_orders": int(control)}
        for day, treated, control in zip(days, counts["treated"], counts["control"], strict=True)
    ]


def _window(campaign: Campaign, session: AnySession, now: datetime) -> dict[str, Any]:
    window = response_window(campaign, session)
    if window is None:
        return {"from": None, "to": None, "is_over": False}
    return {"from": window.first.isoformat(), "to": window.last.isoformat(), "is_over": now >= window.last}
