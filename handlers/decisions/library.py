"""Keeps decision files by their digest: a running process decides by the version it was started with."""

from collections.abc import Callable, Mapping
from hashlib import sha256

from handlers.decisions.loader import load
from handlers.decisions.model import Model
from handlers.decisions.problems import UnknownDigest


class Library:
    """Models by the sha256 of their file; a model never changes, so threads share it."""

    def __init__(self, fetch: Callable[[str], bytes | None] | None = None) -> None:
        self._models: dict[str, Model] = {}
        #: finds the file of a digest that is not here yet, where the published versions are kept
        self._fetch = fetch

    def add(self, xml: bytes) -> str:
        """Reads a file and keeps it; the answer is its digest. A wrong file raises a DecisionProblem."""
        digest = sha256(xml).hexdigest()
        if digest not in self._models:
            self._models[digest] = load(xml)
        return digest

    def model(self, digest: str) -> Model:
        """The model of a digest; raises UnknownDigest."""
        if digest not in self._models:
            xml = self._fetch(digest) if self._fetch else None
            if xml is None or self.add(xml) != digest:
                raise UnknownDigest(digest=digest)
        return self._models[digest]

    def decide(self, digest: str, decision_id: str, data: Mapping[str, object]) -> dict[str, object]:
        """Takes a decision from process data; the answer is a dict of plain values to merge into it."""
        return self.model(digest).merged(decision_id, data)
