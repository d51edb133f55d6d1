"""What comes back from people and networks: receipts, results of calls, refusals, complaints."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from scipy.special import expit, ndtri

from demo.market.choices import STATUSES, answered_try, sms_status
from demo.market.ledger import Answer
from demo.market.lists import SentList
from demo.market.timing import moment_of_try
from demo.market.world import DAY, LOCAL, World
from demo.province.numbering import unknown_number
from demo.province.streams import Floats, Ints, Mask, salt

RECEIPTS, CALL_RESULTS, OPT_OUTS, COMPLAINTS = "receipts", "call-results", "opt-outs", "complaints"
_DUPLICATES = 0.004
#: Share of senders nobody knows: new customers, or slips of the pen.
STRANGERS = 0.001
_EXPIRED = 2
REASONS = ("不需要", "价格高", "不会用", "已有类似业务", "担心扣费", "没时间", "其他")
_REASON_SHARES = (0.34, 0.22, 0.15, 0.09, 0.10, 0.07, 0.03)
_REFUSALS = {"sms": (("TD", 0.75), ("退订", 0.20), ("td", 0.05)), "call": (("请不要再打电话推销", 1.0),)}
_GRIEVANCES = ("总是收到推销，很烦", "没有同意过接收广告", "休息时间打扰", "说是免费，担心被扣费")


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """One list's contacts: customers (-1 unknown), moments in seconds since 1970, and whom they won."""

    sent: SentList
    indexes: Ints
    moments: Floats
    won: Mask


def replies(world: World, contacts: Contacts) -> Iterator[Answer]:
    """Everything a list brings back, apart from orders, each once or now and then twice."""
    given = message_receipts if contacts.sent.channel == "sms" else call_results
    for answer in given(world, contacts):
        yield answer
        if _share(answer.body["key"], "twice") < _DUPLICATES:
            late = int(60 + 3600 * _share(answer.body["key"], "late"))
            yield Answer(feed=answer.feed, due=answer.due + late, body=answer.body)
    yield from refusals(world, contacts)
    yield from complaints(world, contacts)


def message_receipts(world: World, contacts: Contacts) -> Iterator[Answer]:
    """A receipt per message, seconds to hours later and in no order; one that expired says so after a day."""
    sent, indexes = contacts.sent, contacts.indexes
    status = sms_status(world, np.maximum(indexes, 0), sent.campaign, contacts.moments - world.beginning)
    status = np.where(indexes < 0, 1, status)
    delay = np.exp(1.6 + 1.3 * ndtri(world.draw(indexes, "receipt", sent.campaign)))
    delay = np.where(status == _EXPIRED, DAY, np.minimum(delay, DAY))
    for contact, at, state in zip(sent.contacts, contacts.moments + delay, status, strict=True):
        body: dict[str, object] = {
            "key": f"R-{contact}", "message_id": contact, "status": STATUSES[state],
            "at": said_at(at),
        }  # fmt: skip
        yield Answer(feed=RECEIPTS, due=int(at), body=body)


def call_results(world: World, contacts: Contacts) -> Iterator[Answer]:
    """A result per customer after three tries at most: success, consider, refuse, or not reached."""
    sent, indexes = contacts.sent, contacts.indexes
    known = np.maximum(indexes, 0)
    tries = answered_try(world, known, sent.campaign, contacts.moments - world.beginning)
    tries = np.where(indexes < 0, 0, tries)
    outcome = np.select(
        [tries == 0, contacts.won | np.full(indexes.size, not sent.products), _considers(world, known, sent)],
        ["not_reached", "success", "consider"],
        "refuse",
    )
    why = world.draw(known, "why", sent.campaign)
    reason = np.array(REASONS)[np.searchsorted(np.cumsum(_REASON_SHARES)[:-1], why)]
    made = np.where(tries == 0, 3, tries)
    at = moment_of_try(contacts.moments, made) + 120
    for row, contact in enumerate(sent.contacts):
        body: dict[str, object] = {
            "key": f"K-{contact}", "contact_id": contact, "outcome": str(outcome[row]),
            "reason": str(reason[row]) if outcome[row] == "refuse" else "", "attempt": int(made[row]),
            "at": said_at(at[row]),
        }  # fmt: skip
        yield Answer(feed=CALL_RESULTS, due=int(at[row]), body=body)


def refusals(world: World, contacts: Contacts) -> Iterator[Answer]:
    """Some of the annoyed want no more of it; who has just been won does not."""
    sent, indexes = contacts.sent, contacts.indexes
    known = np.maximum(indexes, 0)
    annoy = world.column("annoy", known).astype(float)
    asks = world.draw(known, "refuses", sent.campaign, sent.channel) < expit(-6.2 + 1.3 * annoy)
    asks &= (indexes >= 0) & ~contacts.won & heard(world, contacts)
    delay = 60 + 7200 * world.draw(known, "refusal", sent.campaign)
    texts = _REFUSALS[sent.channel]
    yield from _letters(world, contacts, asks, delay, OPT_OUTS, texts)


def complaints(world: World, contacts: Contacts) -> Iterator[Answer]:
    """A few complain, more so when annoyed, called, or contacted often (notes on evaluation, 1.4)."""
    sent, indexes = contacts.sent, contacts.indexes
    known = np.maximum(indexes, 0)
    often = np.minimum(world.column("sms_30d", known).astype(float), 12)
    leaning = -8.0 + 0.32 * often + 0.8 * world.column("annoy", known).astype(float)
    leaning = leaning + 0.5 * (sent.channel == "call")
    asks = world.draw(known, "complains", sent.campaign, sent.channel) < expit(leaning)
    asks &= (indexes >= 0) & heard(world, contacts)
    delay = 1800 + 2 * DAY * world.draw(known, "complaint", sent.campaign)
    texts = tuple((text, 1 / len(_GRIEVANCES)) for text in _GRIEVANCES)
    yield from _letters(world, contacts, asks, delay, COMPLAINTS, texts)


def heard(world: World, contacts: Contacts) -> Mask:
    """Who got the message or took the call."""
    known, moment = np.maximum(contacts.indexes, 0), contacts.moments - world.beginning
    if contacts.sent.channel == "sms":
        delivered: Mask = sms_status(world, known, contacts.sent.campaign, moment) == 0
        return delivered
    spoken: Mask = answered_try(world, known, contacts.sent.campaign, moment) > 0
    return spoken


def said_at(second: float) -> str:
    """A moment as the outside world writes it: local time with its zone."""
    return datetime.fromtimestamp(int(second), LOCAL).isoformat()


def _considers(world: World, indexes: Ints, sent: SentList) -> Mask:
    """Who was reached and not won considers: 42 % where every fourth would buy (requirements I7)."""
    product = sent.products[0] if sent.products else "CRBT"
    talked = world.column(f"p1_{product}", indexes).astype(float)
    found: Mask = world.draw(indexes, "considers", sent.campaign) < 0.556 * np.sqrt(
        np.minimum(talked / 0.245, 1.5)
    )
    return found


def _letters(
    world: World,
    contacts: Contacts,
    asks: Mask,
    delay: Floats,
    feed: str,
    texts: tuple[tuple[str, float], ...],
) -> Iterator[Answer]:
    rows = np.flatnonzero(asks)
    numbers = world.numbers(contacts.indexes[rows])
    shares = np.cumsum([share for _, share in texts])[:-1]
    for row, number in zip(rows, numbers, strict=True):
        key = f"{feed[0].upper()}-{contacts.sent.contacts[row]}"
        text = texts[int(np.searchsorted(shares, _share(key, "text")))][0]
        at = contacts.moments[row] + delay[row]
        body: dict[str, object] = {
            "key": key, "number": _perhaps_unknown(key, number), "channel": contacts.sent.channel,
            "text": text, "at": said_at(at),
        }  # fmt: skip
        yield Answer(feed=feed, due=int(at), body=body)


def _perhaps_unknown(key: str, number: str) -> str:
    return unknown_number(int(salt(key))) if _share(key, "stranger") < STRANGERS else number


def _share(key: object, purpose: str) -> float:
    return int(salt(key, purpose)) / 2.0**64
