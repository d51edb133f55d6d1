"""What a product at work leaves behind: announcements in the out folder, messages accepted by the centre."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from demo.market.book import Book, Submitted
from demo.market.ledger import Ledger
from demo.market.world import LOCAL

MONDAY = datetime(2026, 3, 2, 10, tzinfo=LOCAL)


def announce(
    instance: Path,
    *,
    work_order: str = "RW-1",
    campaign: str = "HD-1",
    channel: str = "sms",
    products: Sequence[str] = ("CRBT",),
    start: str = "2026-03-02T10:00:00+08:00",
) -> str:
    """Tell the channel of a work order; its service."""
    service = work_order.removeprefix("RW-")
    folder = instance / "out" / channel
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{work_order}.announcement.json").write_text(json.dumps({
        "work_order": work_order, "service": service, "campaign": campaign, "channel": channel,
        "products": list(products), "start": start, "end": "2026-03-12", "sender": "10086",
        "content": "您好，听歌吗", "people": 1, "announced_at": start,
    }))  # fmt: skip
    return service


def send(demo: Path, numbers: Sequence[str], *, at: datetime = MONDAY, **told: str) -> list[str]:
    """Announce a work order and have the centre accept a message for each number; the centre's ids."""
    products = (told.pop("product", "CRBT"),)
    service = announce(demo / "instance", products=products, **told)
    return accept(demo, service, numbers, at=at)


def accept(
    demo: Path, service: str, numbers: Sequence[str], *, at: datetime = MONDAY, text: str = "您好，听歌吗"
) -> list[str]:
    """Have the centre accept a message for each number; its ids."""
    parts = [
        Submitted(service=service, number=number, sender="10086", text=text, wants_receipt=True)
        for number in numbers
    ]
    ledger = Ledger(demo)
    given = Book(ledger).accept(parts, at, [""] * len(parts))
    ledger.close()
    return [centre_id for centre_id, _ in given]


def all_numbers(demo: Path) -> list[str]:
    """Everybody's number, in the order of the customers' file."""
    table = pq.read_table(demo / "load" / "customers.parquet", columns=["number"])
    found: list[str] = table["number"].to_pylist()
    return found
