"""What was done, append-only and chained: every event carries the digest of the one before it.

Recomputing needs the rows alone, so a third party can do it offline. A chain is written under the lock of the
verb that writes it, so seq has no gaps; the head is kept beside the state of a process too, so that cutting
off the end shows as well.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal, Protocol, cast

import orjson
from sqlalchemy import Row, Table, func, insert, select, tuple_
from sqlalchemy.orm import Session

from app.engine import state
from app.engine.values import Actor, Broken, Verification
from models.base import take_turns
from models.history import HistoryEvent
from models.process import ProcessState

#: what the first event of a chain carries as the digest before it
GENESIS = "0" * 64
_CANONICAL = orjson.OPT_SORT_KEYS
_TABLE = cast(Table, HistoryEvent.__table__)


@dataclass(frozen=True, kw_only=True)
class Happening:
    """Something that happened and is to be written."""

    verb: str
    element: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Head:
    """Where a chain stands."""

    seq: int = 0
    digest: str = GENESIS


class Recorded(Protocol):
    """A row of history, from the database or from an export."""

    @property
    def chain(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def on_behalf_of(self) -> str | None: ...
    @property
    def verb(self) -> str: ...
    @property
    def subject_type(self) -> str: ...
    @property
    def subject_id(self) -> int: ...
    @property
    def element(self) -> str | None: ...
    @property
    def details(self) -> str: ...
    @property
    def previous(self) -> str: ...
    @property
    def digest(self) -> str: ...


def canonical(value: Any) -> str:
    """JSON in one spelling: keys sorted, no spaces, UTF-8."""
    return orjson.dumps(value, option=_CANONICAL).decode()


def digest_of(event: Mapping[str, Any]) -> str:
    """sha256 over the canonical JSON of an event's fields, the digest before it among them."""
    fields = {name: value for name, value in event.items() if name != "digest"}
    fields["at"] = fields["at"].astimezone(UTC).isoformat()
    return hashlib.sha256(canonical(fields).encode()).hexdigest()


def head_of(session: Session, chain: str) -> Head:
    """Where the chain stands now."""
    asked = select(_TABLE.c.seq, _TABLE.c.digest).where(_TABLE.c.chain == chain)
    found = session.execute(asked.order_by(_TABLE.c.seq.desc()).limit(1)).first()
    return Head(seq=found.seq, digest=found.digest) if found else Head()


def lock(session: Session, chain: str) -> None:
    """Let one writer at a time into a chain no process guards, until it commits; SQLite does so anyway."""
    take_turns(session, chain)


def append(
    session: Session,
    chain: str,
    happenings: Sequence[Happening],
    *,
    actor: Actor,
    now: datetime,
    subject: tuple[str, int] = ("", 0),
    head: Head | None = None,
) -> Head:
    """Write events at the end of a chain; the caller holds the lock of what the chain is about."""
    head = head or head_of(session, chain)
    rows = []
    for happening in happenings:
        row = {
            "chain": chain,
            "seq": head.seq + 1,
            "at": now,
            "actor": actor.login,
            "on_behalf_of": actor.on_behalf_of,
            "verb": happening.verb,
            "subject_type": subject[0],
            "subject_id": subject[1],
            "element": happening.element,
            "details": canonical(dict(happening.details)),
            "previous": head.digest,
        }
        digest = row["digest"] = digest_of(row)
        head = Head(seq=head.seq + 1, digest=digest)
        rows.append(row)
    if rows:
        session.execute(insert(_TABLE), rows)
    return head


def first_break(rows: Iterable[Recorded]) -> tuple[int, Literal["gap", "previous", "digest"]] | None:
    """Where a chain, given in order of seq, does not hold: a gap, a wrong link, or a changed field."""
    head = Head()
    for row in rows:
        if row.seq != head.seq + 1:
            return head.seq + 1, "gap"
        if row.previous != head.digest:
            return row.seq, "previous"
        if row.digest != digest_of({name: getattr(row, name) for name in _FIELDS}):
            return row.seq, "digest"
        head = Head(seq=row.seq, digest=row.digest)
    return None


_FIELDS = tuple(c.name for c in _TABLE.columns if c.name not in ("id", "digest"))


def rows_of(session: Session, chain: str | None) -> Iterable[Row[Any]]:
    """The rows of one chain, or of all, in the order to be checked."""
    asked = select(_TABLE).order_by(_TABLE.c.chain, _TABLE.c.seq)
    if chain is not None:
        asked = asked.where(_TABLE.c.chain == chain)
    return session.execute(asked.execution_options(yield_per=2000))


def verify(session: Session, chain: str | None) -> Verification:
    """Check one chain or all, each from its first event to the head its process remembers."""
    heads = _heads(session, chain)
    broken: list[Broken] = []
    count, seen = 0, set()
    for name, rows in groupby(rows_of(session, chain), key=lambda row: row.chain):
        listed = list(rows)
        count += len(listed)
        seen.add(name)
        broken.extend(_breaks(name, listed, heads.get(name)))
    broken.extend(_broken(name, 1, "head") for name in heads.keys() - seen)
    processes = sum(1 for name in seen | heads.keys() if _process_of(name) is not None)
    return Verification(
        processes=processes, events=count, broken=sorted(broken, key=lambda b: (b.chain, b.seq))
    )


def _breaks(chain: str, rows: list[Row[Any]], head: list[Any] | None) -> Iterable[Broken]:
    found = first_break(cast(Iterable[Recorded], rows))
    if found is not None:
        yield _broken(chain, *found)
    elif head is not None and head != [rows[-1].seq, rows[-1].digest]:
        yield _broken(chain, rows[-1].seq, "head")


def _broken(chain: str, seq: int, reason: Literal["gap", "previous", "digest", "head"]) -> Broken:
    return Broken(chain=chain, process_id=_process_of(chain), seq=seq, reason=reason)


def _process_of(chain: str) -> int | None:
    kind, _, number = chain.partition(":")
    return int(number) if kind == "process" and number.isdigit() else None


def _heads(session: Session, chain: str | None) -> dict[str, list[Any]]:
    """The head each process remembers beside its newest state."""
    newest = select(ProcessState.process_id, func.max(ProcessState.revision)).group_by(
        ProcessState.process_id
    )
    if chain is not None:
        newest = newest.where(ProcessState.process_id == _process_of(chain))
    asked = select(ProcessState.process_id, ProcessState.body).where(
        tuple_(ProcessState.process_id, ProcessState.revision).in_(newest)
    )
    return {f"process:{key}": state.head_of(body) for key, body in session.execute(asked)}
