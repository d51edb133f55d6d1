"""Puts diagrams in force: checked, pinned to the tables in force, kept under a digest that never changes."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.engine import checker, decisions
from app.engine.history import canonical
from app.engine.problems import DiagramRefused
from app.engine.specification import pack, pack_sources
from app.engine.values import Bundle, Operation
from models.process import ProcessVersion


def publish(
    session: Session, bundle: Bundle, operations: Mapping[str, Operation], login: str, now: datetime
) -> ProcessVersion:
    """Store a version, or find the one these files and tables already are; refuse what has errors."""
    in_force = decisions.in_force(session)
    checked = checker.check(bundle, operations, in_force)
    if checked.errors:
        first = checked.errors[0]
        raise DiagramRefused(
            count=len(checked.errors), element=first.element, first=str(first), findings=checked.findings
        )
    pinned = {asked: in_force[asked] for asked in sorted(checked.asked)}
    digest = digest_of(bundle, pinned)
    here = (ProcessVersion.key == bundle.key, ProcessVersion.digest == digest)
    found = session.scalars(select(ProcessVersion).where(*here)).first()
    if found is not None:
        return found
    last = session.scalar(select(func.max(ProcessVersion.number)).where(ProcessVersion.key == bundle.key))
    sources = {name: source.decode() for name, source in {**bundle.diagrams, **bundle.forms}.items()}
    version = ProcessVersion(
        key=bundle.key,
        number=(last or 0) + 1,
        digest=digest,
        name=checked.maps[bundle.key]["name"],
        name_en=checked.maps[bundle.key]["name_en"],
        sources=pack_sources(sources),
        specification=pack(checked.top, checked.called, checked.maps),
        decisions=pinned,
        published_at=now,
        published_by=login,
    )
    session.add(version)
    session.flush()
    return version


def digest_of(bundle: Bundle, pinned: Mapping[str, str]) -> str:
    """sha256 over the digests of all files and the pinned tables."""
    files = {
        name: hashlib.sha256(source).hexdigest()
        for name, source in {**bundle.diagrams, **bundle.forms}.items()
    }
    return hashlib.sha256(canonical({"files": files, "decisions": dict(pinned)}).encode()).hexdigest()
