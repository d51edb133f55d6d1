"""The decision tables that ship: every rule is walked, no case is left out, none is decided twice."""

import csv
import os
from importlib.resources import files
from itertools import product
from pathlib import Path

import pytest
from lxml import etree

from handlers.decisions import DecisionProblem, Model, basis, doubts, load

RULES = Path(__file__).parents[2] / "bpmn" / "rules"
TABLES = (
    "approval_route",
    "campaign_type",
    "contact_limits",
    "exclusion_set",
    "fourteen_groups",
    "quiet_hours",
)
TYPES = ("precision", "recurring", "realtime", "notice", "temporary")
PURPOSES = ("acquire", "activate", "retain", "remind", "notice")

#: requirement M: paying, price attitude, fashion, learning → group, rule, basis
GROUPS = """
HILh 时尚中高端 1 text, HILl 高潜力型 4 text, HIFh 感性跟随型 2 text, HIFl 高潜力型 4 text,
HICh 传统保守型 3 text, HICl 传统保守型 3 text, HELh 精明时尚型 5 text, HELl 高潜力型 4 weak,
HEFh 理性跟随型 6 text, HEFl 高潜力型 4 weak, HECh 精打细算型 7 text, HECl 精打细算型 7 text,
HTLh 吝啬型 8 text, HTLl 吝啬型 8 text, HTFh 吝啬型 8 text, HTFl 吝啬型 8 text,
HTCh 吝啬型 8 text, HTCl 吝啬型 8 text, MILh 时尚中高端 1 weak, MILl 中潜力型 10 derived,
MIFh 感性跟随型 2 text, MIFl 盲从型 11 text, MICh 传统保守型 3 text, MICl 传统保守型 3 text,
MELh 精明尝鲜型 12 text, MELl 中潜力型 9 text, MEFh 虚荣跟风型 13 text, MEFl 虚荣跟风型 13 weak,
MECh 精打细算型 7 text, MECl 精打细算型 7 text, MTLh 吝啬型 8 text, MTLl 吝啬型 8 text,
MTFh 吝啬型 8 text, MTFl 吝啬型 8 text, MTCh 吝啬型 8 text, MTCl 吝啬型 8 text,
LILh 超前消费型 14 text, LILl 超前消费型 14 text, LIFh 超前消费型 14 text, LIFl 超前消费型 14 text,
LICh 低潜力型 16 derived, LICl 低潜力型 16 derived, LELh 低潜力型 15 weak, LELl 低潜力型 15 weak,
LEFh 低潜力型 15 weak, LEFl 低潜力型 15 weak, LECh 低潜力型 15 weak, LECl 低潜力型 15 weak,
LTLh 低潜力型 15 text, LTLl 低潜力型 15 text, LTFh 低潜力型 15 text, LTFl 低潜力型 15 text,
LTCh 低潜力型 15 text, LTCl 低潜力型 15 text
"""
CELLS = {words[0]: words[1:] for words in (cell.split() for cell in GROUPS.split(","))}


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    return {name: load((RULES / f"{name}.dmn").read_bytes()) for name in TABLES}


def test_every_table_that_ships_is_walked_here() -> None:
    assert sorted(path.stem for path in RULES.glob("*.dmn")) == sorted(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_no_finding_and_is_called_like_its_file(models: dict[str, Model], name: str) -> None:
    assert models[name].ids == (name,)
    assert [str(finding) for finding in models[name].lint()] == []


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_valid_dmn_and_opens_in_any_editor(name: str) -> None:
    schema = etree.XMLSchema(file=str(files("SpiffWorkflow.dmn.parser") / "schema" / "DMN13.xsd"))
    schema.assertValid(etree.parse(RULES / f"{name}.dmn"))


@pytest.mark.parametrize("name", TABLES)
def test_every_column_rule_and_title_has_an_english_twin(models: dict[str, Model], name: str) -> None:
    model = models[name]
    labels = [model.title(name), *model.labels(name).values(), *model.table(name).notes.values()]
    assert len(labels) > len(model.inputs(name))
    for label in labels:
        assert any("一" <= letter <= "鿿" for letter in label.zh)
        assert label.en.isascii()
    for rule in model.table(name).rules:
        notes = model.annotations(name, rule.number)
        assert notes["description"] != notes["description_en"]
        assert notes["description_en"].isascii()
        assert rule.id.startswith(f"{name}_")


def group_case(cell: str) -> dict[str, object]:
    return dict(zip(("paying", "price_attitude", "fashion", "learning"), cell, strict=True))


def test_the_fourteen_groups_cover_all_54_cells_as_the_requirement_says(models: dict[str, Model]) -> None:
    model = models["fourteen_groups"]
    assert len(CELLS) == 54
    for cell, (group, rule, ground) in CELLS.items():
        case = group_case(cell)
        found = (
            model.decide("fourteen_groups", case),
            model.rule_of("fourteen_groups", case),
            basis(model, "fourteen_groups", case),
        )
        assert found == (group, int(rule), ground), cell


def test_the_thirteen_cells_to_be_confirmed_are_listed(models: dict[str, Model]) -> None:
    listed = {
        "".join(doubt.inputs.values()): doubt
        for doubt in doubts(models["fourteen_groups"], "fourteen_groups")
    }
    wanted = {cell: words for cell, words in CELLS.items() if words[2] != "text"}
    assert len(wanted) == 13
    assert {
        cell: [str(doubt.result), str(doubt.rule), doubt.basis] for cell, doubt in listed.items()
    } == wanted


def test_the_groups_stand_in_the_order_of_their_codes(models: dict[str, Model]) -> None:
    values = models["fourteen_groups"].table("fourteen_groups").grid.outputs[0].values
    assert values[0] == "时尚中高端"
    assert values[5] == "中潜力型"
    assert values[13] == "低潜力型"
    assert set(values) == {words[0] for words in CELLS.values()}


@pytest.mark.open_data
def test_the_fourteen_groups_equal_the_list_of_the_requirements(models: dict[str, Model]) -> None:
    path = Path(os.environ.get("OPEN_DATA", "../shared/data")).parent / "fourteen_groups.csv"
    if not path.is_file():
        pytest.skip("the list of the fourteen groups is not beside OPEN_DATA")
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 54
    for row in rows:
        cell = "".join(row[name] for name in ("paying", "price_attitude", "fashion", "learning"))
        assert CELLS[cell] == [row["group"], row["rule"].removeprefix("R").lstrip("0"), row["basis"]]
        assert models["fourteen_groups"].decide("fourteen_groups", row) == row["group"]


def route(models: dict[str, Model], level: str, kind: str, people: object, cost: object) -> list[str]:
    """The steps of a campaign's route, those filed afterwards in brackets."""
    case = {
        "office_level": level,
        "department": "market",
        "campaign_type": kind,
        "people": people,
        "cost": cost,
    }
    steps = models["approval_route"].decide("approval_route", case)
    assert isinstance(steps, list)
    assert len({(step["step"], step["flow"]) for step in steps}) == len(steps), "a step is asked twice"
    return [step["step"] if step["flow"] == "submit" else f"({step['step']})" for step in steps]


@pytest.mark.parametrize("kind", ["precision", "recurring", "realtime"])
@pytest.mark.parametrize("level", ["county", "prefecture"])
@pytest.mark.parametrize(
    ("people", "cost", "steps"),
    [
        (199, 999, ["prefecture"]),
        (200, 1000, ["prefecture"]),
        (201, 1000, ["prefecture", "province"]),
        (200, 1000.01, ["prefecture", "province"]),
        (201, 1001, ["prefecture", "province"]),
        (0, 0, ["prefecture"]),
        (200, 19_999.99, ["prefecture", "province"]),
        (200, 20_000, ["prefecture", "province"]),
        (200, 20_000.01, ["prefecture", "province", "leader"]),
        (50_000, 66_500, ["prefecture", "province", "leader"]),
    ],
)
def test_a_county_or_prefecture_campaign_climbs_with_its_size(
    models: dict[str, Model], kind: str, level: str, people: int, cost: float, steps: list[str]
) -> None:
    assert route(models, level, kind, people, cost) == steps


@pytest.mark.parametrize("kind", ["precision", "recurring", "realtime"])
@pytest.mark.parametrize(
    ("people", "cost", "steps"),
    [
        (1, 1, ["province"]),
        (201, 1001, ["province"]),
        (201, 20_000, ["province"]),
        (1, 20_000.01, ["province", "leader"]),
    ],
)
def test_a_province_campaign_goes_to_the_market_department_and_above_20000_to_the_leader(
    models: dict[str, Model], kind: str, people: int, cost: float, steps: list[str]
) -> None:
    assert route(models, "province", kind, people, cost) == steps


@pytest.mark.parametrize(
    ("level", "step"), [("county", "prefecture"), ("prefecture", "prefecture"), ("province", "province")]
)
@pytest.mark.parametrize(("people", "cost"), [(1, 1), (201, 1001), (50_000, 30_000)])
def test_a_notice_has_one_approval_whatever_its_size(
    models: dict[str, Model], level: str, step: str, people: int, cost: float
) -> None:
    assert route(models, level, "notice", people, cost) == [step]


@pytest.mark.parametrize(
    ("level", "people", "cost", "steps"),
    [
        ("county", 200, 1000, ["duty", "(prefecture)"]),
        ("county", 201, 1000, ["duty", "(prefecture)", "(province)"]),
        ("prefecture", 200, 1001, ["duty", "(prefecture)", "(province)"]),
        ("prefecture", 9000, 20_001, ["duty", "(prefecture)", "(province)", "(leader)"]),
        ("province", 1, 1, ["duty", "(province)"]),
        ("province", 1, 20_001, ["duty", "(province)", "(leader)"]),
    ],
)
def test_a_temporary_sending_asks_the_duty_leader_first_and_files_the_rest(
    models: dict[str, Model], level: str, people: int, cost: float, steps: list[str]
) -> None:
    assert route(models, level, "temporary", people, cost) == steps


def test_an_unknown_size_never_shortens_the_route(models: dict[str, Model]) -> None:
    assert route(models, "county", "precision", None, 0) == ["prefecture", "province"]
    assert route(models, "county", "precision", 1, None) == ["prefecture", "province", "leader"]


def test_every_campaign_is_asked_of_somebody_before_it_is_sent(models: dict[str, Model]) -> None:
    for level, kind, people, cost in product(
        ("county", "prefecture", "province"), TYPES, (None, 0, 200, 201), (None, 0, 1000, 1001, 20_001)
    ):
        assert not route(models, level, kind, people, cost)[0].startswith("(")


def test_the_steps_name_their_approvers(models: dict[str, Model]) -> None:
    case = {
        "office_level": "county",
        "department": "market",
        "campaign_type": "precision",
        "people": 900,
        "cost": 30_000,
    }
    steps = models["approval_route"].merged("approval_route", case)["approval_route"]
    assert isinstance(steps, list)
    assert [(s["level"], s["department"], s["role"], s["mode"], s["share"]) for s in steps] == [
        ("prefecture", "market", "approver", "any", None),
        ("province", "market", "approver", "any", None),
        ("province", "leader", "approver", "any", None),
    ]


def test_a_negative_cost_is_refused(models: dict[str, Model]) -> None:
    with pytest.raises(DecisionProblem, match="cost"):
        route(models, "county", "precision", 1, -1)


@pytest.mark.parametrize(("scope", "most"), [("sms", 4), ("call", 2), ("total", 6)])
def test_contacts_are_limited_in_30_days_but_for_notices_and_emergencies(
    models: dict[str, Model], scope: str, most: int
) -> None:
    for kind in TYPES:
        found = models["contact_limits"].decide("contact_limits", {"scope": scope, "campaign_type": kind})
        limit = None if kind in ("notice", "temporary") else most
        assert found == {"max_contacts": limit, "window_days": 30}


@pytest.mark.parametrize(("channel", "hours"), [("sms", ("08:00", "21:00")), ("call", ("09:00", "20:00"))])
def test_nights_are_quiet_but_for_emergencies(
    models: dict[str, Model], channel: str, hours: tuple[str, str]
) -> None:
    for kind in TYPES:
        found = models["quiet_hours"].decide("quiet_hours", {"channel": channel, "campaign_type": kind})
        wanted = {"notice": ("07:00", "22:00"), "temporary": ("00:00", "24:00")}.get(kind, hours)
        assert found == dict(zip(("opens", "closes"), wanted, strict=True))


def kind_of(models: dict[str, Model], kind: str, purpose: str) -> dict[str, object]:
    return models["campaign_type"].merged("campaign_type", {"campaign_type": kind, "purpose": purpose})


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_type_says_what_a_campaign_needs(models: dict[str, Model], purpose: str) -> None:
    for kind in TYPES:
        found = kind_of(models, kind, purpose)
        is_campaign = kind not in ("notice", "temporary")
        assert found["needs_approval"] is True
        assert found["needs_confirmation"] is is_campaign
        assert found["needs_realtime"] is (kind == "realtime")
        assert found["approve_afterwards"] is (kind == "temporary")
        assert found["default_hold_out"] == (0 if not is_campaign else 5 if purpose == "remind" else 10)


@pytest.mark.parametrize("kind", TYPES)
def test_the_purpose_names_the_exclusions_but_a_campaign_is_never_excused_as_a_notice(
    models: dict[str, Model], kind: str
) -> None:
    for purpose in PURPOSES:
        is_excused = purpose == "notice" and kind not in ("notice", "temporary")
        assert kind_of(models, kind, purpose)["exclusion_set"] == ("acquire" if is_excused else purpose)


@pytest.mark.parametrize(
    ("purpose", "rules"),
    [
        (
            "acquire",
            "black_list grey_list complaint_sensitive do_not_disturb already_ordered trial_not_ordered:180 "
            "batch_unsubscribed:180 unsubscribed:365 complained_related marketed_recently:90 over_frequency "
            "sms_averse_group",
        ),
        (
            "activate",
            "black_list grey_list complaint_sensitive do_not_disturb complained_related similar_campaign:30 "
            "over_frequency sms_averse_group",
        ),
        (
            "retain",
            "black_list complaint_sensitive do_not_disturb complained_related over_frequency "
            "sms_averse_group",
        ),
        ("remind", "black_list do_not_disturb sms_averse_group"),
        ("notice", "out_of_use"),
    ],
)
def test_the_exclusions_of_a_purpose_come_in_their_order(
    models: dict[str, Model], purpose: str, rules: str
) -> None:
    found = models["exclusion_set"].decide("exclusion_set", {"exclusion_set": purpose})
    assert isinstance(found, list)
    said = [row["rule"] if row["days"] is None else f"{row['rule']}:{row['days']}" for row in found]
    assert said == rules.split()
