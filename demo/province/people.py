"""Who lives where: households, students, migrants, age and sex, and the four traits behind everything."""

from dataclasses import dataclass

import numpy as np

from demo.province.places import CAMPUS_CELLS, CAMPUS_COUNTY, COUNTIES, county_shares, prefecture_of_county
from demo.province.streams import BLOCK, Floats, Ints, Mask, Streams, mix

_HOUSEHOLD_SIZES = (0.46, 0.20, 0.20, 0.10, 0.04)
_CAPITAL, _ISLAND, _FACTORIES = 0, 1, 4
#: How many of the capital's students live in the university town.
_ON_CAMPUS = 0.80


@dataclass(frozen=True, kw_only=True)
class People:
    """One block of people; every array has one row per customer."""

    index: Ints
    family: Ints
    family_size: Ints
    county: Ints
    prefecture: Ints
    cell: Ints
    age: Ints
    man: Mask
    urban: Mask
    migrant: Mask
    student: Mask
    campus: Mask
    away: Mask

    @property
    def az(self) -> Floats:
        """Age in the traits' scale: 0 at 36 years, 1 every 13 years."""
        return (self.age - 36) / 13


@dataclass(frozen=True, kw_only=True)
class Traits:
    """Hidden standings: paying power, fashion, price indifference, learning (`requirements.md` J4)."""

    pay: Floats
    fashion: Floats
    price: Floats
    learning: Floats


@dataclass(frozen=True, kw_only=True)
class _Households:
    start: Ints
    of_person: Ints
    size: Ints
    position: Ints


def settle(streams: Streams) -> People:
    """The people of one block: families are neighbours by index and live in one county."""
    homes = _households(streams)
    single = homes.size[homes.of_person] == 1
    county = np.searchsorted(np.cumsum(county_shares()), streams.uniform("county"), side="right")
    county = np.minimum(county, len(COUNTIES) - 1)[homes.start[homes.of_person]]
    prefecture = prefecture_of_county()[county]
    capital = prefecture == _CAPITAL
    drawn = np.isin(prefecture, [_ISLAND, _FACTORIES])
    migrant = single & streams.chance("migrant", np.where(drawn, 0.60, np.where(capital, 0.30, 0.22)))
    student = single & ~migrant & streams.chance("student", np.where(capital, 0.42, 0.20))
    campus = student & capital & streams.chance("campus", _ON_CAMPUS)
    county = np.where(campus, _campus_position(), county)
    index = streams.block * BLOCK + np.arange(BLOCK, dtype=np.int64)
    family = streams.block * BLOCK + homes.start[homes.of_person]
    return People(
        index=index, family=family, family_size=homes.size[homes.of_person], county=county,
        prefecture=prefecture, cell=_cells(family, county, campus),
        age=_ages(streams, homes, student, migrant),
        man=streams.chance("sex", np.where(homes.position == 0, 0.58, 0.47)),
        urban=streams.chance("urban", np.where(drawn | capital, 0.62, 0.42)),
        migrant=migrant, student=student, campus=campus, away=migrant & streams.chance("away", 0.9),
    )  # fmt: skip


def temper(streams: Streams, people: People) -> Traits:
    """The four hidden traits: partly the person's own, partly age, family, place and means."""
    az = people.az
    shared = streams.normal("pay of the family")[people.family - streams.block * BLOCK]
    pay = 0.55 * streams.normal("pay") + 0.30 * shared + 0.25 * people.urban
    pay = pay - 0.35 * people.student - 0.15 * people.migrant - 0.10 * az * az + 0.05
    return Traits(
        pay=pay,
        fashion=0.80 * streams.normal("fashion") - 0.45 * az + 0.25 * pay,
        price=0.85 * streams.normal("price") + 0.45 * pay - 0.10 * people.student,
        learning=0.75 * streams.normal("learning") - 0.60 * az + 0.15 * people.urban,
    )


def _households(streams: Streams) -> _Households:
    sizes = streams.generator("household").choice(5, size=BLOCK, p=_HOUSEHOLD_SIZES) + 1
    start = np.cumsum(sizes) - sizes
    start = start[start < BLOCK].astype(np.int64)
    size = np.diff(np.append(start, BLOCK))
    of_person = np.repeat(np.arange(start.size), size)
    return _Households(
        start=start, of_person=of_person, size=size, position=np.arange(BLOCK) - start[of_person]
    )


def _ages(streams: Streams, homes: _Households, student: Mask, migrant: Mask) -> Ints:
    spread = streams.uniform("age")
    grown = 38 + 12 * streams.normal("age of the grown")
    settled = np.clip(np.where(homes.position == 2, 14 + 10 * spread, grown), 14, 85)
    age = np.where(student, 18 + 6 * spread, np.where(migrant, 19 + 26 * spread, settled))
    return age.astype(np.int64)


def _cells(family: Ints, county: Ints, campus: Mask) -> Ints:
    """Radio cell: 400 in a county, a dozen families share one; students share the last three of theirs."""
    home = mix(family // 12) % np.uint64(400)
    dormitory = mix(family) % np.uint64(CAMPUS_CELLS) + np.uint64(400)
    return county * 1000 + np.where(campus, dormitory, home).astype(np.int64)


def _campus_position() -> int:
    return [county.code for county in COUNTIES].index(CAMPUS_COUNTY)
