"""What the product's channels would leave in the out folder."""

import csv
import io
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
from pyrage import encrypt, x25519

from demo.market.keys import install_public_keys


def leave_list(
    instance: Path,
    demo: Path,
    numbers: Sequence[str],
    *,
    work_order: str = "RW-1",
    campaign: str = "HD-1",
    channel: str = "sms",
    product: str = "CRBT",
    start: str | None = "2026-03-02T10:00:00+08:00",
    end: str | None = "2026-03-02T20:00:00+08:00",
) -> Path:
    """Seal a list for a channel and write its manifest last."""
    install_public_keys(demo, instance)
    folder = instance / "out" / channel
    folder.mkdir(parents=True, exist_ok=True)
    name = "message_id" if channel == "sms" else "contact_id"
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([name, "number", "text" if channel == "sms" else "script"])
    writer.writerows(
        [f"{work_order}-{row:05d}", number, "您好，听歌吗"] for row, number in enumerate(numbers)
    )
    key = (instance / "keys" / f"channel_{channel}.pub").read_text().strip()
    sealed = encrypt(text.getvalue().encode(), [x25519.Recipient.from_str(key)])
    (folder / f"{work_order}.csv.age").write_bytes(sealed)
    manifest = folder / f"{work_order}.manifest.json"
    manifest.write_text(json.dumps({
        "work_order": work_order, "campaign": campaign, "channel": channel, "products": [product],
        "rows": len(numbers), "sha256": sha256(sealed).hexdigest(), "start": start, "end": end,
        "sender": "10086", "content": "您好，听歌吗",
    }))  # fmt: skip
    return manifest


def all_numbers(demo: Path) -> list[str]:
    """Everybody's number, in the order of the customers' file."""
    table = pq.read_table(demo / "load" / "customers.parquet", columns=["number"])
    found: list[str] = table["number"].to_pylist()
    return found
