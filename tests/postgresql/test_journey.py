"""A campaign's whole way on PostgreSQL, and the same way on SQLite beside it."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from tests.postgresql import journey
from tests.postgresql.cluster import Cluster, name_of
from tests.postgresql.conftest import Template
from tests.postgresql.installation import opened, set_up

pytestmark = pytest.mark.postgresql

#: what an employee of each kind opens in a day
PAGES = {
    "yefang": (
        *("/to-dos?tab=mine", "/to-dos?tab=claim", "/to-dos?tab=done", "/to-dos?tab=started"),
        *("/campaigns", "/campaigns?q=彩铃&stage=feedback", "/campaigns?q=hd-0101", "/campaigns/new"),
        *("{campaign}", "{campaign}?tab=audience", "{campaign}?tab=channels", "{campaign}?tab=approvals"),
        *("{campaign}?tab=dispatch", "{campaign}?tab=results", "{campaign}?tab=diagram"),
        *("{campaign}/progress", "/api/v1/to-dos", "/demo/clock"),
    ),
    "jiangtao": ("/evaluations", "/evaluations?q=彩铃", "/evaluations/{number}", "/api{evaluation}"),
    "shilei": ("/trail", "/trail?q=彩铃&person=叶芳", "/trail/1", "/incidents"),
}


@dataclass(frozen=True, kw_only=True)
class Travelled:
    """Where a campaign went all the way round, and what is left of it."""

    folder: Path
    database: str
    told: dict[str, Any]


@pytest.fixture(scope="module")
def on_postgresql(
    cluster: Cluster, template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Travelled:
    """The journey on a copy of the furnished database."""
    folder = tmp_path_factory.mktemp("journey")
    database = cluster.new_database(name_of(template.database))
    copytree(template.folder, folder, dirs_exist_ok=True)
    with opened(folder, database) as office:
        return Travelled(folder=folder, database=database, told=journey.go_round(office))


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Travelled:
    """The same, with the database that needs nothing else installed."""
    folder = tmp_path_factory.mktemp("beside")
    database = f"sqlite:///{folder / 'bihuan.sqlite'}"
    set_up(folder, database)
    with opened(folder, database) as office:
        return Travelled(folder=folder, database=database, told=journey.go_round(office))


def test_a_campaign_returned_once_comes_to_a_list_that_left(on_postgresql: Travelled) -> None:
    told = on_postgresql.told
    [(number, people, state, _, _)] = told["orders"]
    manifest = json.loads((on_postgresql.folder / "out" / "sms" / f"{number}.manifest.json").read_text())
    assert told["campaign"][1:3] == (2, 150)
    assert told["audience"][2] == 150
    assert state == "done"
    assert 0 < manifest["rows"] <= people < 150


def test_the_to_dos_tell_who_decided_what(on_postgresql: Travelled) -> None:
    assert [
        (path.split("/")[-1], state, outcome, by)
        for path, state, outcome, by, _ in on_postgresql.told["to-dos"]
    ] == [
        ("draft_campaign", "done", "submit", "yefang"),
        ("prefecture_review", "done", "adjust", "gaoyang"),
        ("draft_campaign", "done", "submit", "yefang"),
        ("prefecture_review", "done", "pass", "gaoyang"),
        ("province_review", "done", "pass", "chenliqun"),
        ("confirm_channel", "done", "confirm", "huangzhiyong"),
        ("summarise", "done", "done", "jiangtao"),
    ]


def test_receipts_sent_twice_are_applied_once(on_postgresql: Travelled) -> None:
    first, again = on_postgresql.told["answered"]
    sent = first["received"]
    assert (first["repeated"], again) == (0, {"received": 0, "repeated": sent})
    states = Counter(state for _, _, state, _ in on_postgresql.told["contacts"])
    assert states["delivered"] + states["failed"] == sent
    assert states["failed"] == -(-sent // 10)


def test_it_is_evaluated_at_last_and_the_history_holds(on_postgresql: Travelled) -> None:
    told = on_postgresql.told
    assert told["end"] == ("done", "end_evaluated")
    assert told["figures"]["window"]["is_over"]
    assert told["verified"].broken == []
    assert told["verified"].events == len(told["history"])


@pytest.mark.parametrize(
    "what",
    [
        "campaign",
        "audience",
        "waterfall",
        "list",
        "orders",
        "contacts",
        "to-dos",
        "history",
        "figures",
        "answered",
        "end",
    ],
)
def test_sqlite_leaves_the_same(on_postgresql: Travelled, on_sqlite: Travelled, what: str) -> None:
    assert on_postgresql.told[what] == on_sqlite.told[what]


@pytest.mark.parametrize("login", PAGES)
def test_every_page_can_ask_its_questions(on_postgresql: Travelled, login: str) -> None:
    number = on_postgresql.told["campaign"][0]
    words = {
        "number": number,
        "campaign": f"/campaigns/{number}",
        "evaluation": f"/v1/campaigns/{number}/evaluation",
    }
    with opened(on_postgresql.folder, on_postgresql.database) as office:
        browser = office.browser(login)
        answered = {page: browser.get(page.format(**words)).status_code for page in PAGES[login]}
    assert answered == dict.fromkeys(PAGES[login], 200)
