"""What comes back from people and networks: receipts, order words, refusals, complaints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from scipy.special import expit, ndtri

from demo.market.announcements import Announcement, Announcements
from demo.market.book import Delivery, Submitted
from demo.market.choices import STATUSES, answered_try, sms_status
from demo.market.ledger import Answer
from demo.market.world import DAY, LOCAL, World
from demo.office.catalogue import ORDER_WORDS
from demo.province.numbering import unknown_number
from demo.province.streams import Floats, Ints, Mask, salt

COMPLAINTS = "complaints"
_TWICE, _EARLY, _FOR_NOBODY = 0.004, 0.003, 0.001
#: Share of senders nobody knows: new customers, or slips of the pen.
STRANGERS = 0.001
_UNDELIVERED, _EXPIRED = 1, 2
_REFUSALS = (("TD", 0.75), ("退订", 0.20), ("td", 0.05))
_GRIEVANCES = ("总是收到推销，很烦", "没有同意过接收广告", "休息时间打扰", "说是免费，担心被扣费")


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """Customers met for a work order (-1 unknown), moments in seconds since 1970, and whom it won."""

    told: Announcement
    indexes: Ints
    moments: Floats
    won: Mask

    @property
    def known(self) -> Ints:
        """The customers, anybody standing in for an unknown one."""
        found: Ints = np.maximum(self.indexes, 0)
        return found


def receipts(
    world: World, contacts: Contacts, numbers: Sequence[str], ids: Sequence[Sequence[str]]
) -> Iterator[Delivery]:
    """A receipt for every id of each message, seconds to hours later and in no order, now and then twice.

    One that expired says so after a day; a few receipts are for messages nobody sent.
    """
    campaign, sender = contacts.told.campaign, contacts.told.sender
    status = statuses(world, contacts.indexes, campaign, contacts.moments)
    delay = np.exp(1.6 + 1.3 * ndtri(world.draw(contacts.known, "receipt", campaign)))
    delay = np.where(status == _EXPIRED, DAY, np.minimum(delay, DAY))
    late = 60 + 3600 * world.draw(contacts.known, "receipt late", campaign)
    twice = world.draw(contacts.known, "receipt twice", campaign) < _TWICE
    astray = world.draw(contacts.known, "receipt astray", campaign) < _FOR_NOBODY
    for row, number in enumerate(numbers):
        at = int(contacts.moments[row] + delay[row])
        for given in ids[row]:
            receipt = Delivery(
                due=at, number=number, destination=sender, centre_id=given, status=STATUSES[status[row]]
            )
            yield receipt
            if twice[row]:
                yield _later(receipt, late[row])
        if astray[row]:
            yield _for_nobody(at, sender, number)


def statuses(world: World, indexes: Ints, campaign: str, moments: Floats) -> Ints:
    """How each message ends, as a place in STATUSES; a number that is nobody's gets none."""
    status = sms_status(world, np.maximum(indexes, 0), campaign, moments - world.beginning)
    found: Ints = np.where(indexes < 0, _UNDELIVERED, status)
    return found


def early_receipts(
    world: World, announcements: Announcements, parts: Sequence[Submitted], now: datetime
) -> list[str]:
    """The status of each receipt that goes before its answer; for most parts nothing."""
    found = [""] * len(parts)
    for service in {part.service for part in parts}:
        told = announcements.of_service(service)
        rows = [row for row, part in enumerate(parts) if part.service == service and part.total == 1]
        if told is None or not rows:
            continue
        indexes = world.indexes_of_numbers([parts[row].number for row in rows])
        hasty = world.draw(np.maximum(indexes, 0), "early", told.campaign) < _EARLY
        status = statuses(world, indexes, told.campaign, np.full(indexes.size, now.timestamp()))
        for place in np.flatnonzero(hasty & (indexes >= 0) & (status != _EXPIRED)):
            if parts[rows[place]].wants_receipt:
                found[rows[place]] = STATUSES[status[place]]
    return found


def order_words(world: World, contacts: Contacts, product: str, ordered: Floats) -> Iterator[Delivery]:
    """Who orders (at `ordered`, seconds since 1970) within the day of the message does so by its word."""
    word = ORDER_WORDS.get(product, "")
    rows = np.flatnonzero(ordered - contacts.moments < DAY) if word else np.empty(0, np.int64)
    for row, number in zip(rows, world.numbers(contacts.indexes[rows]), strict=True):
        yield Delivery(due=int(ordered[row]), number=number, destination=contacts.told.sender, text=word)


def refusals(world: World, contacts: Contacts) -> Iterator[Delivery]:
    """Some of the annoyed want no more messages and write so; who has just been won does not."""
    told, known = contacts.told, contacts.known
    asks = (
        wants_no_more(world, known, told) & (contacts.indexes >= 0) & ~contacts.won & heard(world, contacts)
    )
    delay = 60 + 7200 * world.draw(known, "refusal", told.campaign)
    words = world.draw(known, "refusal words", told.campaign)
    shares = np.cumsum([share for _, share in _REFUSALS])[:-1]
    rows = np.flatnonzero(asks)
    for row, number in zip(rows, world.numbers(contacts.indexes[rows]), strict=True):
        text = _REFUSALS[int(np.searchsorted(shares, words[row]))][0]
        yield Delivery(
            due=int(contacts.moments[row] + delay[row]),
            number=_perhaps_unknown((told.campaign, "refusal", number), number),
            destination=told.sender,
            text=text,
        )


def wants_no_more(world: World, known: Ints, told: Announcement) -> Mask:
    """Who, once met, will not be met again through this channel."""
    annoy = world.column("annoy", known).astype(float)
    found: Mask = world.draw(known, "refuses", told.campaign, told.channel) < expit(-6.2 + 1.3 * annoy)
    return found


def complaints(world: World, contacts: Contacts) -> Iterator[Answer]:
    """A few complain, more so when annoyed, called, or contacted often (notes on evaluation, 1.4)."""
    told, known = contacts.told, contacts.known
    often = np.minimum(world.column("sms_30d", known).astype(float), 12)
    leaning = -8.0 + 0.32 * often + 0.8 * world.column("annoy", known).astype(float)
    leaning = leaning + 0.5 * (told.channel == "call")
    asks = world.draw(known, "complains", told.campaign, told.channel) < expit(leaning)
    asks &= (contacts.indexes >= 0) & heard(world, contacts)
    delay = 1800 + 2 * DAY * world.draw(known, "complaint", told.campaign)
    words = world.draw(known, "complaint words", told.campaign)
    rows = np.flatnonzero(asks)
    for row, number in zip(rows, world.numbers(contacts.indexes[rows]), strict=True):
        at = contacts.moments[row] + delay[row]
        key = f"C-{int(salt(told.work_order, number)):016x}"
        body: dict[str, object] = {
            "key": key, "number": _perhaps_unknown((key, "stranger"), number), "channel": told.channel,
            "text": _GRIEVANCES[int(words[row] * len(_GRIEVANCES))], "at": said_at(at),
        }  # fmt: skip
        yield Answer(feed=COMPLAINTS, due=int(at), body=body)


def heard(world: World, contacts: Contacts) -> Mask:
    """Who got the message or took the call."""
    known, moment = contacts.known, contacts.moments - world.beginning
    if contacts.told.channel == "sms":
        delivered: Mask = sms_status(world, known, contacts.told.campaign, moment) == 0
        return delivered
    spoken: Mask = answered_try(world, known, contacts.told.campaign, moment) > 0
    return spoken


def said_at(second: float) -> str:
    """A moment as the outside world writes it: local time with its zone."""
    return datetime.fromtimestamp(int(second), LOCAL).isoformat()


def _later(receipt: Delivery, seconds: float) -> Delivery:
    return Delivery(
        due=receipt.due + int(seconds), number=receipt.number, destination=receipt.destination,
        centre_id=receipt.centre_id, status=receipt.status,
    )  # fmt: skip


def _for_nobody(at: int, sender: str, number: str) -> Delivery:
    """A receipt that went astray: neither the id nor the number is any of ours."""
    word = int(salt("astray", number, at))
    return Delivery(
        due=at, number=unknown_number(word), destination=sender, centre_id=f"f{word:016x}", status="DELIVRD"
    )


def _perhaps_unknown(key: tuple[str, ...], number: str) -> str:
    share = int(salt(*key, "unknown")) / 2.0**64
    return unknown_number(int(salt(*key))) if share < STRANGERS else number
