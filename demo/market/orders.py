"""The operator's order system: takes orders made for customers, and tells every morning what all ordered."""

import csv
import json
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import numpy as np

from demo.market.ledger import COPIES, Ledger, Purchase
from demo.market.replies import STRANGERS, said_at
from demo.market.world import LOCAL, World
from demo.province.numbering import unknown_number
from demo.province.streams import mix, salt

_HEADER = "order_id,number,product,ordered_at,via"
#: The file of a day is written from this hour; now and then yesterday's comes once more.
HOUR = 8
_SENT_AGAIN = 1 / 12


def write_orders(world: World, ledger: Ledger, inbox: Path, now: datetime) -> bool:
    """Write the day's file once, manifest last; True if anything was written."""
    local = now.astimezone(LOCAL)
    day = local.date().isoformat()
    if local.hour < HOUR or ledger.order_day(day):
        return False
    moment = int(now.timestamp())
    rows = list(_rows(world, ledger.due_purchases(moment)))
    earlier = ledger.last_order_file()
    name = f"orders-{local:%Y%m%d}-1"
    if rows:
        _put(world, inbox, name, "\n".join([_HEADER, *rows]) + "\n", day)
    again = earlier is not None and _share(world, day) < _SENT_AGAIN
    if again:
        text = (world.demo_dir / COPIES / f"{earlier}.csv").read_text(encoding="utf-8")
        _put(world, inbox, f"orders-{local:%Y%m%d}-2", text, day)
    with ledger.writing():
        ledger.settle_orders(day, moment, name if rows else None)
    return bool(rows) or again


def take_orders(world: World, ledger: Ledger, folder: Path, now: datetime) -> int:
    """Carry out the orders the product made for customers, each file once; how many files were new."""
    taken = 0
    for manifest in sorted(folder.glob("*.manifest.json")):
        file = str(json.loads(manifest.read_text(encoding="utf-8"))["file"])
        if not ledger.knows_orders(file):
            with ledger.writing():
                _carry_out(world, ledger, manifest.with_name(file), now)
                ledger.note_orders(file)
            taken += 1
    return taken


def _carry_out(world: World, ledger: Ledger, path: Path, now: datetime) -> None:
    """Who was won in a talk has ordered at the moment of the yes; an order nobody wished is refused."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    customers = world.indexes_of_numbers([row["number"] for row in rows]).tolist()
    for row, customer in zip(rows, customers, strict=True):
        season = ledger.season_of_wish(customer, row["product"])
        if season is not None:
            at = datetime.fromisoformat(row["confirmed_at"]) if row["confirmed_at"] else now
            purchase = Purchase(customer=customer, at=int(at.timestamp()), persuaded=True, via="call")
            ledger.buy(season, row["product"], [purchase])


def _rows(world: World, purchases: list[tuple[str, int, int, int, str]]) -> Iterable[str]:
    """Rows of the file; one in a thousand is of a number nobody knows."""
    if not purchases:
        return
    numbers = world.numbers(np.array([customer for _, customer, _, _, _ in purchases], np.int64))
    for (product, customer, season, at, via), number in zip(purchases, numbers, strict=True):
        word = int(
            mix(np.array([customer], np.int64).astype(np.uint64) ^ salt(world.seed, product, season))[0]
        )
        yield f"O{word:016x},{number},{product},{said_at(at)},{via}"
        if word % 100_000 < STRANGERS * 100_000:
            yield f"O{word ^ 1:016x},{unknown_number(word)},{product},{said_at(at)},{via}"


def _put(world: World, inbox: Path, name: str, text: str, day: str) -> None:
    """The file, a copy for ourselves, then the manifest; running twice changes nothing."""
    copies = world.demo_dir / COPIES
    copies.mkdir(exist_ok=True)
    inbox.mkdir(parents=True, exist_ok=True)
    content = text.encode()
    (copies / f"{name}.csv").write_bytes(content)
    _appear(inbox / f"{name}.csv", content)
    manifest = {
        "file": f"{name}.csv",
        "rows": text.count("\n") - 1,
        "sha256": sha256(content).hexdigest(),
        "day": day,
    }
    _appear(inbox / f"{name}.manifest.json", json.dumps(manifest).encode())


def _appear(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def _share(world: World, day: str) -> float:
    return int(salt(world.seed, "file again", day)) / 2.0**64
