"""Reads what the product sends to a channel: the manifest, written last, and the sealed list beside it."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from hashlib import sha256
from pathlib import Path

from pyrage import decrypt, x25519

from demo.market.world import LOCAL

_OPENING = time(9)


class BrokenList(Exception):
    """A list that does not fit its manifest; the channel refuses it."""


@dataclass(frozen=True, kw_only=True)
class SentList:
    """A work order as its channel gets it; contact ids and numbers row by row."""

    work_order: str
    campaign: str
    channel: str
    products: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    sha256: str
    contacts: list[str]
    numbers: list[str]


def manifests(instance_dir: Path, channel: str) -> Iterator[Path]:
    """Manifests a channel can see, oldest name first."""
    yield from sorted((instance_dir / "out" / channel).glob("*.manifest.json"))


def read_list(manifest: Path, identity: x25519.Identity) -> SentList:
    """Open one list. Raises BrokenList where digest or row count do not fit."""
    known = json.loads(manifest.read_text(encoding="utf-8"))
    sealed = manifest.with_name(f"{known['work_order']}.csv.age").read_bytes()
    plain = decrypt(sealed, [identity])
    if known["sha256"] not in (sha256(sealed).hexdigest(), sha256(plain).hexdigest()):
        raise BrokenList(f"{manifest.name}: the list is not the one the manifest speaks of")
    rows = list(csv.DictReader(io.StringIO(plain.decode("utf-8"), newline="")))
    if len(rows) != known["rows"]:
        raise BrokenList(f"{manifest.name}: {known['rows']} rows announced, {len(rows)} found")
    name = "message_id" if known["channel"] == "sms" else "contact_id"
    return SentList(
        work_order=known["work_order"],
        campaign=known["campaign"],
        channel=known["channel"],
        products=tuple(known["products"]),
        start=moment(known["start"]),
        end=moment(known["end"]),
        sha256=known["sha256"],
        contacts=[row[name] for row in rows],
        numbers=[row["number"] for row in rows],
    )


def moment(text: str | None) -> datetime | None:
    """A moment as manifests write it: local where no zone is given, nine in the morning where no hour is."""
    if not text:
        return None
    if len(text) == len("2026-03-02"):
        return datetime.combine(date.fromisoformat(text), _OPENING, LOCAL)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=LOCAL)
