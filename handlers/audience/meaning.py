"""Whether a condition makes sense: does the tag exist, can it be compared so, can it have that value."""

import re
from decimal import ROUND_HALF_UP, Decimal

from handlers.audience.problems import (
    EmptyList,
    OperatorUnfit,
    RangeReversed,
    TooManyValues,
    UnknownGroup,
    UnknownTag,
    ValueUnfit,
)
from handlers.audience.tags import GROUP_CODES, TAGS, Tag
from handlers.audience.tree import OPS, SCORE_SCALE, Op

MAX_VALUES = 1000
LARGEST = 2**31 - 1
CODES = {"pref": "[0-9]{2}", "county": "[0-9]{4}", "id_region": "[0-9]{2}"}
EQUALITY: tuple[Op, ...] = ("=", "!=")


def tag(name: str, path: str) -> Tag:
    """The tag of this name; raises UnknownTag."""
    if name not in TAGS:
        raise UnknownTag(path=path, tag=name)
    return TAGS[name]


def operator(asked: Tag, op: Op, path: str) -> Op:
    """Only numbers have an order; everything else is equal or not."""
    allowed = OPS if asked.type == "number" else EQUALITY
    if op not in allowed:
        raise OperatorUnfit(path=path, tag=asked.name, op=op, allowed=" ".join(allowed))
    return op


def value(asked: Tag, given: object, path: str) -> int | str | bool:
    """The value as the tag has it; raises ValueUnfit."""
    if asked.type == "number":
        return _whole(asked, given, path)
    if asked.type == "yesno":
        if isinstance(given, bool):
            return given
        raise ValueUnfit(path=path, tag=asked.name, value=given, expected="true, false")
    return _code(asked, given, path)


def values(asked: Tag, given: list[object], path: str) -> tuple[int | str, ...]:
    """Values of a list, sorted and each once; raises what is wrong with the first bad one."""
    if asked.type == "yesno":
        raise OperatorUnfit(path=path, tag=asked.name, op="in", allowed=" ".join(EQUALITY))
    if not given:
        raise EmptyList(path=path)
    if len(given) > MAX_VALUES:
        raise TooManyValues(path=path, count=len(given), limit=MAX_VALUES)
    if asked.type == "number":
        return tuple(sorted({_whole(asked, one, path) for one in given}))
    return tuple(sorted({_code(asked, one, path) for one in given}))


def ends(asked: Tag, given: list[object], path: str) -> tuple[int, int]:
    """The two ends of a range, both included."""
    if asked.type != "number":
        raise OperatorUnfit(path=path, tag=asked.name, op="between", allowed=" ".join(EQUALITY))
    if len(given) != 2:
        raise ValueUnfit(path=path, tag=asked.name, value=given, expected="[a, b]")
    low, high = (_whole(asked, one, path) for one in given)
    if low > high:
        raise RangeReversed(path=path, low=low, high=high)
    return low, high


def groups(given: list[object], path: str) -> tuple[str, ...]:
    """Groups in the order of their codes, each once; raises UnknownGroup."""
    if not given:
        raise EmptyList(path=path)
    for name in given:
        if not isinstance(name, str) or name not in GROUP_CODES:
            raise UnknownGroup(path=path, group=name)
    return tuple(name for name in GROUP_CODES if name in given)


def ten_thousandths(score: Decimal) -> int:
    """A score between 0 and 1 as it is stored; further digits are rounded."""
    return int((score * SCORE_SCALE).quantize(Decimal(1), ROUND_HALF_UP))


def _whole(asked: Tag, given: object, path: str) -> int:
    whole = isinstance(given, int | float) and not isinstance(given, bool) and given == given // 1
    if not whole or not isinstance(given, int | float) or abs(given) > LARGEST:
        raise ValueUnfit(path=path, tag=asked.name, value=given, expected=f"0 .. {LARGEST}")
    return int(given)


def _code(asked: Tag, given: object, path: str) -> str:
    pattern = CODES.get(asked.name)
    if isinstance(given, str) and (given in asked.values or (pattern and re.fullmatch(pattern, given))):
        return given
    expected = " / ".join(asked.values) or pattern or ""
    raise ValueUnfit(path=path, tag=asked.name, value=given, expected=expected)
