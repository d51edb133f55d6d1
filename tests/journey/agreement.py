"""The numbers of a campaign, to the last customer: what the product says and what the outside world knows."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import create_engine, text

from demo.market.book import Book
from demo.market.ledger import Ledger
from demo.market.world import World
from demo.servers import Servers
from handlers.channels import service_code
from handlers.warehouse import Keys, Warehouse

ACCEPTED = 0
REFUSALS = {"TD", "td", "退订"}


@dataclass(frozen=True, kw_only=True)
class Met:
    """One customer of a campaign as the product has it."""

    number: str
    state: str
    outcome: str
    units: int
    service: str
    #: what the centre answered, part by part
    answers: tuple[int, ...]
    refuses: bool


@dataclass
class Outside:
    """What the market knows of a campaign: by number."""

    accepted: Counter[str] = field(default_factory=Counter)
    delivered: set[str] = field(default_factory=set)
    undecided: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    ordered: set[str] = field(default_factory=set)


def rows(instance: Path, sql: str, **values: Any) -> list[Any]:
    """What the product's database says."""
    engine = create_engine(f"sqlite:///{instance / 'bihuan.sqlite'}")
    with engine.connect() as connection:
        found = list(connection.execute(text(sql), values))
    engine.dispose()
    return found


def met(instance: Path, campaign: str) -> list[Met]:
    """Everybody in the campaign's work orders."""
    found = rows(
        instance,
        "SELECT c.id, c.sid, c.state, c.outcome, c.units, c.work_order_id,"
        " EXISTS (SELECT 1 FROM do_not_disturb d WHERE d.sid = c.sid AND d.channel = 'sms') AS refuses"
        " FROM contact c JOIN campaign ON campaign.id = c.campaign_id WHERE campaign.number = :campaign"
        " ORDER BY c.id",
        campaign=campaign,
    )
    answers: dict[int, list[int]] = {}
    for contact, status in rows(instance, "SELECT contact_id, status FROM send_answer ORDER BY id"):
        answers.setdefault(contact, []).append(status)
    numbers = warehouse_of(instance).numbers(np.array([row.sid for row in found], np.int64))
    return [
        Met(
            number=number,
            state=row.state,
            outcome=row.outcome,
            units=row.units,
            service=service_code(row.work_order_id),
            answers=tuple(answers.get(row.id, ())),
            refuses=bool(row.refuses),
        )
        for row, number in zip(found, numbers, strict=True)
    ]


def warehouse_of(instance: Path) -> Warehouse:
    """The product's customers, to be looked at."""
    return Warehouse(instance / "warehouse", Keys.from_folder(instance / "keys"))


def outside(servers: Servers, services: set[str], product: str) -> Outside:
    """What the centre accepted for these work orders and what became of it; who bought the product."""
    ledger, world, found = Ledger(servers.demo), World.open(servers.demo), Outside()
    book = Book(ledger)
    for service in services:
        found.accepted.update(book.accepted_per_number(service))
    done = ledger.base.execute("SELECT number, text, status FROM delivery WHERE done = 1").fetchall()
    found.delivered = {number for number, _, status in done if status == "DELIVRD"}
    found.undecided = {number for number, _, status in done if status == "UNKNOWN"}
    found.refused = {number for number, said, status in done if not status and said in REFUSALS}
    bought = ledger.base.execute(
        "SELECT customer FROM purchase WHERE product = ? AND file <> ''", (product,)
    ).fetchall()
    found.ordered = set(world.numbers(np.array([customer for (customer,) in bought], np.int64)))
    assert book.doubles() == []
    ledger.close()
    return found


def agree(servers: Servers, found: dict[str, Any], product: str, most_unknown: int) -> None:
    """Sent = accepted + refused + pending; nobody lost, nobody twice; orders, refusals, cost as they are."""
    everybody = met(servers.instance, found["number"])
    sent = [one for one in everybody if one.state not in ("suppressed", "planned", "stopped")]
    there = outside(servers, {one.service for one in everybody}, product)
    assert set(there.accepted.values()) <= {1}, "nobody was written to twice"
    accepted = {one.number for one in sent if ACCEPTED in one.answers}
    refused = {one.number for one in sent if one.answers and ACCEPTED not in one.answers}
    pending = {one.number for one in sent if not one.answers}
    assert len(sent) == len(accepted) + len(refused) + len(pending)
    assert len(pending) <= most_unknown
    assert accepted <= set(there.accepted), "what was accepted was"
    assert set(there.accepted) <= accepted | pending, "nothing left that the product knows nothing of"
    _states_agree(sent, there)
    assert found["figures"]["lift"]["treated_orders"] == sum(one.outcome == "success" for one in everybody)
    assert {one.number for one in everybody if one.outcome == "success"} <= there.ordered
    refusing = {one.number for one in everybody if one.refuses}
    assert {one.number for one in sent} & there.refused <= refusing
    assert found["figures"]["cost"]["contacts_fen"] == 5 * sum(one.units for one in sent)


def _states_agree(sent: list[Met], there: Outside) -> None:
    """A late receipt tells of those whose answer was lost; who is unknown for good was never accepted."""
    assert {one.state for one in sent} <= {"delivered", "failed", "accepted", "unknown"}
    undecided = {one.number for one in sent if one.state == "accepted"}
    assert undecided <= there.undecided, "nothing final was heard of these"
    delivered = {one.number for one in sent if one.state == "delivered"}
    assert delivered == {one.number for one in sent} & there.delivered & set(there.accepted)
    unheard = {one.number for one in sent if one.state == "unknown" and not one.answers}
    assert not {number for number in unheard if number in there.delivered}
