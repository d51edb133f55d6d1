"""Files of answers as the outside world drops them: the content first, the manifest last."""

import hashlib
import json

from models.base import db
from models.feedback import Feedback, FeedbackFile
from tests.app.intake.conftest import Door

ORDERS = "order_id,number,product,ordered_at,via\n"


def order(door: Door, order_id: str, sid: int, **changed: str) -> str:
    """A line of an order file."""
    cells = {"number": door.number(sid), "product": "CRBT", "at": "2026-03-05T12:00:00+08:00", "via": "sms"}
    cells |= changed
    return f"{order_id},{cells['number']},{cells['product']},{cells['at']},{cells['via']}\n"


def put(door: Door, name: str, content: str | bytes, **announced: object) -> None:
    """A file and, last, its manifest; what is announced is right unless the test says otherwise."""
    raw = content.encode() if isinstance(content, str) else content
    (door.inbox / name).write_bytes(raw)
    manifest = {
        "file": name,
        "rows": max(raw.count(b"\n") - 1, 0),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "day": "2026-03-05",
    }
    path = door.inbox / f"{name.removesuffix('.csv')}.manifest.json"
    path.write_text(json.dumps(manifest | announced))


def files() -> list[FeedbackFile]:
    """What is known of the files, in the order they came."""
    db.session.expire_all()
    return list(db.session.query(FeedbackFile).order_by(FeedbackFile.id))


def kept() -> list[Feedback]:
    """The answers, in the order they came."""
    db.session.expire_all()
    return list(db.session.query(Feedback).order_by(Feedback.id))


def said(file: FeedbackFile) -> list[str]:
    """Why lines of a file, or all of it, were refused."""
    return [one["message"] % one["fields"] for one in file.refused]
