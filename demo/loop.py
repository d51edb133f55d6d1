"""One campaign through all seven stages, headless: `python -m demo.loop`; the last line is JSON."""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from demo.build import CUSTOMERS, SEED, build
from demo.market.keys import tell_password
from demo.market.truth import true_lift
from demo.office.staff import DEMO_PASSWORD
from demo.people import DemoClock, Staff
from demo.servers import Servers, free_port

DAY = date(2026, 3, 2)
#: accounts the sign-in page offers
OFFERED = (
    "yefang",
    "gaoyang",
    "chenliqun",
    "huangzhiyong",
    "zhenghaiyan",
    "dujuan",
    "linwanqing",
    "jiangtao",
    "zhoulan",
    "caimin",
    "shilei",
)
CONCLUSION = "净提升 %(points).2f 个百分点，可信范围（95%%）%(low).2f – %(high).2f。"
#: days until the response window is over and everything is settled
WAIT_DAYS = 33
#: the window in days, from the midnight before the first contact to the one after the last response day
WINDOW = 31.0


@dataclass
class Journey:
    """A campaign on its way round, with what is said about each stage."""

    staff: Staff
    clock: DemoClock
    say: Callable[[str], None]
    number: str = ""

    def go(self, day: date) -> dict[str, Any]:
        """Take H01 round: a province campaign by SMS; the figures at the end."""
        self._analyse()
        self._plan(day)
        self._approve()
        self._confirm(day)
        self._dispatch()
        self._feedback()
        return self._evaluate()

    def _analyse(self) -> None:
        self.number = self.staff.begin("zhoulan", "H01", "彩铃潜在用户推荐", looks_for_opportunity=True)
        self.staff.choose_opportunity("zhoulan", self.number, "CRBT")
        self.say(f"1 analyse   {self.number} 周岚 chose the opportunity CRBT")

    def _plan(self, day: date) -> None:
        self.staff.submit("zhoulan", self.number, day, 10)
        self.say(f"2 plan      {self.number} 周岚 submitted the plan")

    def _approve(self) -> None:
        self.staff.decide("chenliqun", self.number, "province_review", "pass", opinion="同意")
        self.say(f"3 approve   {self.number} 陈立群 passed it")

    def _confirm(self, day: date) -> None:
        people = self.staff.confirm("huangzhiyong", self.number, day, day)
        self.say(f"4 confirm   {self.number} 黄志勇 confirmed {people} people by SMS")

    def _dispatch(self) -> None:
        self.clock.wish(1)
        self.clock.wait()
        self.say(f"5 dispatch  {self.number} the messages left over SMPP, and receipts came")

    def _feedback(self) -> None:
        self.clock.wish(WAIT_DAYS)
        self.clock.wait()
        self.say(f"6 feedback  {self.number} orders of 30 days were matched")

    def _evaluate(self) -> dict[str, Any]:
        self.staff.waiting("jiangtao", self.number, "summarise")
        found = self.staff.evaluation("jiangtao", self.number)
        lift = found["figures"]["lift"]
        proven = "proven" if lift["low"] > 0 else "not_proven"
        answer = {
            "verdict": proven,
            "conclusion": CONCLUSION % lift,
            "keep_as_scenario": "on",
            "scenario_name": "彩铃潜在用户推荐",
        }
        self.staff.decide("jiangtao", self.number, "summarise", "done", answer)
        done = self.staff.ended("jiangtao", self.number)
        self.say(f"7 evaluate  {self.number} net lift {lift['points']:.2f} points, concluded: {proven}")
        return done


def prepare(servers: Servers, customers: int, seed: int, day: date) -> None:
    """Build the world, load what the product may know of it, publish the diagrams, set the clock."""
    world = build(servers.demo, customers, seed, day)
    servers.instance.mkdir(parents=True, exist_ok=True)
    offered = {"password": DEMO_PASSWORD, "logins": OFFERED}
    (servers.instance / "demo_accounts.json").write_text(json.dumps(offered), encoding="utf-8")
    servers.flask(
        *("set-up", str(world.load)),
        *("--snapshot", (day - timedelta(days=1)).isoformat()),
        *("--demo-clock", f"{day.isoformat()}T08:30:00+08:00"),
        INITIAL_PASSWORD=DEMO_PASSWORD,
    )
    tell_password(servers.demo, servers.instance)


def report(servers: Servers, found: dict[str, Any], customers: int, began: float) -> dict[str, Any]:
    """The last line: what was measured, and what the market knows was true."""
    figures = found["figures"]
    lift = figures["lift"]
    reached = next(step["n"] for step in figures["funnel"] if step["step"] == "reached")
    listed = customers_on_list(servers.instance, found["number"])
    truth = true_lift(servers.demo, found["number"], "CRBT", "sms", listed, DAY, horizon_days=WINDOW)
    return {
        "stages": len(found["stages"]),
        "customers": customers,
        "audience": found["audience"],
        "hold_out": found["control"],
        "contacts": reached,
        "responses": lift["treated_orders"],
        "lift_points": round(lift["points"], 2),
        "ci95": [round(lift["low"], 2), round(lift["high"], 2)],
        "true_lift_points": round(truth, 2),
        "seconds": round(time.monotonic() - began, 1),
        "peak_mb": servers.peak_mb,
    }


def customers_on_list(instance: Path, number: str) -> list[str]:
    """Customer ids of the frozen list, control group included."""
    files = (instance / "audiences" / number).glob("*.parquet")
    newest = max(files, key=lambda path: path.stat().st_mtime)
    sids = pq.read_table(newest, columns=["sid"])
    registry = pq.read_table(instance / "warehouse" / "registry.parquet", columns=["sid", "customer_id"])
    found: list[str] = sids.join(registry, "sid").column("customer_id").to_pylist()
    return found


def run(customers: int, seed: int, folder: Path) -> dict[str, Any]:
    """The whole journey in a folder of its own, on a free loopback port."""
    began = time.monotonic()
    servers = Servers(folder / "instance", folder / "demo", folder / "logs", free_port())
    try:
        prepare(servers, customers, seed, DAY)
        servers.start_all()
        staff = Staff(servers.url)
        found = Journey(staff, DemoClock(staff, "zhoulan"), _say).go(DAY)
        return report(servers, found, customers, began)
    finally:
        servers.stop()


def main() -> None:
    """The command of `make loop`."""
    parser = argparse.ArgumentParser(prog="python -m demo.loop", description=main.__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--keep", type=Path, help="use this folder and leave it there")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="bihuan-loop-"))
    try:
        print(json.dumps(run(chosen.customers, chosen.seed, folder)), flush=True)
    finally:
        if not chosen.keep:
            shutil.rmtree(folder, ignore_errors=True)


def _say(line: str) -> None:
    print(line, flush=True)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
