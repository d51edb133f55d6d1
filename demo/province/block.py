"""One block of the province as tables: what the operator sees, and apart from it the truth."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from demo.office.catalogue import CODES
from demo.province.constants import Constants
from demo.province.history import (
    CHANNELS,
    CONTACT_PRODUCTS,
    EVENTS,
    Rows,
    contacts,
    contacts_of_last_month,
    events,
)
from demo.province.numbering import customer_ids, numbers, scatter
from demo.province.people import settle, temper
from demo.province.places import COUNTIES, PREFECTURES
from demo.province.propensity import Levels, Person, grade, holdings, responses, scores
from demo.province.streams import BLOCK, Ints, Streams
from demo.province.usage import BRANDS, CRBT_STATES, Marks, mark, spend, subscribe

_AWAY = "99"
_SMALL = {"age", "tenure_m", "tone_dl_6m", "term_age_m", "term_changes_36m", "complaints_12m"}
#: The customer view, column by column.
COLUMNS = (
    "customer_id", "number", "pref", "county", "age", "sex", "brand", "tenure_m", "arpu_fen", "mou_s",
    "dou_kb", "id_region", "crbt_state", "tone_dl_6m", "v_crbt", "v_mms", "v_wap", "v_mnews", "v_fetion",
    "v_musicclub", "v_callalert", "mms_pack", "campus", "term_age_m", "term_changes_36m", "is_custom_term",
    "complaints_12m", "paying", "price_attitude", "fashion", "learning", "black_list", "grey_list",
    "complaint_sensitive", "vip", "dnd_sms", "dnd_call", "out_of_use",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Block:
    """The tables of one block; `truth` is in the order of the index, the others hide it."""

    customers: pa.Table
    events: pa.Table
    contacts: pa.Table
    scores: dict[str, pa.Table]
    truth: pa.Table


@dataclass(frozen=True, kw_only=True)
class _Cut:
    """Which of a whole block's customers exist, in the order in which they are shown."""

    size: int
    shown: Ints
    ids: pa.Array
    rank: Ints


def make_block(seed: int, number: int, customers: int, day: date, constants: Constants) -> Block:
    """Make block `number` of a province of `customers` people whose demo day is `day`."""
    streams = Streams(seed=seed, block=number)
    people = settle(streams)
    traits = temper(streams, people)
    usage = spend(streams, people, traits, constants)
    services = subscribe(streams, people, traits, constants)
    marks = mark(streams, people, traits, usage, constants)
    levels = grade(traits, usage, constants)
    person = Person(
        people=people, traits=traits, usage=usage, services=services, levels=levels, annoy=marks.annoy
    )
    cut = _cut(seed, number, customers)
    has = holdings(streams, people, services)
    complained = marks.columns["complaints_12m"] > 0
    met = contacts(streams)
    return Block(
        customers=_customers(person, marks, cut, seed),
        events=_history(
            events(streams, has, services.crbt_state, usage.tenure, complained), cut, day, "event"
        ),
        contacts=_history(met, cut, day, "channel"),
        scores=_scores(streams, person, constants, cut),
        truth=_truth(person, marks, constants, cut, has, contacts_of_last_month(met, "sms")),
    )


def _cut(seed: int, number: int, customers: int) -> _Cut:
    size = min(customers - number * BLOCK, BLOCK)
    index = number * BLOCK + np.arange(size, dtype=np.int64)
    places = scatter(index, seed, "customer")
    shown = np.argsort(places)
    rank = np.full(BLOCK, -1, np.int64)
    rank[shown] = np.arange(size)
    return _Cut(size=size, shown=shown, ids=customer_ids(index, seed), rank=rank)


def _words(codes: Ints, words: tuple[str, ...]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(codes.astype(np.int32), list(words)).cast(pa.string())


def _customers(person: Person, marks: Marks, cut: _Cut, seed: int) -> pa.Table:
    """The columns of the customer view, sorted by customer id inside the block."""
    columns = {**_living(person), **_using(person), **marks.columns, **_levels(person.levels)}
    shown = cut.shown
    plain = {
        name: column.take(pa.array(shown)) if isinstance(column, pa.Array) else _narrow(name, column[shown])
        for name, column in columns.items()
    }
    plain["customer_id"] = cut.ids.take(pa.array(shown))
    plain["number"] = numbers(person.people.index[shown], seed)
    return pa.table({name: plain[name] for name in COLUMNS})


def _narrow(name: str, column: NDArray[np.generic]) -> pa.Array:
    if column.dtype == bool:
        return pa.array(column)
    return pa.array(column.astype(np.int16 if name in _SMALL else np.int32))


def _living(person: Person) -> dict[str, pa.Array | NDArray[np.generic]]:
    people, usage = person.people, person.usage
    codes = tuple(prefecture.code for prefecture in PREFECTURES)
    return {
        "pref": _words(people.prefecture, codes),
        "county": _words(people.county, tuple(county.code for county in COUNTIES)),
        "age": people.age,
        "sex": _words(people.man.astype(np.int64), ("女", "男")),
        "brand": _words(usage.brand, BRANDS),
        "tenure_m": usage.tenure,
        "arpu_fen": usage.arpu_fen,
        "mou_s": usage.mou_s,
        "dou_kb": usage.dou_kb,
        "id_region": _words(np.where(people.away, len(codes), people.prefecture), (*codes, _AWAY)),
    }


def _using(person: Person) -> dict[str, pa.Array | NDArray[np.generic]]:
    services = person.services
    return {
        "crbt_state": _words(services.crbt_state, CRBT_STATES),
        "tone_dl_6m": services.tone_downloads,
        **services.has,
        "mms_pack": services.mms_pack,
        "campus": person.people.campus,
    }


def _levels(levels: Levels) -> dict[str, pa.Array]:
    return {
        "paying": _words(levels.pay, ("L", "M", "H")),
        "price_attitude": _words(levels.price, ("T", "E", "I")),
        "fashion": _words(levels.fashion, ("C", "F", "L")),
        "learning": _words(levels.learning, ("l", "h")),
    }


def _history(rows: Rows, cut: _Cut, day: date, kind: str) -> pa.Table:
    """A history table sorted by day, then customer; people beyond the cut are left out."""
    there = cut.rank[rows.person] >= 0
    who, ago = rows.person[there], rows.ago[there]
    order = np.lexsort((cut.rank[who], -ago))
    who, ago = who[order], ago[order]
    days = np.datetime64(day) - ago.astype("timedelta64[D]")
    product = _words(rows.product[there][order], CODES if kind == "event" else CONTACT_PRODUCTS)
    what = _words(rows.kind[there][order], EVENTS if kind == "event" else CHANNELS)
    middle = {"product": product, kind: what} if kind == "event" else {kind: what, "product": product}
    return pa.table({"customer_id": cut.ids.take(pa.array(who)), **middle, "day": pa.array(days)})


def _scores(streams: Streams, person: Person, constants: Constants, cut: _Cut) -> dict[str, pa.Table]:
    found = {}
    for topic, values in scores(streams, person, constants.scores).items():
        shown = cut.shown[~np.isnan(values[cut.shown])]
        found[topic] = pa.table(
            {"customer_id": cut.ids.take(pa.array(shown)), "score": pa.array(values[shown])}
        )
    return found


def _truth(
    person: Person,
    marks: Marks,
    constants: Constants,
    cut: _Cut,
    has: dict[str, NDArray[np.bool_]],
    met: Ints,
) -> pa.Table:
    """What nobody can see: families, traits, annoyance, month of leaving, chances of ordering, holdings."""
    people, traits = person.people, person.traits
    columns: dict[str, NDArray[np.generic]] = {
        "family": people.family, "cell": people.cell, "migrant": people.migrant, "student": people.student,
        "trait_pay": traits.pay.astype(np.float32), "trait_fashion": traits.fashion.astype(np.float32),
        "trait_price": traits.price.astype(np.float32), "trait_learning": traits.learning.astype(np.float32),
        "annoy": marks.annoy.astype(np.float32), "churn_month": marks.churn_month.astype(np.int8),
        "out_of_use": marks.columns["out_of_use"], "sms_30d": met.astype(np.int8),
    }  # fmt: skip
    for code, (alone, asked) in responses(person, constants).items():
        columns[f"p0_{code}"], columns[f"p1_{code}"] = alone.astype(np.float32), asked.astype(np.float32)
        columns[f"has_{code}"] = has[code]
    return pa.table(
        {"customer_id": cut.ids, **{name: column[: cut.size] for name, column in columns.items()}}
    )
