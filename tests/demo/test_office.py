import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from demo.office.scenarios import SCENARIOS
from demo.province.places import COUNTIES

NAMED_COUNTIES = (
    "0101",
    "0102",
    "0201",
    "0202",
    "0301",
    "0401",
    "0501",
    "0502",
    "0601",
    "0701",
    "0801",
    "0901",
)


@pytest.fixture(scope="module")
def organisation(province: Path) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = json.loads(
        (province / "load" / "organisation.json").read_text("utf-8")
    )
    return found


def test_there_are_nine_prefectures_and_eighty_four_counties(
    organisation: dict[str, list[dict[str, str]]],
) -> None:
    levels = [office["level"] for office in organisation["offices"]]
    assert (levels.count("province"), levels.count("prefecture"), levels.count("county")) == (1, 9, 84)
    assert len({county.name for county in COUNTIES}) == len({county.name_en for county in COUNTIES}) == 84


def test_every_office_hangs_on_one_that_exists(organisation: dict[str, list[dict[str, str]]]) -> None:
    codes = {office["code"] for office in organisation["offices"]}
    assert {office["parent"] for office in organisation["offices"]} - codes == {None}


def test_everybody_sits_in_a_department_that_exists_and_plays_known_roles(
    organisation: dict[str, list[dict[str, str]]],
) -> None:
    places = {(row["office"], row["code"]) for row in organisation["departments"]}
    roles = {row["code"] for row in organisation["roles"]}
    for person in organisation["staff"]:
        assert (person["office"], person["department"]) in places
        assert set(person["roles"]) <= roles
    logins = [person["login"] for person in organisation["staff"]]
    assert len(logins) == len(set(logins))
    assert {"zhoulan", "chenliqun", "xujianping", "yefang", "gaoyang", "admin"} <= set(logins)


def test_every_prefecture_has_a_planner_and_an_approver(
    organisation: dict[str, list[dict[str, str]]],
) -> None:
    for code in (f"{number:02d}" for number in range(10)):
        mine = [role for p in organisation["staff"] if p["office"] == code for role in p["roles"]]
        assert "planner" in mine
        assert "approver" in mine


def test_every_named_county_has_a_planner(organisation: dict[str, list[dict[str, str]]]) -> None:
    for code in NAMED_COUNTIES:
        assert any(p["office"] == code and "planner" in p["roles"] for p in organisation["staff"])


def test_eleven_products_and_their_prices_are_listed(province: Path) -> None:
    with (province / "load" / "products.csv").open(encoding="utf-8") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    assert len(rows) == 11
    assert rows["MMS3"]["price_fen"] == "300"
    assert rows["CRBT"]["name"] == "彩铃"


def test_a_product_names_columns_and_scores_that_are_delivered(province: Path) -> None:
    with (province / "load" / "products.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = set(pq.read_schema(province / "load" / "customers.parquet").names)
    topics = {path.stem for path in (province / "load" / "scores").iterdir()}
    assert {row["owned_tag"] for row in rows} - {""} <= columns
    assert {row["score_topic"] for row in rows} - {""} <= topics
    assert sum(bool(row["owned_tag"]) for row in rows) == 5


def test_contacting_has_its_price(province: Path) -> None:
    with (province / "load" / "unit_costs.csv").open(encoding="utf-8") as file:
        costs = {row["code"]: int(row["cost_fen"]) for row in csv.DictReader(file)}
    assert costs == {"sms": 5, "mms": 15, "call": 150, "shop": 200, "dealer": 200}


def test_all_five_families_of_scenarios_are_there(province: Path) -> None:
    kept = json.loads((province / "load" / "scenarios.json").read_text("utf-8"))
    assert [family["code"] for family in kept["families"]] == [
        "event", "product", "place", "personality", "reminder",
    ]  # fmt: skip
    assert {scenario["family"] for scenario in kept["scenarios"]} == {f["code"] for f in kept["families"]}
    kinds = {(f["code"], kind["name"]) for f in kept["families"] for kind in f["kinds"]}
    assert {(scenario["family"], scenario["kind"]) for scenario in kept["scenarios"]} <= kinds


@pytest.mark.parametrize(("code", "length"), [("H01", 60), ("H06", 55), ("H10", 55)])
def test_a_message_has_the_length_of_the_story(code: str, length: int) -> None:
    text = next(s for s in SCENARIOS if s["code"] == code)["content"]["sms"]
    assert len(text) == length


def test_every_promotion_by_message_can_be_refused_and_is_one_message() -> None:
    for scenario in SCENARIOS:
        text = scenario["content"].get("sms", "")
        assert len(text) <= 70
        assert not text or text.endswith("【东屿移动】")
        assert ("退订回TD" in text) == (bool(text) and scenario["purpose"] != "notice")
