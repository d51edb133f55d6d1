"""Solves the constants on a reference population; run by hand when a rule of the province changes."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from demo.market.reach import DELIVERED, KEPT, REACHED
from demo.province.constants import FILE, Constants, Response
from demo.province.people import People, Traits, settle, temper
from demo.province.propensity import (
    Person,
    grade,
    holdings,
    log_odds,
    score,
    score_indexes,
    segments,
    taste,
)
from demo.province.streams import Floats, Mask, Streams, expit
from demo.province.usage import leaving_leaning, mark, service_leanings, spend, subscribe

_BLOCKS, _SEED = 4, 1
#: Share of customers with each service; v_mms by the size of H06, v_fetion by that of H10.
_SERVICE_SHARES = {
    "v_crbt": 0.50, "v_mms": 0.277, "v_wap": 0.40, "v_mnews": 0.05, "v_fetion": 0.30, "v_musicclub": 0.06,
    "v_callalert": 0.42,
}  # fmt: skip
_LEAVING = 0.018


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What a list should give in 30 days: channel, treated and untreated rate, over a reference audience."""

    channel: str
    treated: float
    alone: float
    slope: float = 1.0


#: `demo.md` section 4, and ours where it is silent.
_AIMS = {
    "CRBT/rest": Aim(channel="sms", treated=0.12, alone=0.033),
    "CRBT/lost": Aim(channel="call", treated=0.3465, alone=0.05),
    "TONE/rest": Aim(channel="sms", treated=0.10, alone=0.04, slope=0.8),
    "MBOX/rest": Aim(channel="call", treated=0.564, alone=0.06, slope=0.8),
    "CLUB/rest": Aim(channel="call", treated=0.476, alone=0.06, slope=0.8),
    "CLUB/heavy": Aim(channel="call", treated=0.524, alone=0.08, slope=0.8),
    "PAPER/rest": Aim(channel="call", treated=0.376, alone=0.03),
    "PAPER/high_potential": Aim(channel="call", treated=0.4037, alone=0.03),
    "MMS3/rest": Aim(channel="sms", treated=0.08, alone=0.015),
    "FETION/rest": Aim(channel="sms", treated=0.20, alone=0.04, slope=0.9),
    "FAMILY/rest": Aim(channel="call", treated=0.10, alone=0.01),
    "TWOCITY/rest": Aim(channel="sms", treated=0.12, alone=0.03),
    "IP12593/rest": Aim(channel="sms", treated=0.09, alone=0.02),
    "G3PHONE/rest": Aim(channel="call", treated=0.08, alone=0.01),
}


@dataclass(frozen=True, kw_only=True)
class _Sample:
    streams: Streams
    people: People
    traits: Traits


def write(file: Path) -> None:
    """Solve everything and write it down."""
    samples = [_sample(block) for block in range(_BLOCKS)]
    constants = _cut_points(samples)
    constants = replace(constants, rates=_rates(samples, constants))
    persons = [_person(sample, constants) for sample in samples]
    constants = _add_spending_cuts(persons, constants)
    persons = [replace(person, levels=grade(person.traits, person.usage, constants)) for person in persons]
    constants = replace(constants, scores=_spreads(samples, persons))
    constants = replace(constants, responses=_responses(samples, persons, constants))
    text = json.dumps(_rounded(asdict(constants)), indent=1, sort_keys=True)
    file.write_text(text + "\n", encoding="utf-8")


def _sample(block: int) -> _Sample:
    streams = Streams(seed=_SEED, block=block)
    people = settle(streams)
    return _Sample(streams=streams, people=people, traits=temper(streams, people))


def _cut_points(samples: list[_Sample]) -> Constants:
    """Fashion: top 15 % lead, bottom 35 % conserve; price: 30 % each side; learning: 60 % high."""

    def cut(trait: str, share: float) -> float:
        return float(np.quantile(np.concatenate([getattr(s.traits, trait) for s in samples]), share))

    cuts = {
        "fashion_follow": cut("fashion", 0.35), "fashion_lead": cut("fashion", 0.85),
        "price_economical": cut("price", 0.30), "price_insensitive": cut("price", 0.70),
        "learning_high": cut("learning", 0.40), "gotone": cut("pay", 0.90) - 0.35,
        "arpu_mid": 0.0, "arpu_high": 0.0,
    }  # fmt: skip
    return Constants(cuts=cuts, rates={}, scores={}, responses={})


def _rates(samples: list[_Sample], constants: Constants) -> dict[str, float]:
    leanings = [service_leanings(sample.people, sample.traits) for sample in samples]
    found = {
        name: _solve(np.concatenate([leaning[name] for leaning in leanings]), share)
        for name, share in _SERVICE_SHARES.items()
    }
    leaving = []
    for sample in samples:
        usage = spend(sample.streams, sample.people, sample.traits, constants)
        nothing = np.zeros(sample.people.index.size, np.int64)
        leaving.append(leaving_leaning(sample.streams, sample.people, sample.traits, usage, nothing))
    return {**found, "leaving": _solve(np.concatenate(leaving), _LEAVING)}


def _person(sample: _Sample, constants: Constants) -> Person:
    streams, people, traits = sample.streams, sample.people, sample.traits
    usage = spend(streams, people, traits, constants)
    marks = mark(streams, people, traits, usage, constants)
    return Person(
        people=people, traits=traits, usage=usage, services=subscribe(streams, people, traits, constants),
        levels=grade(traits, usage, constants), annoy=marks.annoy,
    )  # fmt: skip


def _add_spending_cuts(persons: list[Person], constants: Constants) -> Constants:
    arpu = np.concatenate([person.usage.arpu_fen for person in persons])
    high, middle = float(np.quantile(arpu, 0.90)), float(np.quantile(arpu, 0.60))
    return replace(constants, cuts={**constants.cuts, "arpu_high": high, "arpu_mid": middle})


def _spreads(samples: list[_Sample], persons: list[Person]) -> dict[str, tuple[float, float]]:
    by_block = [score_indexes(s.streams, p) for s, p in zip(samples, persons, strict=True)]
    found = {}
    for topic in by_block[0]:
        values = np.concatenate([indexes[topic][0][indexes[topic][1]] for indexes in by_block])
        found[topic] = (float(values.mean()), float(values.std()))
    return found


def _responses(samples: list[_Sample], persons: list[Person], constants: Constants) -> dict[str, Response]:
    indexes = [taste(person) for person in persons]
    audiences = [_audiences(s, p, constants) for s, p in zip(samples, persons, strict=True)]
    found = {}
    for name, aim in _AIMS.items():
        code = name.split("/")[0]
        chosen = [audience[name] for audience in audiences]
        index = np.concatenate([i[code][mask] for i, mask in zip(indexes, chosen, strict=True)])
        annoy = np.concatenate([p.annoy[mask] for p, mask in zip(persons, chosen, strict=True)])
        found[name] = _fit(aim, index, annoy)
    return found


def _fit(aim: Aim, index: Floats, annoy: Floats) -> Response:
    """First the intercept of those left alone, then that of those asked, through the channel's own reach."""
    a0 = _solve(aim.slope * index, aim.alone)
    reached = DELIVERED if aim.channel == "sms" else REACHED
    kept = KEPT[aim.channel]

    def treated(a1: float) -> float:
        response = Response(a0=a0, a1=a1, s0=aim.slope, s1=aim.slope)
        alone, asked = log_odds(response, index, annoy)
        chance = reached * expit(alone + kept * (asked - alone)) + (1 - reached) * expit(alone)
        return float(chance.mean())

    return Response(a0=a0, a1=_bisect(treated, aim.treated), s0=aim.slope, s1=aim.slope)


def _audiences(sample: _Sample, person: Person, constants: Constants) -> dict[str, Mask]:
    """Whom each aim was stated for: the audiences of `demo.md` section 5, else who has the product not."""
    has = holdings(sample.streams, person.people, person.services)
    topics = score_indexes(sample.streams, person)
    index, about = topics["crbt_potential"]
    spread = constants.scores["crbt_potential"]
    seen = score(sample.streams, "crbt_potential", index, spread)
    levels, services = person.levels, person.services
    feeling = (levels.pay > 0) & (levels.price == 2) & (levels.fashion == 1) & (levels.learning == 1)
    stylish = (levels.pay > 0) & (levels.price == 2) & (levels.fashion == 2) & (levels.learning == 1)
    written = ~levels.high_potential & ~levels.middle_potential
    special = segments(person)
    wanted = {
        "CRBT/rest": about & (seen >= np.quantile(seen[about], 0.80)),
        "MBOX/rest": services.has["v_crbt"] & (services.tone_downloads <= 1),
        "TONE/rest": services.has["v_crbt"],
        "CLUB/rest": stylish & ~special["CLUB/heavy"],
        "PAPER/rest": feeling,
        "MMS3/rest": services.has["v_mms"] & written,
        "FETION/rest": person.people.campus & (person.people.age <= 23) & (person.usage.brand == 1),
        "FAMILY/rest": person.people.family_size >= 3,
        "TWOCITY/rest": person.people.away,
        "G3PHONE/rest": person.usage.arpu_fen >= 5800,
        **special,
    }
    everybody = np.ones(person.people.index.size, bool)
    return {name: wanted.get(name, everybody) & ~has[name.split("/")[0]] for name in _AIMS}


def _solve(leaning: Floats, share: float) -> float:
    """The intercept at which the mean chance is `share`."""
    return _bisect(lambda intercept: float(expit(intercept + leaning).mean()), share)


def _bisect(rising: Callable[[float], float], wanted: float) -> float:
    low, high = -20.0, 12.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return (low + high) / 2


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(inner) for inner in value]
    return round(value, 6) if isinstance(value, float) else value


if __name__ == "__main__":
    write(FILE)
