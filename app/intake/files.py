"""Answers by file: read when their manifest has come, checked against it, each line once, in flat memory.

A file is taken in pieces, one transaction each, which also writes how far it went: a reading that broke off
goes on from there, and its row says `read` only when all of it is in.
"""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import select, update

from app.intake.feeds import Layout, LineUnusable, feed_of, usable
from app.intake.manifests import (
    LONGEST_NAME,
    Announced,
    Checked,
    FileRefused,
    announced,
    checked,
    header,
    records,
)
from app.intake.rows import Taken, take
from app.intake.telling import tell_who_waits
from handlers.contacts import LOCAL
from models.base import Problem, db
from models.feedback import FeedbackFile

log = structlog.get_logger()
#: lines taken in one transaction
PIECE = 10_000
#: unusable lines listed by number and cause; more are only counted
MOST_LISTED = 1_000


class ReadElsewhere(Problem):
    """Two workers came upon the same file; the other one has it."""

    message = "The file %(file)s is just being read by another worker."


def read_waiting_files(folder: Path) -> int:
    """Read every file whose manifest lies beside it, in the order of their names; the number of files read.

    One reader of a folder at a time; a file that fails by no fault of its own stays for the next time.
    """
    if not folder.is_dir():
        return 0
    with _only_reader(folder) as is_mine:
        waiting = sorted(folder.glob("*.manifest.json")) if is_mine else []
        return sum(_try(folder, manifest) for manifest in waiting)


@contextmanager
def _only_reader(folder: Path) -> Iterator[bool]:
    with (folder / ".reading").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _try(folder: Path, manifest: Path) -> bool:
    """One file that cannot be dealt with just now must not keep the others from their turn."""
    try:
        _read(folder, manifest)
    except Exception:
        db.session.rollback()
        log.exception("intake", manifest=manifest.name)
        return False
    return True


def _read(folder: Path, manifest: Path) -> None:
    """Keep the lines, remember the file, move it to done/ or refused/, tell who waits."""
    try:
        said = announced(manifest)
    except FileRefused as problem:
        _remember_refused(_of_manifest(manifest), problem)
        _put_aside(folder / "refused", manifest)
        return
    path = folder / said.file
    if not path.exists() and _was_put_aside(folder, said):
        _put_aside(folder / "done", manifest)
        return
    try:
        found = checked(folder, said)
    except FileRefused as problem:
        _remember_refused(said, problem)
        _put_aside(folder / "refused", path, manifest)
        return
    _take_file(found, said)
    _put_aside(folder / "done", path, manifest)


def _take_file(found: Checked, said: Announced) -> None:
    row = _row_to_read(found, said)
    if row is None:
        return
    file_id, began = row.id, row.received_at
    listed, lines = list(row.refused), row.lines
    layout = header(found)
    db.session.rollback()
    for part in _pieces(found, lines):
        answers, bad = _usable(found, layout, part)
        listed += bad[: MOST_LISTED - len(listed)]
        note = partial(_note, found, file_id, lines, len(part), len(bad), listed)
        take(found.feed.code, answers, current_app.extensions["warehouse"], began, also=note)
        lines += len(part)
    db.session.execute(update(FeedbackFile).where(FeedbackFile.id == file_id).values(state="read"))
    db.session.commit()
    tell_who_waits(found.feed.code, began)


def _pieces(found: Checked, done: int) -> Iterator[list[tuple[int, list[str]]]]:
    """The rows behind the header and those dealt with before."""
    rows = islice(records(found), 1 + done, None)
    while part := list(islice(rows, PIECE)):
        yield part


def _usable(
    found: Checked, layout: Layout, part: Sequence[tuple[int, list[str]]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Answers of the lines that can be used, and why the others cannot."""
    good, bad = [], []
    for line, fields in part:
        try:
            good.append(usable(found.feed, layout, line, fields))
        except LineUnusable as problem:
            bad.append({"line": line, "message": problem.message, "fields": problem.fields})
    return good, bad


def _note(
    found: Checked,
    file_id: int,
    before: int,
    lines: int,
    rejected: int,
    listed: list[dict[str, Any]],
    taken: Taken,
) -> None:
    """How far the file is read, in the transaction of the lines themselves; raises ReadElsewhere."""
    done = db.session.execute(
        update(FeedbackFile)
        .where(FeedbackFile.id == file_id, FeedbackFile.lines == before, FeedbackFile.state == "reading")
        .values(
            lines=before + lines,
            accepted=FeedbackFile.accepted + taken.received,
            repeated=FeedbackFile.repeated + taken.repeated,
            unknown=FeedbackFile.unknown + taken.unknown,
            rejected=FeedbackFile.rejected + rejected,
            refused=listed,
        )
    )
    if not getattr(done, "rowcount", 0):
        raise ReadElsewhere(file=found.path.name)


def _row_to_read(found: Checked, said: Announced) -> FeedbackFile | None:
    """The file's own row, begun or to be gone on with; None where all that is in it was read before."""
    row = _row_named(said.file)
    if row is not None and row.digest == said.sha256:
        if row.state == "reading":
            return row
        if row.state == "read":
            row.again += (found.path.parent / "done" / said.file).exists()
            db.session.commit()
            return None
    like = _same_content(found, said)
    row = _anew(row or FeedbackFile(name=said.file), said, found.feed.code)
    row.encoding = found.encoding
    if like is None:
        row.state = "reading"
    else:
        row.lines, row.repeated = said.rows, like.promised - like.rejected
        row.rejected, row.refused = like.rejected, like.refused
    db.session.commit()
    return row if like is None else None


def _same_content(found: Checked, said: Announced) -> FeedbackFile | None:
    """A file read before under another name, byte for byte the same."""
    return db.session.scalars(
        select(FeedbackFile)
        .where(FeedbackFile.digest == said.sha256, FeedbackFile.name != said.file)
        .where(FeedbackFile.state == "read", FeedbackFile.feed == found.feed.code)
        .order_by(FeedbackFile.id)
        .limit(1)
    ).first()


def _remember_refused(said: Announced, problem: FileRefused) -> None:
    """A file that was refused whole; it does not take the place of one of its name that was read."""
    row = _row_named(said.file)
    if row is not None and row.state == "read":
        name = f"{said.file[: LONGEST_NAME - 11]} ({said.sha256[:8]})"
        row = _row_named(name) or FeedbackFile(name=name)
    feed = feed_of(said.file)
    row = _anew(row or FeedbackFile(name=said.file), said, feed.code if feed else "")
    row.digest, row.state = "", "refused"
    row.refused = [{"line": 0, "message": problem.message, "fields": problem.fields}]
    db.session.commit()


def _anew(row: FeedbackFile, said: Announced, feed: str) -> FeedbackFile:
    """The row of a file nothing of which was read yet."""
    row.feed, row.digest, row.day, row.promised = feed, said.sha256, said.day, said.rows
    row.state, row.encoding, row.refused = "read", "utf-8", []
    row.lines = row.accepted = row.repeated = row.unknown = row.rejected = 0
    row.received_at = _now()
    db.session.add(row)
    return row


def _of_manifest(manifest: Path) -> Announced:
    """What can be said of a file whose manifest nobody can read."""
    name = manifest.name.removesuffix(".json")[:LONGEST_NAME]
    return Announced(file=name, rows=0, sha256="", day=_now().astimezone(LOCAL).date())


def _was_put_aside(folder: Path, said: Announced) -> bool:
    """The file was read and moved, and only its manifest was left behind when we were interrupted."""
    row = _row_named(said.file)
    is_read = row is not None and row.state == "read" and row.digest == said.sha256
    db.session.rollback()
    return is_read and (folder / "done" / said.file).exists()


def _row_named(name: str) -> FeedbackFile | None:
    return db.session.scalars(select(FeedbackFile).where(FeedbackFile.name == name)).first()


def _put_aside(folder: Path, *parts: Path) -> None:
    folder.mkdir(exist_ok=True)
    for part in parts:
        if part.exists():
            part.replace(folder / part.name)


def _now() -> datetime:
    now: datetime = current_app.extensions["clock"]()
    return now
