"""What a channel is told of a work order the product carries out itself: all but the people (G3)."""

import json
import os
from datetime import datetime
from pathlib import Path

from handlers.channels.base import Slip

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: an SMS centre has room for so many characters of a service
_LONGEST = 5


def service_code(work_order_id: int) -> str:
    """The name of a work order on the wire: its id to the base 36, at most five characters."""
    code, rest = "", work_order_id
    while rest:
        rest, digit = divmod(rest, 36)
        code = _DIGITS[digit] + code
    return code[-_LONGEST:] or "0"


def announce(channel: str, slip: Slip, service: str, people: int, folder: Path, now: datetime) -> Path:
    """Leave the facts of a work order in the channel's folder, whole or not at all; once more is the same."""
    path = folder / f"{slip.work_order}.announcement.json"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "work_order": slip.work_order,
        "service": service,
        "campaign": slip.campaign,
        "channel": channel,
        "products": list(slip.products),
        "start": slip.start.isoformat(),
        "end": slip.end.isoformat(),
        "sender": slip.sender,
        "content": slip.content,
        "people": people,
        "announced_at": now.isoformat(),
    }
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(facts, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return path
