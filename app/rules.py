"""The decision tables in force: published versions from the database, parsed once per digest."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from handlers.decisions import Library
from models.base import Problem
from models.process import DecisionVersion


class NoSuchDecision(Problem):
    """A decision table nobody has published."""

    message = "There is no published decision table “%(decision)s”."


class Rules:
    """Answers by version for the engine, and by the latest version for tools and pages."""

    def __init__(self, session: scoped_session[Any]) -> None:
        self._session = session
        self._library = Library()
        self._known: set[str] = set()

    def decide(self, digest: str, decision: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Decide by exactly this version; the result is what goes into the process."""
        self._learn(digest)
        return dict(self._library.decide(digest, decision, inputs))

    def decide_latest(self, decision: str, inputs: Mapping[str, Any]) -> Any:
        """Decide by the version in force now; a list where the table gives a list."""
        digest = self.latest_digest(decision)
        self._learn(digest)
        return self._library.model(digest).decide(decision, inputs)

    def latest_digest(self, decision: str) -> str:
        """Digest of the version in force."""
        asked = select(DecisionVersion.digest).where(DecisionVersion.key == decision)
        found = self._session.scalars(asked.order_by(DecisionVersion.number.desc()).limit(1)).first()
        if found is None:
            raise NoSuchDecision(decision=decision)
        return found

    def _learn(self, digest: str) -> None:
        if digest in self._known:
            return
        xml = self._session.scalar(select(DecisionVersion.xml).where(DecisionVersion.digest == digest))
        if xml is None:
            raise NoSuchDecision(decision=digest)
        self._library.add(xml.encode())
        self._known.add(digest)
