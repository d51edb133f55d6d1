"""What customers use and pay: brand, tenure, spending, services, phone, and the operator's marks."""

from dataclasses import dataclass

import numpy as np

from demo.province.constants import Constants
from demo.province.people import People, Traits
from demo.province.streams import BLOCK, Floats, Ints, Mask, Streams, expit

BRANDS = ("全球通", "动感地带", "神州行")
_GOTONE, _MZONE, _EASYOWN = 0, 1, 2
CRBT_STATES = ("未开通", "活跃", "沉默", "已流失")
CRBT_NONE, CRBT_ACTIVE, CRBT_SILENT, CRBT_LOST = 0, 1, 2, 3


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Brand, tenure and spending; means of the last three months."""

    brand: Ints
    tenure: Ints
    arpu_fen: Ints
    mou_s: Ints
    dou_kb: Ints


@dataclass(frozen=True, kw_only=True)
class Services:
    """Who has which service, and how far ring-back tones are used."""

    has: dict[str, Mask]
    mms_pack: Mask
    tone_downloads: Ints
    crbt_state: Ints


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Phone, complaints, special lists, refusals, and the hidden annoyance and month of leaving."""

    columns: dict[str, Mask | Ints]
    annoy: Floats
    churn_month: Ints


def spend(streams: Streams, people: People, traits: Traits, constants: Constants) -> Usage:
    """Brand follows age and means, tenure the brand, spending the means."""
    young = people.student | ((people.age < 27) & (traits.fashion > 0.2))
    wealthy = traits.pay > constants.cuts["gotone"]
    brand = np.where(young, _MZONE, np.where(wealthy, _GOTONE, _EASYOWN))
    brand = np.where(streams.chance("brand", 0.12), _EASYOWN, brand)
    months = streams.generator("tenure").gamma(1.3, 30, size=BLOCK) * np.where(brand == _MZONE, 0.4, 1.0)
    level = 3.72 + 0.62 * traits.pay + 0.22 * (brand == _GOTONE) - 0.12 * (brand == _MZONE)
    level = level + 0.25 * streams.normal("spending") + 0.12 * streams.normal("spending of late")
    talk = level + 1.35 - 0.25 * traits.price + 0.25 * streams.normal("talk")
    surf = 4.2 + 1.1 * traits.fashion + 0.8 * level / 3 + 0.6 * streams.normal("surf")
    return Usage(
        brand=brand,
        tenure=np.minimum(1 + months, 180).astype(np.int64),
        arpu_fen=(100 * np.exp(np.minimum(level, 7))).astype(np.int64),
        mou_s=(60 * np.exp(np.minimum(talk, 9))).astype(np.int64),
        dou_kb=np.exp(np.minimum(surf, 15)).astype(np.int64),
    )


def service_leanings(people: People, traits: Traits) -> dict[str, Floats]:
    """Leaning towards each service before its intercept; who is new on campus has not met Fetion yet."""
    fashion, pay, learning, az = traits.fashion, traits.pay, traits.learning, people.az
    return {
        "v_crbt": 0.9 * fashion + 0.3 * pay,
        "v_mms": 0.7 * fashion + 0.5 * learning,
        "v_wap": 0.9 * learning + 0.7 * fashion,
        "v_mnews": 0.5 * fashion + 0.5 * pay + 0.3 * az,
        "v_fetion": 1.0 * learning + 0.8 * fashion - 0.6 * az - 1.2 * people.student,
        "v_musicclub": 1.1 * fashion + 0.6 * pay,
        "v_callalert": 0.4 * pay,
    }


def subscribe(streams: Streams, people: People, traits: Traits, constants: Constants) -> Services:
    """Which services each customer has, and the state of ring-back tones."""
    leanings = service_leanings(people, traits)
    has = {
        name: streams.chance(name, expit(constants.rates[name] + leaning))
        for name, leaning in leanings.items()
    }
    appetite = streams.generator("appetite for tones").gamma(1.2, 1 / 1.2, size=BLOCK)
    mean = np.minimum(np.exp(-0.35 + 0.75 * traits.fashion + 0.2 * traits.pay) * appetite, 60)
    loads = np.where(has["v_crbt"], streams.generator("tones").poisson(mean), 0)
    lost = np.where(streams.chance("lost", 0.22), CRBT_LOST, CRBT_NONE)
    state = np.where(has["v_crbt"], np.where(loads == 0, CRBT_SILENT, CRBT_ACTIVE), lost)
    return Services(
        has=has, mms_pack=has["v_mms"] & streams.chance("mms_pack", 0.08), tone_downloads=loads,
        crbt_state=state,
    )  # fmt: skip


def mark(streams: Streams, people: People, traits: Traits, usage: Usage, constants: Constants) -> Marks:
    """Phone, complaints, lists and refusals; annoyance is hidden and shows in the last two only."""
    cycle = np.exp(3.05 - 0.35 * traits.fashion - 0.15 * traits.pay + 0.35 * streams.normal("cycle"))
    age = cycle * streams.generator("term_age_m").gamma(1.0, 0.7, size=BLOCK)
    temper = 0.5 * streams.normal("complaints") + 0.3 * (traits.price < -0.4)
    complaints = streams.generator("complaints_12m").poisson(0.05 * np.exp(temper))
    annoy = 0.75 * streams.normal("annoy") + 0.35 * (complaints > 0) - 0.2 * traits.fashion
    cross = np.exp(0.8 * annoy) / 1.3
    sensitive = np.where(complaints > 0, 0.03, 0.002)
    refuses = streams.uniform("refusal")
    columns: dict[str, Mask | Ints] = {
        "term_age_m": np.minimum(age, usage.tenure + 1).astype(np.int64),
        "term_changes_36m": streams.generator("term_changes_36m").poisson(np.minimum(36 / cycle, 12)),
        "is_custom_term": streams.chance("is_custom_term", 0.11),
        "complaints_12m": complaints,
        "black_list": streams.chance("black_list", 0.004),
        "grey_list": streams.chance("grey_list", np.minimum(0.007 * cross, 1)),
        "complaint_sensitive": streams.chance("complaint_sensitive", sensitive),
        "vip": streams.chance("vip", np.where(usage.brand == _GOTONE, 0.05, 0.005)),
        "dnd_sms": refuses < 0.022 * cross,
        "dnd_call": (refuses < 0.012 * cross) | streams.chance("dnd_call", np.minimum(0.015 * cross, 1)),
        "out_of_use": streams.chance("out_of_use", 0.004),
    }
    return Marks(
        columns=columns,
        annoy=annoy,
        churn_month=_leaving(streams, people, traits, usage, complaints, constants),
    )


def leaving_leaning(
    streams: Streams, people: People, traits: Traits, usage: Usage, complaints: Ints
) -> Floats:
    """Leaning towards leaving the operator, before its intercept."""
    found: Floats = (
        -0.012 * np.minimum(usage.tenure, 60) - 0.35 * traits.pay + 0.55 * people.migrant
        - 0.25 * (people.family_size > 2) + 0.35 * (complaints > 0) + 0.35 * streams.normal("leaving")
    )  # fmt: skip
    return found


def _leaving(
    streams: Streams, people: People, traits: Traits, usage: Usage, complaints: Ints, constants: Constants
) -> Ints:
    """The month, from 1, in which a customer leaves: geometric, 99 at most."""
    leaning = leaving_leaning(streams, people, traits, usage, complaints)
    monthly = np.minimum(expit(constants.rates["leaving"] + leaning), 0.5)
    waiting = np.log(np.maximum(streams.uniform("month of leaving"), 1e-9)) / np.log1p(-monthly)
    return np.clip(np.ceil(waiting), 1, 99).astype(np.int64)
