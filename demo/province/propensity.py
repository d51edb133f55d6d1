"""The hidden truth of every product: who has it, who orders alone, who orders when asked; and the scores."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from demo.office.catalogue import CODES
from demo.province.constants import Constants, Response
from demo.province.people import People, Traits
from demo.province.streams import BLOCK, Floats, Ints, Mask, Streams, expit
from demo.province.usage import CRBT_LOST, CRBT_NONE, CRBT_SILENT, Services, Usage

#: An annoyed customer loses log-odds when contacted: steeply, past this mark.
_PATIENCE, _TEMPER = 0.6, 6.4
#: How much of the score is the hidden index; the rest is noise.
_INSIGHT = 0.80
#: Services whose column says who has the product.
_COLUMNS = {"CRBT": "v_crbt", "PAPER": "v_mnews", "FETION": "v_fetion", "CLUB": "v_musicclub"}
TOPICS = ("crbt_potential", "crbt_churn", "fetion_potential", "mms_potential", "paper_potential")
_TOPIC_PRODUCTS = {
    "crbt_potential": "CRBT",
    "fetion_potential": "FETION",
    "mms_potential": "MMS3",
    "paper_potential": "PAPER",
}


@dataclass(frozen=True, kw_only=True)
class Levels:
    """The four indices as levels, low to high: pay L M H, price T E I, fashion C F L, learning l h."""

    pay: Ints
    price: Ints
    fashion: Ints
    learning: Ints

    @property
    def high_potential(self) -> Mask:
        """高潜力型 (rule R04 of the fourteen groups)."""
        found: Mask = (self.pay == 2) & (self.price > 0) & (self.fashion > 0) & (self.learning == 0)
        return found

    @property
    def middle_potential(self) -> Mask:
        """中潜力型 (rules R09, R10)."""
        found: Mask = (self.pay == 1) & (self.price > 0) & (self.fashion == 2) & (self.learning == 0)
        return found


@dataclass(frozen=True, kw_only=True)
class Person:
    """All that is known about the people of one block before the market asks them."""

    people: People
    traits: Traits
    usage: Usage
    services: Services
    levels: Levels
    annoy: Floats


def grade(traits: Traits, usage: Usage, constants: Constants) -> Levels:
    """Levels by the frozen cut points; paying power by spending, top 10 % and top 40 % (J4)."""
    cuts = constants.cuts
    return Levels(
        pay=_level(usage.arpu_fen, cuts["arpu_mid"], cuts["arpu_high"]),
        price=_level(traits.price, cuts["price_economical"], cuts["price_insensitive"]),
        fashion=_level(traits.fashion, cuts["fashion_follow"], cuts["fashion_lead"]),
        learning=(traits.learning > cuts["learning_high"]).astype(np.int64),
    )


def _level(value: Floats | Ints, low: float, high: float) -> Ints:
    return (value > low).astype(np.int64) + (value > high)


def holdings(streams: Streams, people: People, services: Services) -> dict[str, Mask]:
    """Who has which product at the start."""
    nobody = np.zeros(BLOCK, bool)
    found = dict.fromkeys(CODES, nobody)
    found.update({code: services.has[column] for code, column in _COLUMNS.items()})
    found["MMS3"] = services.mms_pack
    found["MBOX"] = services.has["v_crbt"] & streams.chance("MBOX", 0.03)
    joined = streams.chance("FAMILY", 0.12)[people.family - streams.block * BLOCK]
    found["FAMILY"] = joined & (people.family_size >= 3)
    found["TWOCITY"] = streams.chance("TWOCITY", np.where(people.migrant, 0.25, 0.045))
    return found


def taste(person: Person) -> dict[str, Floats]:
    """The index that drives responses, by product."""
    traits, az = person.traits, person.people.az
    pay, fashion, learning, price = traits.pay, traits.fashion, traits.learning, traits.price
    loads = np.log1p(person.services.tone_downloads)
    wealth = np.log(person.usage.arpu_fen + 1.0) - 8.3
    return {
        "CRBT": 0.9 * fashion + 0.4 * pay + 0.2 * price,
        "TONE": loads + 0.3 * fashion,
        "MBOX": 0.8 * fashion + 0.3 * pay,
        "CLUB": loads + 0.25 * fashion,
        "PAPER": 0.5 * fashion + 0.5 * pay - 0.2 * learning,
        "MMS3": 0.7 * fashion + 0.5 * learning + 0.2 * price,
        "FETION": 0.7 * learning + 0.5 * fashion,
        "FAMILY": 0.5 * np.minimum(person.people.family_size - 2, 2) + 0.3 * pay,
        "TWOCITY": 1.2 * person.people.migrant + 0.3 * pay - 0.2 * az,
        "IP12593": 0.6 * wealth - 0.4 * price + 0.4 * learning,
        "G3PHONE": 0.7 * fashion + 0.6 * pay,
    }


def segments(person: Person) -> dict[str, Mask]:
    """Customers whose response to a product is another than most people's, by "PRODUCT/segment"."""
    return {
        "CRBT/lost": person.services.crbt_state == CRBT_LOST,
        "CLUB/heavy": person.services.tone_downloads >= 4,
        "PAPER/high_potential": person.levels.high_potential,
    }


def log_odds(response: Response, index: Floats, annoy: Floats) -> tuple[Floats, Floats]:
    """Log-odds of ordering within 30 days, left alone and reached by a call (notes on evaluation, 1.3)."""
    penalty = _TEMPER * np.maximum(annoy - _PATIENCE, 0)
    return response.a0 + response.s0 * index, response.a1 + response.s1 * index - penalty


def responses(person: Person, constants: Constants) -> dict[str, tuple[Floats, Floats]]:
    """p0 and p1 of every product: chance of an order in 30 days, left alone and reached by a call."""
    special = segments(person)
    found = {}
    for code, index in taste(person).items():
        alone, asked = log_odds(constants.responses[f"{code}/rest"], index, person.annoy)
        for name in (name for name in special if name.startswith(f"{code}/")):
            low, high = log_odds(constants.responses[name], index, person.annoy)
            alone, asked = np.where(special[name], low, alone), np.where(special[name], high, asked)
        found[code] = expit(alone), expit(asked)
    return found


def score_indexes(streams: Streams, person: Person) -> dict[str, tuple[Floats, Mask]]:
    """Per topic: the hidden index, and whom the topic is about (a potential model scores who has it not)."""
    tastes, services = taste(person), person.services
    users = np.isin(services.crbt_state, [1, CRBT_SILENT])
    leaving = 0.9 * (services.crbt_state == CRBT_SILENT) - 0.5 * person.traits.fashion
    leaving = leaving - 0.01 * np.minimum(person.usage.tenure, 60) + 0.4 * streams.normal("leaving tones")
    about = {
        "crbt_potential": services.crbt_state == CRBT_NONE,
        "fetion_potential": ~services.has["v_fetion"],
        "mms_potential": ~services.mms_pack,
        "paper_potential": ~services.has["v_mnews"],
    }
    found = {topic: (tastes[code], about[topic]) for topic, code in _TOPIC_PRODUCTS.items()}
    return {"crbt_churn": (leaving, users), **found}


def score(streams: Streams, topic: str, index: Floats, spread: tuple[float, float]) -> Floats:
    """A model's score, 0 to 1: the hidden index seen through noise."""
    seen = _INSIGHT * (index - spread[0]) / spread[1]
    seen = seen + np.sqrt(1 - _INSIGHT**2) * streams.normal(f"noise of {topic}")
    return expit(-1.0 + 1.1 * seen)


def scores(streams: Streams, person: Person, spreads: Mapping[str, tuple[float, float]]) -> dict[str, Floats]:
    """Scores by topic; not a number where the topic is not about the customer."""
    return {
        topic: np.where(about, score(streams, topic, index, spreads[topic]), np.nan)
        for topic, (index, about) in score_indexes(streams, person).items()
    }
