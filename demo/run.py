"""The demo to walk about in: `python -m demo.run`; the first run makes it, later ones start in seconds."""

import argparse
import shutil
import signal
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from threading import Event

from demo.build import CUSTOMERS, SEED, build
from demo.loop import prepare
from demo.market.agents import VISITORS
from demo.office.staff import DEMO_PASSWORD
from demo.people import DemoClock, Staff
from demo.servers import HERE, NotReady, Servers
from demo.story import PROLOGUE, Story
from demo.watch import Watchman

PORT = 8000
#: who to sign in as first, and what they see
ACCOUNTS = (
    ("yefang", "叶芳", "county planner: H10 came back, mend it and submit again"),
    ("gaoyang", "高扬", "prefecture approver of 澜州"),
    ("chenliqun", "陈立群", "province approver"),
    ("huangzhiyong", "黄志勇", "channel keeper: SMS"),
    ("zhenghaiyan", "郑海燕", "channel keeper: outbound calls"),
    ("dujuan", "杜鹃", "call agent: the next call of H02"),
    ("linwanqing", "林婉清", "service manager: do-not-disturb, times without sending"),
    ("jiangtao", "江涛", "evaluator: H01 waits for its conclusion"),
    ("zhoulan", "周岚", "province planner"),
    ("shilei", "石磊", "auditor: the trail of everything"),
)


def main() -> None:
    """The command of `make run`."""
    parser = argparse.ArgumentParser(prog="python -m demo.run", description=main.__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--day", type=date.fromisoformat, help="demo day, a Monday (default: this week's)")
    parser.add_argument("--folder", type=Path, default=HERE / "var")
    parser.add_argument("--only-make", action="store_true", help="make the province and stop")
    chosen = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(130))  # so that what was started is ended
    servers = Servers(chosen.folder / "instance", chosen.folder / "demo", chosen.folder / "logs", chosen.port)
    try:
        _serve(servers, chosen)
    except NotReady as problem:
        sys.exit(f"The demo could not start.\n{problem}")
    finally:
        servers.stop()


def _serve(servers: Servers, chosen: argparse.Namespace) -> None:
    ready = servers.instance / "demo-is-ready"
    began = time.monotonic()
    watchman = Watchman(servers, _tell)
    if ready.exists():
        servers.flask("db", "upgrade")
        servers.start_all()
    else:
        _make(servers, chosen, watchman)
        (servers.demo / VISITORS).touch()
        ready.touch()
    print(f"Ready in {time.monotonic() - began:.0f} seconds.\n")
    _welcome(servers.url)
    stop = _stop_on_signals()
    with watchman.on_duty():
        while not chosen.only_make and not stop.wait(1.0):
            if watchman.given_up:
                log = servers.logs / f"{watchman.given_up}.log"
                sys.exit(f"{watchman.given_up} ends whenever it is started; see {log}")


def _make(servers: Servers, chosen: argparse.Namespace, watchman: Watchman) -> None:
    """Begin anew: whatever a cut-short first run left is taken away."""
    for folder in (servers.instance, servers.demo):
        shutil.rmtree(folder, ignore_errors=True)
    day = chosen.day or _this_monday()
    print(f"Making a province of {chosen.customers:,} subscribers ...", flush=True)
    prepare(servers, chosen.customers, chosen.seed, day - timedelta(days=PROLOGUE))
    servers.start_all()
    staff = Staff(servers.url)
    print("Playing the weeks before the demo day ...", flush=True)
    with watchman.on_duty():
        Story(staff=staff, clock=DemoClock(staff, "zhoulan"), day=day, say=_tell).play()
    _load_tonight(servers, chosen, day)


def _load_tonight(servers: Servers, chosen: argparse.Namespace, day: date) -> None:
    """The night before the demo day brings customer data of that evening, as every night would."""
    tonight = servers.demo / "tonight"
    world = build(tonight, chosen.customers, chosen.seed, day)
    servers.flask("load-customers", str(world.load), "--snapshot", (day - timedelta(days=1)).isoformat())
    shutil.rmtree(tonight)


def _welcome(url: str) -> None:
    print(f"  {url}\n\nDemo accounts, password {DEMO_PASSWORD}:")
    for login, name, purpose in ACCOUNTS:
        print(f"  {login:<13} {name}  {purpose}")
    print("\nCtrl-C ends the demo; the next `make run` goes on where it stopped.", flush=True)


def _tell(line: str) -> None:
    print(f"  {line}", flush=True)


def _this_monday() -> date:
    today = date.today()  # noqa: DTZ011 - the visitor's own calendar
    return today - timedelta(days=today.weekday())


def _stop_on_signals() -> Event:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


if __name__ == "__main__":
    main()
