"""Process data is small plain JSON: the one gate through which every value enters a process."""

from typing import Any

import orjson

from app.engine.problems import DataNotPlain, DataTooLarge, KeyReserved

#: bytes of one task's data; process data carries keys and decisions, tables carry facts
LIMIT = 32 * 1024
#: SpiffWorkflow's own serialiser takes a mapping with this key for an object of its own and fails
RESERVED = "typename"


def plain(value: Any, where: str) -> Any:
    """Take a deep copy as plain JSON; refuse what is not, what is too large, and reserved keys."""
    try:
        text = orjson.dumps(value)
    except (TypeError, ValueError, RecursionError) as problem:
        raise DataNotPlain(where=where, reason=str(problem)) from problem
    if len(text) > LIMIT:
        raise DataTooLarge(where=where, size=len(text), limit=LIMIT)
    copied = orjson.loads(text)
    if b'"typename"' in text and _has_reserved(copied):
        raise KeyReserved(where=where, key=RESERVED)
    return copied


def _has_reserved(value: Any) -> bool:
    if isinstance(value, dict):
        return RESERVED in value or any(_has_reserved(v) for v in value.values())
    return isinstance(value, list) and any(_has_reserved(v) for v in value)
