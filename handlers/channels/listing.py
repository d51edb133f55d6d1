"""Channels that work from a list in a file: fill the content per customer, leave the list in a folder."""

import csv
import hashlib
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from handlers.channels.base import Channel, Content, HandOver, Row, Slip
from handlers.channels.files import hand_over_file
from handlers.channels.recipients import check_recipients, walk
from handlers.channels.text import (
    PlaceholderLeft,
    Template,
    harmless,
    is_sendable,
    read_template,
)
from models.base import Problem

PIECE = 65_536


class ValueMissing(PlaceholderLeft):
    """One customer has no value for a placeholder."""

    message = "Contact %(contact)s has no value for %(names)s."


class UnsendableValue(Problem):
    """One customer's value holds a control character or half of a character."""

    message = "Contact %(contact)s has a value for %(name)s that cannot be sent."


class ListReader:
    """Rows as the bytes of a CSV file, made while they are read; counts, units and digest grow on the way."""

    def __init__(self, columns: Sequence[str], rows: Iterable[Row], units: Callable[[Row], int]) -> None:
        self.rows = 0
        self.units = 0
        #: What went wrong while making rows, for whoever reads through a library that hides it.
        self.failure: Exception | None = None
        self._digest = hashlib.sha256()
        self._pending = bytearray()
        self._pieces = self._make(columns, rows, units)

    @property
    def digest(self) -> str:
        """SHA-256 of all bytes made so far."""
        return self._digest.hexdigest()

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`; all that are left if it is negative, none at the end."""
        while size < 0 or len(self._pending) < size:
            piece = self._next_piece()
            if not piece:
                break
            self._pending += piece
        size = len(self._pending) if size < 0 else size
        taken = bytes(self._pending[:size])
        del self._pending[:size]
        return taken

    def _next_piece(self) -> bytes:
        try:
            return next(self._pieces, b"")
        except Exception as failure:
            self.failure = failure
            raise

    def _make(
        self, columns: Sequence[str], rows: Iterable[Row], units: Callable[[Row], int]
    ) -> Iterator[bytes]:
        lines = _Lines()
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([harmless(cell) for cell in row])
            self.rows += 1
            self.units += units(row)
            if lines.length >= PIECE:
                yield self._counted(lines)
        yield self._counted(lines)

    def _counted(self, lines: "_Lines") -> bytes:
        piece = lines.take()
        self._digest.update(piece)
        return piece


class _Lines:
    """Where the CSV writer leaves its lines until they are taken."""

    def __init__(self) -> None:
        self.length = 0
        self._lines: list[str] = []

    def write(self, line: str) -> int:
        self._lines.append(line)
        self.length += len(line)
        return len(line)

    def take(self) -> bytes:
        piece = "".join(self._lines).encode()
        self._lines.clear()
        self.length = 0
        return piece


class ListChannel(Channel):
    """A channel whose people or machines read a list."""

    @abstractmethod
    def fill(self, template: Template, values: Mapping[str, str]) -> str:
        """The content for one customer."""

    def prepare(self, recipients: pa.Table, content: Content, fields: Mapping[str, str]) -> Iterator[Row]:
        """The rows of the list; everything that can be refused at once is refused before the first."""
        check_recipients(recipients)
        template = read_template(content.text)
        own = tuple(name for name in template.placeholders if name in recipients.column_names)
        sample = next(walk(recipients, ("id", *own)), None)
        values = {**fields, **dict(zip(own, sample[1:], strict=True))} if sample else fields
        for problem in self.validate(content, {k: v for k, v in values.items() if v is not None}):
            raise problem
        return self._rows(recipients, template, dict(fields), own)

    def hand_over(
        self, slip: Slip, rows: Iterable[Row], folder: Path, keys: Sequence[str], now: datetime
    ) -> HandOver:
        """Leave the list, encrypted, and then its manifest in the folder."""
        reader = ListReader(self.columns, rows, self.units)
        return hand_over_file(self.code, slip, reader, folder, keys, now)

    def _rows(
        self, recipients: pa.Table, template: Template, fields: dict[str, str], own: tuple[str, ...]
    ) -> Iterator[Row]:
        if not own:
            said = self.fill(template, fields)
            for contact, number in walk(recipients, ("id", "number")):
                yield contact, number, said
            return
        for contact, number, *cells in walk(recipients, ("id", "number", *own)):
            _check_cells(contact, own, cells)
            yield contact, number, self.fill(template, fields | dict(zip(own, cells, strict=True)))


def _check_cells(contact: str, names: tuple[str, ...], cells: Sequence[str | None]) -> None:
    for name, cell in zip(names, cells, strict=True):
        if cell is None or not cell.strip():
            raise ValueMissing(contact=contact, names=name)
        if not is_sendable(cell):
            raise UnsendableValue(contact=contact, name=name)
