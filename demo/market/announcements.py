"""What the product tells of a work order it carries out itself: the campaign, its products, its days."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from demo.market.world import LOCAL

_OPENING = time(9)
_ENDING = ".announcement.json"


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """A work order as its channel is told of it; `service` is its name on the wire."""

    work_order: str
    service: str
    campaign: str
    channel: str
    products: tuple[str, ...]
    start: datetime
    sender: str


class Announcements:
    """The announcements in the product's out folder, each read once."""

    def __init__(self, instance_dir: Path) -> None:
        self._out = instance_dir / "out"
        self._read: dict[Path, Announcement] = {}
        self._services: dict[str, Announcement] = {}

    def of_service(self, service: str) -> Announcement | None:
        """The work order a message says it belongs to; nothing for a message that belongs to none."""
        if service not in self._services:
            self._services.update({known.service: known for known in self._all("sms")})
        return self._services.get(service)

    def of_work_order(self, work_order: str) -> Announcement | None:
        """The work order of a call."""
        path = self._out / "call" / f"{work_order}{_ENDING}"
        return self._known(path) if path.exists() else None

    def calls(self) -> Iterator[Announcement]:
        """The work orders the call agents were told of, oldest name first."""
        yield from self._all("call")

    def _all(self, channel: str) -> Iterator[Announcement]:
        for path in sorted((self._out / channel).glob(f"*{_ENDING}")):
            yield self._known(path)

    def _known(self, path: Path) -> Announcement:
        if path not in self._read:
            self._read[path] = _announcement(json.loads(path.read_text(encoding="utf-8")))
        return self._read[path]


def _announcement(told: dict[str, object]) -> Announcement:
    products = told["products"]
    return Announcement(
        work_order=str(told["work_order"]),
        service=str(told["service"]),
        campaign=str(told["campaign"]),
        channel=str(told["channel"]),
        products=tuple(str(code) for code in products) if isinstance(products, list) else (),
        start=moment(str(told["start"])),
        sender=str(told["sender"]),
    )


def moment(text: str) -> datetime:
    """A moment as the product writes it: local without a zone, nine in the morning without an hour."""
    if len(text) == len("2026-03-02"):
        return datetime.combine(date.fromisoformat(text), _OPENING, LOCAL)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=LOCAL)
