"""To which of the fourteen groups each customer belongs, decided once a combination of the four indices."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from handlers.audience.query import Groups
from handlers.audience.tags import GROUP_CODES
from handlers.warehouse import Generation

TABLE = "fourteen_groups"
INDICES = ("paying", "price_attitude", "fashion", "learning")


def dense_groups(generation: Generation, decide: Callable[[str, Mapping[str, Any]], Any]) -> Groups:
    """Dense by sid: code of the group by the decision table `fourteen_groups`, 0 where an index is blank.

    `decide(table, inputs)` is asked once for each combination that occurs, 54 at most, whatever the number of
    customers; it answers the group's name, or a mapping with "group".
    """
    words = [generation.categories(name) for name in INDICES]
    shape = tuple(len(values) + 1 for values in words)
    cells = np.zeros(generation.width, dtype=np.int32)
    for name, size in zip(INDICES, shape, strict=True):
        cells = cells * size + (generation.column(name).astype(np.int32) + 1)
    code_of = np.zeros(int(np.prod(shape)), dtype=np.int8)
    for cell in np.flatnonzero(np.bincount(cells, minlength=len(code_of))):
        codes = [int(code) - 1 for code in np.unravel_index(cell, shape)]
        if min(codes) >= 0:
            inputs = {
                name: words[at][code] for at, (name, code) in enumerate(zip(INDICES, codes, strict=True))
            }
            code_of[cell] = _code(decide(TABLE, inputs))
    groups: Groups = code_of[cells]
    groups.flags.writeable = False
    return groups


def _code(answer: object) -> int:
    name = answer.get("group") if isinstance(answer, Mapping) else answer
    return GROUP_CODES.get(str(name), 0)
