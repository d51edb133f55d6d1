"""`make run`: the weeks before the demo day, played by people, call agents, customers, and what is left."""

import csv
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from demo.market.agents import VISITORS
from demo.market.ledger import Ledger
from demo.servers import free_port
from tests.journey.agreement import rows

HERE = Path(__file__).parents[2]
DAY = date(2026, 3, 2)
#: with fewer, lists are so small that they need not go as far as the story tells
CUSTOMERS = "15000"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as a visitor finds it, of a small province."""
    folder = tmp_path_factory.mktemp("run")
    words = ["--only-make", "--customers", CUSTOMERS, "--day", f"{DAY}", "--port", str(free_port())]
    command = [sys.executable, "-m", "demo.run", *words, "--folder", str(folder)]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    assert "Ready in" in done.stdout
    return folder


def states(folder: Path, table: str, where: str = "1 = 1") -> Counter[str]:
    """How many rows of a table are in which state."""
    found = rows(
        folder / "instance", f"SELECT state, count(*) AS n FROM {table} WHERE {where} GROUP BY state"
    )
    return Counter({row.state: row.n for row in found})


@pytest.mark.long
def test_silent_users_are_called_for_the_sixth_day(folder: Path) -> None:
    orders = rows(
        folder / "instance",
        "SELECT planned_on, state FROM work_order WHERE channel = 'call' ORDER BY planned_on",
    )
    assert [row.state for row in orders] == ["dispatched"] * 6 + ["to_dispatch"] * 9
    assert str(orders[5].planned_on) == f"{DAY}"
    assert states(folder, "call")["waiting"] > 5, "some are left for the visitor"
    assert states(folder, "call")["taken"] == 0
    assert (folder / "demo" / VISITORS).exists()


@pytest.mark.long
def test_every_try_was_handed_in_once(folder: Path) -> None:
    ledger = Ledger(folder / "demo")
    made = Counter(
        dict(ledger.base.execute("SELECT outcome, count(*) FROM talk GROUP BY outcome").fetchall())
    )
    ledger.close()
    found = rows(folder / "instance", "SELECT outcome, count(*) AS n FROM call_attempt GROUP BY outcome")
    assert Counter({row.outcome: row.n for row in found}) == made
    assert sum(made.values()) > 200


def read(path: Path) -> list[dict[str, str]]:
    """The lines of a file of orders."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


@pytest.mark.long
def test_every_order_made_in_a_talk_was_confirmed_carried_out_and_told(folder: Path) -> None:
    requests = states(folder, "order_request")
    assert requests["sent"] > 50
    out = folder / "instance" / "out" / "orders"
    sent = sum(len(read(path)) for path in out.glob("*.csv"))
    assert sent == requests["sent"]
    told = [
        row["number"]
        for path in (folder / "instance" / "in" / "done").glob("orders-*-1.csv")
        for row in read(path)
        if row["via"] == "call" and not row["number"].startswith("151")
    ]
    assert len(told) == len(set(told))
    assert 0 < len(told) <= sent
    assert states(folder, "direct_message")["ready"] == 0


@pytest.mark.long
def test_every_message_has_its_answer(folder: Path) -> None:
    contacts = states(folder, "contact", "channel = 'sms'")
    known = {"delivered", "accepted", "failed", "unknown", "suppressed", "planned"}
    assert set(contacts) <= known
    assert contacts["delivered"] > 300
    assert contacts["accepted"] < contacts["delivered"] / 20, "of phones that stay off nothing final is heard"
    assert states(folder, "send_batch") == {"settled": sum(states(folder, "send_batch").values())}
    ended = rows(
        folder / "instance",
        "SELECT p.state FROM campaign c JOIN process p ON p.id = c.process_id"
        " WHERE c.campaign_type = 'notice'",
    )
    assert [row.state for row in ended] == ["done"]
