"""A file of answers against its announcement: whole, readable, of a feed we know; read in flat memory."""

import codecs
import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from app.intake.feeds import BY_FILE, Feed, Layout, feed_of
from models.base import Problem

#: bytes looked at in one go
CHUNK = 1 << 20
#: characters of a line read in one go; what is longer is no line of ours and spoils its row
LONGEST_LINE = 1 << 20
#: longest name we can keep
LONGEST_NAME = 120
#: how senders may call an encoding
ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
}
#: what a manifest that is none makes of the reading
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
CODECS = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}
#: below this character UTF-8 takes two bytes, as GB18030 does for every Chinese one
THREE_BYTES = "\u0800"


class FileRefused(Problem):
    """A file as a whole cannot be used; nothing of it is kept."""

    message = "The file %(file)s cannot be used. It was set aside; send it again."


class ManifestUnreadable(FileRefused):
    """An announcement nobody can read."""

    message = "The manifest %(file)s cannot be read (%(what)s). It was set aside; send it again."


class NameTooLong(FileRefused):
    """A name longer than we can keep."""

    message = (
        "The name of the file %(file)s … is longer than %(most)s characters. It was set aside; send it again."
    )


class FeedUnknown(FileRefused):
    """Nobody can say what the lines of the file are."""

    message = (
        "Neither its name nor its manifest says what the file %(file)s holds: one of %(feeds)s. "
        "It was set aside; send it again."
    )


class FileMissing(FileRefused):
    """An announcement of nothing."""

    message = (
        "The file %(file)s was announced, but is not there. Its manifest was set aside; send both again."
    )


class ContentDiffers(FileRefused):
    """What arrived is not what was announced: cut, or changed on the way."""

    message = (
        "The content of the file %(file)s differs from the one its manifest announces. "
        "It was set aside; send it again."
    )


class RowsDiffer(FileRefused):
    """More or fewer rows than announced."""

    message = (
        "%(announced)s rows were announced for the file %(file)s, but %(came)s came. "
        "It was set aside; send it again."
    )


class EncodingUnknown(FileRefused):
    """The manifest names an encoding we do not read."""

    message = (
        "The encoding %(encoding)s of the file %(file)s is not known here; utf-8 and gb18030 are. "
        "It was set aside; send it again."
    )


class NotInEncoding(FileRefused):
    """The bytes are no text in the encoding they are said to be in."""

    message = "The file %(file)s is not in %(encoding)s. It was set aside; send it again."


class EncodingDoubtful(FileRefused):
    """The bytes are a text in both encodings, but not the same one."""

    message = (
        "The file %(file)s could be in UTF-8 or in GB18030; name its encoding in the manifest. "
        "It was set aside; send it again."
    )


class ColumnsMissing(FileRefused):
    """The header lacks what an answer cannot be without."""

    message = "The file %(file)s lacks the columns %(columns)s. It was set aside; send it again."


class NotTabular(FileRefused):
    """No rows of fields can be made out in the file."""

    message = (
        "No rows can be made out in the file %(file)s from line %(line)s on. It was set aside; send it again."
    )


@dataclass(frozen=True, kw_only=True)
class Announced:
    """What a manifest says of its file."""

    file: str
    rows: int
    sha256: str
    day: date
    #: as the manifest calls them; empty where it does not say
    feed: str = ""
    encoding: str = ""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A file that is what was announced."""

    path: Path
    feed: Feed
    #: utf-8 | gb18030
    encoding: str


def announced(manifest: Path) -> Announced:
    """Read a manifest; the file lies beside it, whatever path is named. Raises ManifestUnreadable."""
    try:
        with manifest.open(encoding="utf-8") as text:
            found = json.loads(text.read(CHUNK))
        said = Announced(
            file=Path(str(found["file"])).name,
            rows=int(found["rows"]),
            sha256=str(found["sha256"]).lower(),
            day=date.fromisoformat(found["day"]),
            feed=str(found.get("feed", "")),
            encoding=str(found.get("encoding", "")),
        )
    except UNREADABLE as error:
        raise ManifestUnreadable(file=manifest.name, what=f"{type(error).__name__}: {error}") from error
    if len(said.file) > LONGEST_NAME:
        raise NameTooLong(file=said.file[: LONGEST_NAME // 2], most=LONGEST_NAME)
    return said


def feed_named(said: Announced) -> Feed:
    """The feed the manifest names, else the one the file's name begins with; raises FeedUnknown."""
    feed = BY_FILE.get(said.feed) if said.feed else feed_of(said.file)
    if feed is None:
        raise FeedUnknown(file=said.file, feeds=", ".join(BY_FILE))
    return feed


def checked(folder: Path, said: Announced) -> Checked:
    """Look through the whole file before a line of it counts; raises the FileRefused that fits."""
    feed, path = feed_named(said), folder / said.file
    if not path.is_file():
        raise FileMissing(file=said.file)
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    if digest != said.sha256:
        raise ContentDiffers(file=said.file)
    found = Checked(path=path, feed=feed, encoding=_encoding(path, said.encoding))
    _require_columns(found)
    came = sum(1 for _ in records(found)) - 1
    if max(came, 0) != said.rows:
        raise RowsDiffer(file=said.file, announced=said.rows, came=max(came, 0))
    return found


def records(found: Checked) -> Iterator[tuple[int, list[str]]]:
    """First line and fields of each row, the header first; a quoted field may hold line ends."""
    with found.path.open(encoding=CODECS[found.encoding], newline="") as text:
        rows, line = csv.reader(iter(partial(text.readline, LONGEST_LINE), "")), 1
        try:
            for fields in rows:
                if fields:
                    yield line, fields
                line = rows.line_num + 1
        except csv.Error as error:
            raise NotTabular(file=found.path.name, line=line) from error


def header(found: Checked) -> Layout:
    """The place of each column we read, and how many fields a row has."""
    _, names = next(records(found), (1, []))
    names = [name.strip().removeprefix("\ufeff") for name in names]
    ours = {column.name for column in found.feed.columns}
    places = {name: place for place, name in enumerate(names) if name in ours}
    return Layout(places=places, width=len(names))


def _require_columns(found: Checked) -> None:
    lacking = found.feed.needed - set(header(found).places)
    if lacking:
        raise ColumnsMissing(file=found.path.name, columns=", ".join(sorted(lacking)))


def _encoding(path: Path, named: str) -> str:
    """The encoding the manifest names, held to it; else the only one the bytes are a text in."""
    if not named:
        return _detected(path)
    encoding = ENCODINGS.get(named.strip().lower())
    if encoding is None:
        raise EncodingUnknown(file=path.name, encoding=named)
    if not _fits(path, encoding):
        raise NotInEncoding(file=path.name, encoding=encoding)
    return encoding


def _detected(path: Path) -> str:
    """Plain ASCII and what begins with a mark are UTF-8; a text in both encodings is UTF-8 only where it has
    characters of three bytes there: short Chinese words of GB18030 can look like UTF-8 of two bytes each.
    """
    highest = _highest_in_utf8(path)
    if highest is not None and (_is_marked(path) or highest < "\x80" or highest >= THREE_BYTES):
        return "utf-8"
    is_gb18030 = _fits(path, "gb18030")
    if highest is not None and is_gb18030:
        raise EncodingDoubtful(file=path.name)
    if highest is None and not is_gb18030:
        raise NotInEncoding(file=path.name, encoding="utf-8, gb18030")
    return "gb18030" if is_gb18030 else "utf-8"


def _is_marked(path: Path) -> bool:
    with path.open("rb") as content:
        return content.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8


def _highest_in_utf8(path: Path) -> str | None:
    """The last character of Unicode's order that the text has; None where it is not in UTF-8."""
    highest = ""
    for text in _texts(path, "utf-8"):
        if text is None:
            return None
        highest = max(highest, max(text, default=""))
    return highest


def _fits(path: Path, encoding: str) -> bool:
    return all(text is not None for text in _texts(path, encoding))


def _texts(path: Path, encoding: str) -> Iterator[str | None]:
    """The text piece by piece; None, and no more, where the bytes are no text in this encoding."""
    decoder = codecs.getincrementaldecoder(CODECS[encoding])()
    with path.open("rb") as content:
        try:
            while chunk := content.read(CHUNK):
                yield decoder.decode(chunk)
            yield decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            yield None
