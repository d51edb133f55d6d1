"""How a list leaves the house: encrypted on the way to the disk, complete or not at all, once per work order.

The folder gets `<work order>.csv.age`, then `<work order>.manifest.json`; whoever reads waits for the
manifest. A hidden seal beside them remembers what was handed over, also after the reader has taken both
away. Numbers are never on the disk in the clear, and neither is their plain digest: all phone numbers can
be tried in minutes, so the seal keeps a slow salted hash (scrypt, RFC 7914).
"""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pyrage

from handlers.channels.base import AlreadyHandedOver, HandOver, NothingToHandOver, Slip
from models.base import Problem

_GOOD_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class NoReaderKey(Problem):
    """Without a key nobody could read the list."""

    message = "There is no key to encrypt the list of channel %(channel)s for."


class BadReaderKey(Problem):
    """A key that is none."""

    message = "“%(key)s” is not a public age key."


class BadWorkOrderNumber(Problem):
    """A number that cannot be the name of a file."""

    message = "“%(work_order)s” cannot be the number of a work order: letters, digits, - and _ only."


class Rows(Protocol):
    """A list that can be read as a file and knows what it gave."""

    rows: int
    units: int
    failure: Exception | None

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes read."""

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""


def read_channel_keys(folder: Path, channel: str) -> tuple[str, ...]:
    """The public keys in `channel_<code>.pub`, one a line; lines beginning with # are remarks."""
    path = folder / f"channel_{channel}.pub"
    if not path.exists():
        raise NoReaderKey(channel=channel)
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def hand_over_file(
    channel: str, slip: Slip, rows: Rows, folder: Path, keys: Sequence[str], now: datetime
) -> HandOver:
    """Write the list and its manifest once; the same list again changes nothing, another is refused."""
    if now.tzinfo is None:
        raise ValueError(f"naive datetime: {now!r}")
    if not _GOOD_NUMBER.fullmatch(slip.work_order):
        raise BadWorkOrderNumber(work_order=slip.work_order)
    readers = _reader_keys(channel, keys)
    folder.mkdir(parents=True, exist_ok=True)
    place = _Place(folder, slip.work_order)
    with _alone(place.seal):
        try:
            digest = _encrypt(rows, place.part, readers)
            if not rows.rows:
                raise NothingToHandOver(work_order=slip.work_order)
            facts = _facts(channel, slip)
            if place.is_announced():
                return place.repeated(facts, rows)
            return place.announce(facts, rows, digest, now)
        finally:
            place.part.unlink(missing_ok=True)


class _Place:
    """The files of one work order in a folder."""

    def __init__(self, folder: Path, work_order: str) -> None:
        self.folder = folder
        self.work_order = work_order
        self.part = folder / f".{work_order}.csv.age.part"
        self.seal = folder / f".{work_order}.seal"
        self.list = folder / f"{work_order}.csv.age"
        self.manifest = folder / f"{work_order}.manifest.json"

    def is_announced(self) -> bool:
        """The manifest was there: it still is, or the reader has taken the list away."""
        if self.manifest.exists():
            return True
        return self.seal.stat().st_size > 0 and not self.list.exists()

    def announce(self, facts: dict[str, Any], rows: Rows, digest: str, now: datetime) -> HandOver:
        """List, seal, manifest: what is cut short before the last step never happened."""
        self.part.rename(self.list)
        salt = os.urandom(16)
        seal = {
            "rows": rows.rows,
            "units": rows.units,
            "sha256": digest,
            "at": now.isoformat(),
            "salt": salt.hex(),
            "fingerprint": _fingerprint(facts, rows, salt),
        }
        _write(self.seal, seal)
        _sync(self.folder)
        waiting = self.folder / f".{self.work_order}.manifest.part"
        _write(waiting, facts | {"rows": rows.rows, "sha256": digest})
        waiting.rename(self.manifest)
        _sync(self.folder)
        return self._proof(seal, is_repeated=False)

    def repeated(self, facts: dict[str, Any], rows: Rows) -> HandOver:
        """The proof of the first time, if this is the same list with the same facts."""
        seal = self._read_seal()
        if seal.get("fingerprint") != _fingerprint(facts, rows, bytes.fromhex(seal.get("salt", ""))):
            raise AlreadyHandedOver(work_order=self.work_order)
        return self._proof(seal, is_repeated=True)

    def _read_seal(self) -> dict[str, Any]:
        text = self.seal.read_text(encoding="utf-8")
        seal: dict[str, Any] = json.loads(text) if text else {}
        return seal

    def _proof(self, seal: dict[str, Any], *, is_repeated: bool) -> HandOver:
        return HandOver(
            work_order=self.work_order,
            rows=seal["rows"],
            units=seal["units"],
            digest=seal["sha256"],
            path=self.list,
            at=datetime.fromisoformat(seal["at"]),
            is_repeated=is_repeated,
        )


def _facts(channel: str, slip: Slip) -> dict[str, Any]:
    return {
        "work_order": slip.work_order,
        "campaign": slip.campaign,
        "channel": channel,
        "products": list(slip.products),
        "start": slip.start.isoformat(),
        "end": slip.end.isoformat(),
        "sender": slip.sender,
        "content": slip.content,
    }


def _reader_keys(channel: str, keys: Sequence[str]) -> list[Any]:
    if not keys:
        raise NoReaderKey(channel=channel)
    readers = []
    for key in keys:
        try:
            readers.append(pyrage.x25519.Recipient.from_str(key))
        except pyrage.RecipientError as refused:
            raise BadReaderKey(key=key) from refused
    return readers


def _encrypt(rows: Rows, path: Path, readers: list[Any]) -> str:
    """Encrypt while reading, so that memory stays flat, and give the digest of what lies on the disk."""
    with path.open("w+b") as file:
        try:
            pyrage.encrypt_io(rows, file, readers)
        except pyrage.EncryptError:
            if rows.failure:
                raise rows.failure from None
            raise
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fingerprint(facts: dict[str, Any], rows: Rows, salt: bytes) -> str:
    secret = json.dumps([facts, rows.digest], sort_keys=True).encode()
    return hashlib.scrypt(secret, salt=salt, n=2**14, r=8, p=1).hex()


def _write(path: Path, content: dict[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make the names in the folder as durable as the files."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _alone(seal: Path) -> Iterator[None]:
    """Two workers with one work order write one after the other; the lock goes with the process."""
    with seal.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
