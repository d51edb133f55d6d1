"""A stored definition in one sentence, for pages that only show it."""

from collections.abc import Mapping
from typing import Any

from app.locale import language
from handlers import audience as audiences
from models.base import Problem, db


def sentence_of(definition: Mapping[str, Any] | None) -> str:
    """The sentence in the page's language; a definition of an older form is shown as a dash."""
    try:
        tree = audiences.parse(dict(definition or {}))
    except Problem:
        return "—"
    return audiences.sentence(tree, language(), audiences.places_of(db.session))
