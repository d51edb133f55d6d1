"""What kind of people an audience is, beside all customers: shares, and an index where 100 is usual."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from handlers.audience.query import Groups
from handlers.audience.sentence import shown
from handlers.audience.tags import GROUPS, TAGS, Tag
from handlers.audience.words import Places, Words
from handlers.warehouse import Generation, Sids
from handlers.warehouse.arrays import blank_of

GROUP = "group"
FIVE = ("pref", "brand", "age", "arpu_fen", GROUP)
GROUP_WORDS = Words("人群", "customer group")
BLANK = Words("没有记录", "not known")


@dataclass(frozen=True, kw_only=True)
class Band:
    """One value of a tag, or one range of it."""

    words: Words
    people: int
    #: share of the audience, and of all customers, 0 to 1
    share: float
    base_share: float
    #: 100 where both shares are equal; None where nobody at all is in the band
    index: float | None


@dataclass(frozen=True, kw_only=True)
class Portrait:
    """An audience by one tag."""

    tag: str
    words: Words
    bands: tuple[Band, ...]


def portrait(
    sids: Sids,
    generation: Generation,
    groups: Groups | None = None,
    *,
    tags: Sequence[str] = FIVE,
    places: Places | None = None,
) -> list[Portrait]:
    """The audience by each of these tags; tags the data does not have and empty bands are left out."""
    found = []
    for name in tags:
        if name == GROUP:
            if groups is not None:
                found.append(_by_group(sids, generation, groups))
        elif generation.offers(name):
            found.append(_by_tag(sids, generation, TAGS[name], places or {}))
    return found


def _by_group(sids: Sids, generation: Generation, groups: Groups) -> Portrait:
    words = [BLANK, *GROUPS.values()]
    bands = _bands(groups.astype(np.int64), words, sids, generation)
    return Portrait(tag=GROUP, words=GROUP_WORDS, bands=bands)


def _by_tag(sids: Sids, generation: Generation, tag: Tag, places: Places) -> Portrait:
    codes, words = _coded(generation, tag, places)
    return Portrait(tag=tag.name, words=tag.words, bands=_bands(codes, words, sids, generation))


def _coded(generation: Generation, tag: Tag, places: Places) -> tuple[npt.NDArray[np.int64], list[Words]]:
    """Dense by sid: position in the words, which begin with "not known"."""
    values = generation.column(tag.name)
    if tag.type == "number":
        codes = np.searchsorted(np.array(tag.bands), values, side="right")
        codes[values == blank_of(values.dtype)] = 0
        return codes, [BLANK, *_ranges(tag)]
    if tag.type == "yesno":
        return np.maximum(values, -1).astype(np.int64) + 1, [BLANK, tag.no, tag.yes]
    known = {**places, **tag.values}
    names = [known.get(code, Words(code, code)) for code in generation.categories(tag.name)]
    return values.astype(np.int64) + 1, [BLANK, *names]


def _ranges(tag: Tag) -> list[Words]:
    """18–23岁, 24–29岁, ... where values are whole, else 30–50元, 50–80元, ...; the last is open."""
    step = 1 if tag.scale == 1 else 0
    found = []
    for low, high in pairwise(tag.bands):
        ends = sorted({low, high - step})
        said = "–".join(shown(end, tag.scale) for end in ends)
        found.append(Words(f"{said}{tag.unit.zh}", f"{said} {tag.unit.en}"))
    last = shown(tag.bands[-1], tag.scale)
    return [*found, Words(f"{last}{tag.unit.zh}及以上", f"{last} {tag.unit.en} or more")]


def _bands(
    codes: npt.NDArray[np.int64], words: Sequence[Words], sids: Sids, generation: Generation
) -> tuple[Band, ...]:
    people = np.bincount(codes[sids], minlength=len(words))
    base = np.bincount(codes[generation.present], minlength=len(words))
    shares, base_shares = people / max(len(sids), 1), base / max(generation.size, 1)
    return tuple(
        Band(
            words=said,
            people=int(people[at]),
            share=float(shares[at]),
            base_share=float(base_shares[at]),
            index=float(100 * shares[at] / base_shares[at]) if base[at] else None,
        )
        for at, said in enumerate(words)
        if people[at] or base[at]
    )
