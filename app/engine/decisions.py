"""Decision tables as the engine knows them: a digest in force, and which data an answer was made from."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from lxml import etree
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.engine.parser import Unreadable, read_xml
from app.engine.problems import DecisionUnreadable
from models.process import DecisionVersion


def _local(node: Any) -> str:
    return str(etree.QName(node).localname)


@lru_cache(maxsize=256)
def _read(xml: bytes) -> tuple[str, frozenset[str]]:
    """The id of the top decision of a file, and the texts of all input expressions."""
    try:
        root = read_xml(xml)
    except Unreadable as problem:
        raise DecisionUnreadable(reason=str(problem)) from problem
    decisions = [n.get("id") for n in root if isinstance(n.tag, str) and _local(n) == "decision"]
    required = {n.get("href", "").lstrip("#") for n in root.iter("{*}requiredDecision")}
    tops = [name for name in decisions if name not in required]
    if not tops or not tops[0]:
        raise DecisionUnreadable(reason="it holds no decision with an id")
    inputs = {(t.text or "").strip() for t in root.iterfind(".//{*}inputExpression/{*}text")}
    return str(tops[0]), frozenset(inputs)


def publish(session: Session, xml: bytes, login: str, now: datetime) -> DecisionVersion:
    """Put a table in force; the same table again is the version it already is."""
    digest = hashlib.sha256(xml).hexdigest()
    found = session.scalars(select(DecisionVersion).where(DecisionVersion.digest == digest)).first()
    if found is not None:
        return found
    key, _ = _read(xml)
    last = session.scalar(select(func.max(DecisionVersion.number)).where(DecisionVersion.key == key))
    version = DecisionVersion(
        key=key, number=(last or 0) + 1, digest=digest, xml=xml.decode(), published_at=now, published_by=login
    )
    session.add(version)
    session.flush()
    return version


def in_force(session: Session) -> dict[str, str]:
    """Decision id -> digest of its newest version."""
    asked = select(DecisionVersion.key, DecisionVersion.digest).order_by(DecisionVersion.number)
    return {key: digest for key, digest in session.execute(asked)}


def inputs_of(session: Session, digest: str) -> frozenset[str]:
    """The expressions a table looks at."""
    xml = session.scalar(select(DecisionVersion.xml).where(DecisionVersion.digest == digest))
    return _read(xml.encode())[1] if xml else frozenset()


def inputs_seen(session: Session, digest: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the data the table looks at, for history."""
    return {name: data[name] for name in sorted(inputs_of(session, digest)) if name in data}
