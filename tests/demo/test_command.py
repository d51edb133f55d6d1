"""The commands as a person starts them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from demo.market.world import LOCAL
from tests.demo.fake_product import FakeProduct, give_token, serving
from tests.demo.outbox import all_numbers, leave_list

MONDAY = datetime(2026, 3, 2, 9, tzinfo=LOCAL)
ROOT = Path(__file__).parents[2]


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *words], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip


def test_a_world_is_built_by_command(tmp_path: Path) -> None:
    out, errors = start("demo.build", "--out", str(tmp_path), "--customers", "500").communicate(timeout=60)
    assert errors == ""
    assert out.startswith("500 customers")
    assert (tmp_path / "load" / "world.json").exists()


def test_the_market_plays_until_idle_and_stops_when_asked(new_village: Callable[[str], Path]) -> None:
    demo = new_village("demo")
    instance = demo / "instance"
    leave_list(instance, demo, all_numbers(demo)[:200])
    give_token(instance)
    words = ["demo.market", "--instance", str(instance), "--demo", str(demo), "--url"]
    tuesday = MONDAY + timedelta(days=1)
    with serving(FakeProduct(now=MONDAY, wished=tuesday)) as fake:
        done = start(*words, fake.url, "--until-idle")
        assert done.communicate(timeout=60) == ("", "")
        assert done.returncode == 0
        assert len(fake.feeds["receipts"]) >= 195
        running = start(*words, fake.url)
        fake.wished = wednesday = tuesday + timedelta(days=1)
        deadline = time.monotonic() + 30
        while fake.now < wednesday and time.monotonic() < deadline:
            time.sleep(0.05)
        running.send_signal(signal.SIGTERM)
        assert running.communicate(timeout=30) == ("", "")
        assert running.returncode == 0
    assert fake.now == wednesday
