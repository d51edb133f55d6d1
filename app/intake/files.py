"""Answers by file: read when their manifest has come, checked against it, each line once."""

import csv
import hashlib
import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import select

from app.engine import Actor, Engine
from app.intake.rows import take
from models.base import Problem, db
from models.campaign import CampaignProduct
from models.feedback import FeedbackFile
from models.process import MessageWait, Process

log = structlog.get_logger()
COLUMNS = ("order_id", "number", "product", "ordered_at", "via")
#: characters a column has room for; the rest have no column of their own
LONGEST = {"order_id": 60, "product": 20, "via": 20}


class FileDiffersFromManifest(Problem):
    """What arrived is not what was announced."""

    message = (
        "The file %(file)s is not the one its manifest announces: %(what)s. It was set aside; send it again."
    )


class ManifestUnreadable(Problem):
    """An announcement nobody can read."""

    message = "The manifest %(file)s cannot be read (%(what)s). It was set aside; send it again."


class LineUnreadable(Problem):
    """One line of a file cannot be used."""

    message = "Line %(line)s: %(what)s."


def read_waiting_files(folder: Path) -> int:
    """Read every file whose manifest lies beside it, oldest first; the number of files read."""
    if not folder.is_dir():
        return 0
    waiting = sorted(folder.glob("*.manifest.json"))
    for manifest in waiting:
        _read(folder, manifest)
    return len(waiting)


def _read(folder: Path, manifest: Path) -> None:
    """Keep the lines, remember the file, move it to done/ or refused/, tell who waits."""
    try:
        announced = _announced(manifest)
    except ManifestUnreadable as problem:
        log.error("intake", problem=str(problem))
        _set_aside(folder / "refused", manifest)
        return
    path = folder / announced["file"]
    try:
        content = _checked(path, announced)
    except FileDiffersFromManifest as problem:
        refused = [{"line": 0, "message": problem.message, "fields": problem.fields}]
        _remember(path.name, "", announced, refused)
        db.session.commit()
        _set_aside(folder / "refused", path, manifest)
        return
    _keep(path.name, content, announced)
    _set_aside(folder / "done", path, manifest)


def _announced(manifest: Path) -> dict[str, Any]:
    """What the manifest says of its file; the file lies beside it, whatever path is named."""
    try:
        found = json.loads(manifest.read_text(encoding="utf-8"))
        return {
            "file": Path(str(found["file"])).name,
            "rows": int(found["rows"]),
            "sha256": str(found["sha256"]),
            "day": date.fromisoformat(found["day"]).isoformat(),
        }
    except (UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise ManifestUnreadable(file=manifest.name, what=f"{type(error).__name__}: {error}") from error


def _keep(name: str, content: str, announced: dict[str, Any]) -> None:
    clock = current_app.extensions["clock"]
    orders, refused = _orders(content)
    taken = take("order", orders, current_app.extensions["warehouse"], clock())
    row = _remember(name, announced["sha256"], announced, refused)
    row.accepted, row.repeated = taken.received, taken.repeated
    db.session.commit()
    _tell({order["product"] for order in orders})


def _checked(path: Path, announced: dict[str, Any]) -> str:
    if not path.exists():
        raise FileDiffersFromManifest(file=path.name, what="the file is missing")
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != announced["sha256"]:
        raise FileDiffersFromManifest(file=path.name, what="the content differs")
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileDiffersFromManifest(file=path.name, what="it is not in UTF-8") from error
    lines = max(len(content.splitlines()) - 1, 0)
    if lines != announced["rows"]:
        raise FileDiffersFromManifest(
            file=path.name, what=f"{announced['rows']} rows were announced, {lines} came"
        )
    return content


def _orders(content: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Lines that can be used, and why the others cannot."""
    good, bad = [], []
    for line, row in enumerate(csv.DictReader(io.StringIO(content)), start=2):
        try:
            good.append(_order(row))
        except (KeyError, TypeError, ValueError) as error:
            problem = LineUnreadable(line=line, what=str(error) or type(error).__name__)
            bad.append({"line": line, "message": problem.message, "fields": problem.fields})
    return good, bad


def _order(row: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromisoformat(row["ordered_at"])
    if at.tzinfo is None or not row["order_id"] or not row["number"] or not row["product"]:
        raise ValueError("order_id, number, product and a moment with its zone are needed")
    for name, longest in LONGEST.items():
        if len(row.get(name) or "") > longest:
            raise ValueError(f"{name} is longer than {longest} characters")
    return {
        "key": row["order_id"],
        "number": row["number"],
        "product": row["product"],
        "channel": row.get("via") or "",
        "at": at,
    }


def _remember(
    name: str, digest: str, announced: dict[str, Any], refused: list[dict[str, Any]]
) -> FeedbackFile:
    """The file's own row; the same name again replaces what was known of it."""
    row = db.session.scalars(select(FeedbackFile).where(FeedbackFile.name == name)).first()
    row = row or FeedbackFile(name=name, feed="order")
    row.digest, row.day = digest, date.fromisoformat(announced["day"])
    row.promised, row.refused = int(announced["rows"]), refused
    row.accepted = row.repeated = 0
    row.received_at = current_app.extensions["clock"]()
    db.session.add(row)
    return row


def _tell(products: set[str]) -> None:
    """Let campaigns of these products that wait for answers match them now."""
    asked = (
        select(MessageWait.correlation)
        .join(Process, Process.id == MessageWait.process_id)
        .join(CampaignProduct, CampaignProduct.campaign_id == Process.subject_id)
        .where(MessageWait.name == "answers_in", CampaignProduct.product_code.in_(products))
    )
    waiting = sorted(set(db.session.scalars(asked)))
    db.session.rollback()
    engine: Engine = current_app.extensions["engine"]
    for correlation in waiting:
        engine.deliver("answers_in", correlation, {}, Actor(login="system"), allow_none=True)


def _set_aside(folder: Path, *parts: Path) -> None:
    folder.mkdir(exist_ok=True)
    for part in parts:
        if part.exists():
            part.replace(folder / part.name)
