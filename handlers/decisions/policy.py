"""Which of the matching rules speak, and in what order: the hit policies of DMN 1.3, 8.2.11."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class HitPolicy(StrEnum):
    """How many rules may match and whose outputs count."""

    UNIQUE = "UNIQUE"
    ANY = "ANY"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"
    COLLECT = "COLLECT"

    @property
    def gives_list(self) -> bool:
        """All matching rules speak."""
        return self in (HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER, HitPolicy.COLLECT)

    @property
    def goes_by_output(self) -> bool:
        """The list of output values decides the order."""
        return self in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER)


class Aggregation(StrEnum):
    """What COLLECT makes of the outputs."""

    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    COUNT = "COUNT"


#: what editors write short
SHORT: Mapping[str, HitPolicy] = MappingProxyType(
    {
        "U": HitPolicy.UNIQUE,
        "A": HitPolicy.ANY,
        "F": HitPolicy.FIRST,
        "P": HitPolicy.PRIORITY,
        "R": HitPolicy.RULE_ORDER,
        "O": HitPolicy.OUTPUT_ORDER,
        "C": HitPolicy.COLLECT,
    }
)


def bits(mask: int) -> list[int]:
    """The positions of the ones, ascending."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
