"""Load the operator's own files: organisation, products, prices, scenarios, customers."""

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from app.sign_in import hash_password
from handlers.scoring import load_scores
from models.base import db
from models.campaign import Scenario
from models.clock import DemoClock
from models.organisation import Department, Office, Staff, StaffRole
from models.product import Product, UnitCost

FOLDER = click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))


@click.command("load-office")
@FOLDER
@click.option("--password", envvar="INITIAL_PASSWORD", help="First password of people who have none yet.")
@with_appcontext
def load_office(folder: Path, password: str | None) -> None:
    """Load organisation, products, unit costs and scenarios of FOLDER; loading again updates them."""
    organisation = json.loads((folder / "organisation.json").read_text(encoding="utf-8"))
    _load_offices(organisation["offices"])
    _load_departments(organisation["departments"])
    _load_staff(organisation["staff"], password)
    _load_products(_rows(folder / "products.csv"))
    _load_unit_costs(_rows(folder / "unit_costs.csv"))
    _load_scenarios(json.loads((folder / "scenarios.json").read_text(encoding="utf-8"))["scenarios"])
    db.session.commit()


@click.command("load-customers")
@FOLDER
@click.option(
    "--snapshot", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Day of the customer data."
)
@with_appcontext
def load_customers(folder: Path, snapshot: datetime) -> None:
    """Publish a generation of customers from FOLDER, with events, contact history and scores."""
    warehouse = current_app.extensions["warehouse"]
    generation = warehouse.publish(folder, snapshot.date())
    scores = load_scores(folder / "scores", warehouse)
    click.echo(f"{generation.id}: {generation.size} customers, {len(scores)} topics scored", err=True)


@click.command("set-demo-clock")
@click.argument("moment")
@with_appcontext
def set_demo_clock(moment: str) -> None:
    """Begin the demo at MOMENT (ISO, with zone); refused once the clock runs."""
    if db.session.scalars(select(DemoClock)).first() is None:
        db.session.add(DemoClock(now=datetime.fromisoformat(moment).astimezone(UTC)))
        db.session.commit()


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _load_offices(rows: Iterable[Mapping[str, Any]]) -> None:
    """Parents come first in the file."""
    known = {office.code: office for office in db.session.scalars(select(Office))}
    for row in rows:
        office = known.setdefault(row["code"], Office(code=row["code"]))
        office.level, office.name, office.name_en = row["level"], row["name"], row["name_en"]
        office.parent = known[row["parent"]] if row["parent"] else None
        db.session.add(office)
    db.session.flush()


def _load_departments(rows: Iterable[Mapping[str, Any]]) -> None:
    offices = {office.code: office.id for office in db.session.scalars(select(Office))}
    known = {(d.office_id, d.code): d for d in db.session.scalars(select(Department))}
    for row in rows:
        place = (offices[row["office"]], row["code"])
        department = known.setdefault(place, Department(office_id=place[0], code=place[1]))
        department.name, department.name_en = row["name"], row["name_en"]
        db.session.add(department)
    db.session.flush()


def _load_staff(rows: Iterable[Mapping[str, Any]], password: str | None) -> None:
    """One slow hash for all: who has the first password is known anyway."""
    offices = {office.code: office.id for office in db.session.scalars(select(Office))}
    departments = {(d.office_id, d.code): d.id for d in db.session.scalars(select(Department))}
    known = {person.login: person for person in db.session.scalars(select(Staff))}
    first_hash = hash_password(password) if password else ""
    for row in rows:
        person = known.setdefault(row["login"], Staff(login=row["login"], password_hash=""))
        person.name, person.name_en, person.title = row["name"], row["name_en"], row["title"]
        person.office_id = offices[row["office"]]
        person.department_id = departments[(person.office_id, row["department"])]
        person.password_hash = person.password_hash or first_hash
        _give_roles(person, row["roles"], row["channels"])
        db.session.add(person)
    db.session.flush()


def _give_roles(person: Staff, roles: list[str], channels: list[str]) -> None:
    have = {role.role: role for role in person.roles}
    person.roles = [have.get(role) or StaffRole(role=role) for role in roles]
    for role in person.roles:
        role.scope = ",".join(channels) if role.role == "channel_keeper" else ""


def _load_products(rows: Iterable[Mapping[str, str]]) -> None:
    known = {product.code: product for product in db.session.scalars(select(Product))}
    for row in rows:
        product = known.setdefault(row["code"], Product(code=row["code"]))
        product.name, product.name_en = row["name"], row["name_en"]
        product.product_class = row["kind_en"]
        product.price, product.price_en = row["terms"], row["terms_en"]
        product.price_fen, product.gift_fen = int(row["price_fen"]), int(row["gift_cost_fen"])
        product.order_word, product.gift = row["order_word"], row["gift"]
        product.owned_tag, product.score_topic = row.get("owned_tag", ""), row.get("score_topic", "")
        db.session.add(product)


def _load_unit_costs(rows: Iterable[Mapping[str, str]]) -> None:
    """A unit that is a success is a commission; any other is paid for each contact."""
    known = {cost.channel: cost for cost in db.session.scalars(select(UnitCost))}
    for row in rows:
        cost = known.setdefault(row["code"], UnitCost(channel=row["code"]))
        is_commission = row["unit_en"] == "success"
        cost.unit = row["unit_en"]
        cost.cost_fen = 0 if is_commission else int(row["cost_fen"])
        cost.success_fen = int(row["cost_fen"]) if is_commission else 0
        db.session.add(cost)


def _load_scenarios(rows: Iterable[Mapping[str, Any]]) -> None:
    known = {scenario.code: scenario for scenario in db.session.scalars(select(Scenario))}
    for row in rows:
        scenario = known.setdefault(row["code"], Scenario(code=row["code"]))
        scenario.family, scenario.name, scenario.name_en = row["family"], row["name"], row["name_en"]
        scenario.first_values = first_values(row)
        db.session.add(scenario)


def first_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """A scenario of the file in the shape of a draft."""
    return {
        "campaign_type": row["campaign_type"],
        "purpose": row["purpose"],
        "product_codes": row["products"],
        "definition": row["audience"],
        "hold_out_percent": row["hold_out_percent"],
        "people_cap": row["cap"],
        "channels": [
            {"channel": channel, "content": row["content"][channel], "hours": "09:00-20:00"}
            for channel in row["channels"]
        ],
        "budget_yuan": f"{row['budget_fen'] / 100:.2f}",
        "target_percent": row["target_rate_percent"] or 0,
        "response_days": row["days"],
    }


COMMANDS = (load_office, load_customers, set_demo_clock)
