"""Reading for long without keeping others from writing: SQLite has one writer, and jobs look for minutes."""

from collections.abc import Iterator
from contextlib import contextmanager

from models.base import db, read_only


@contextmanager
def looking() -> Iterator[None]:
    """The transaction inside is a reader's and ends with the block; what is to be written comes after it."""
    db.session.rollback()
    with read_only():
        try:
            yield
        finally:
            db.session.rollback()
