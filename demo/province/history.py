"""What was before the demo day: orders, trials, cancellations and complaints, and 90 days of contacts."""

from dataclasses import dataclass

import numpy as np

from demo.office.catalogue import CODES, FORMER_CODES
from demo.province.streams import BLOCK, Floats, Ints, Mask, Streams
from demo.province.usage import CRBT_LOST

EVENTS = ("trial", "order", "unsubscribe", "batch_unsubscribe", "complaint")
_TRIAL, _ORDER, _UNSUBSCRIBE, _BATCH, _COMPLAINT = range(5)
CHANNELS = ("sms", "call")
#: Products of the contact history: those on sale first.
CONTACT_PRODUCTS = CODES + FORMER_CODES
#: Few earlier contacts were about a product still on sale.
_STILL_ON_SALE = 0.03
#: The operator kept to its limits: mean, usual most in 30 days, and how many stand at the limit.
_HABITS = {"sms": (1.1, 3, 0.004), "call": (0.18, 1, 0.004)}
_WINDOWS = 3


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of a history: whose (place in the block), what, which kind, how many days before the demo day."""

    person: Ints
    product: Ints
    kind: Ints
    ago: Ints


def events(streams: Streams, has: dict[str, Mask], crbt_state: Ints, tenure: Ints, complained: Mask) -> Rows:
    """Orders of who has a product; trials, cancellations and complaints at the rates of a real waterfall."""
    parts: list[tuple[Ints, int, int, Ints]] = []
    for place, code in enumerate(CODES):
        lost = (crbt_state == CRBT_LOST) if code == "CRBT" else np.zeros(BLOCK, bool)
        kinds = [
            *_orders(streams, code, has[code], lost, tenure),
            *_attempts(streams, code, ~has[code] & ~lost),
            _complaints(streams, code, complained),
        ]
        parts.extend((np.flatnonzero(who), place, kind, ago[who]) for who, kind, ago in kinds)
    return _gather(parts)


def _gather(parts: list[tuple[Ints, int, int, Ints]]) -> Rows:
    return Rows(
        person=np.concatenate([who for who, _, _, _ in parts]),
        product=np.concatenate([np.full(who.size, place) for who, place, _, _ in parts]),
        kind=np.concatenate([np.full(who.size, kind) for who, _, kind, _ in parts]),
        ago=np.concatenate([ago for _, _, _, ago in parts]),
    )


def _between(draw: Floats, first: int, last: int) -> Ints:
    """Days ago, first to last, both included."""
    return first + (draw * (last - first + 1)).astype(np.int64)


def _orders(streams: Streams, code: str, has: Mask, lost: Mask, tenure: Ints) -> list[tuple[Mask, int, Ints]]:
    draw = streams.uniform(f"{code} order")
    ordered = 20 + (draw * draw * np.clip(30 * tenure - 20, 1, 1060)).astype(np.int64)
    left = _between(streams.uniform(f"{code} left"), 1, 730)
    tried = has & streams.chance(f"{code} tried first", 0.05)
    return [
        (has, _ORDER, ordered),
        (tried, _TRIAL, ordered + 15),
        (lost, _ORDER, left + ordered),
        (lost, _UNSUBSCRIBE, left),
    ]


def _attempts(streams: Streams, code: str, without: Mask) -> list[tuple[Mask, int, Ints]]:
    """Trials that led nowhere, recent and old: only the recent ones fall to an exclusion rule."""
    fate, draw = streams.uniform(f"{code} attempt"), streams.uniform(f"{code} attempt day")

    def share(first: float, last: float) -> Mask:
        found: Mask = without & (fate >= first) & (fate < last)
        return found

    gave_up = share(0.0075, 0.0120)
    return [
        (share(0.0, 0.0035), _TRIAL, _between(draw, 1, 180)),
        (share(0.0035, 0.0075), _BATCH, _between(draw, 1, 180)),
        (gave_up, _TRIAL, _between(draw, 191, 364)),
        (gave_up, _UNSUBSCRIBE, _between(draw, 191, 364) - 10),
        (share(0.0120, 0.0170), _TRIAL, _between(draw, 200, 700)),
        (share(0.0170, 0.0210), _BATCH, _between(draw, 200, 700)),
        (share(0.0210, 0.0250), _UNSUBSCRIBE, _between(draw, 380, 900)),
    ]


def _complaints(streams: Streams, code: str, complained: Mask) -> tuple[Mask, int, Ints]:
    about = streams.chance(f"{code} complaint", np.where(complained, 0.02, 0.002))
    draw = streams.uniform(f"{code} complaint day")
    return about, _COMPLAINT, np.where(complained, _between(draw, 1, 365), _between(draw, 366, 1500))


def contacts(streams: Streams) -> Rows:
    """Contacts of the last 90 days by channel (kind), inside the limits; few about products still on sale."""
    parts = [
        _window(streams, channel, window) for channel in range(len(CHANNELS)) for window in range(_WINDOWS)
    ]
    return Rows(
        person=np.concatenate([part.person for part in parts]),
        product=np.concatenate([part.product for part in parts]),
        kind=np.concatenate([part.kind for part in parts]),
        ago=np.concatenate([part.ago for part in parts]),
    )


def _window(streams: Streams, channel: int, window: int) -> Rows:
    name = f"{CHANNELS[channel]} contacts {window}"
    mean, usual, at_limit = _HABITS[CHANNELS[channel]]
    count = np.minimum(streams.generator(name).poisson(mean, size=BLOCK), usual)
    count = np.where(streams.chance(f"{name} at the limit", at_limit), usual + 1, count)
    person = np.repeat(np.arange(BLOCK), count)
    rows = streams.generator(f"{name} rows")
    day, pick, which = rows.random((3, BLOCK * (usual + 1)))[:, : person.size]
    former = len(CODES) + (which * len(FORMER_CODES)).astype(np.int64)
    product = np.where(pick < _STILL_ON_SALE, (which * len(CODES)).astype(np.int64), former)
    return Rows(
        person=person,
        product=product,
        kind=np.full(person.size, channel),
        ago=30 * window + _between(day, 1, 30),
    )


def contacts_of_last_month(rows: Rows, channel: str) -> Ints:
    """How often each customer of the block was contacted by a channel in the last 30 days."""
    recent = (rows.kind == CHANNELS.index(channel)) & (rows.ago <= 30)
    return np.bincount(rows.person[recent], minlength=BLOCK).astype(np.int64)
