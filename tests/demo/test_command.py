"""The commands as a person starts them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

from demo.market.keys import account_of
from demo.market.world import LOCAL
from demo.servers import free_port
from demo.visitor import wait_until
from handlers.channels.wire import Receipt, Status
from tests.demo.esme import Esme
from tests.demo.fake_product import FakeProduct, give_token, serving
from tests.demo.outbox import all_numbers, send

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
    given = send(demo, all_numbers(demo)[:200], at=MONDAY)
    give_token(instance)
    port = free_port()
    words = [
        "demo.market",
        "--instance",
        str(instance),
        "--demo",
        str(demo),
        "--sms-port",
        str(port),
        "--url",
    ]
    tuesday = MONDAY + timedelta(days=1)
    with serving(FakeProduct(now=MONDAY, wished=tuesday)) as fake:
        running = start(*words, fake.url, "--until-idle")
        with bound(port, demo) as esme:
            receipts = esme.listen()
        assert running.communicate(timeout=60) == ("", "")
        assert running.returncode == 0
        assert len(receipts) >= 195
        heard = {receipt.centre_id for receipt in receipts if isinstance(receipt, Receipt)}
        assert len(set(given) - heard) <= 3, "but for those that expire, and say so after a day"
        running = start(*words, fake.url)
        fake.wished = wednesday = tuesday + timedelta(days=1)
        with bound(port, demo) as esme:
            listening = Thread(target=esme.listen)
            listening.start()
            wait_until("Wednesday", lambda: fake.now == wednesday, 30)
            running.send_signal(signal.SIGTERM)
            listening.join()
        assert running.communicate(timeout=30) == ("", "")
        assert running.returncode == 0


@contextmanager
def bound(port: int, demo: Path) -> Iterator[Esme]:
    """The product's sender, as soon as the centre is there."""
    with wait_until("the centre", lambda: reached(port)) as line:
        esme, account = Esme(line), account_of(demo)
        assert esme.bind((account.system_id, account.password)).status == Status.ESME_ROK
        yield esme


def reached(port: int) -> socket.socket | None:
    """A connection, once somebody listens."""
    try:
        return socket.create_connection(("127.0.0.1", port), timeout=20)
    except ConnectionRefusedError:
        return None
