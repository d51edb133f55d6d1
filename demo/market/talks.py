"""What customers say on the phone: whether they answer, whether they are won, and why not."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from demo.market.announcements import Announcement
from demo.market.choices import answered_try
from demo.market.demand import Demand, products_of
from demo.market.ledger import Contact, Ledger, Talk
from demo.market.replies import Contacts, complaints, wants_no_more
from demo.market.world import World
from demo.province.streams import Ints

SUCCESS, CONSIDER, REFUSE, NOT_REACHED = "success", "consider", "refuse", "not_reached"
NO_MORE_CALLS, GONE = "no_more_calls", "out_of_service"
#: Why it did not work out, by the product's codes, with the shares of the customers who say so.
REASONS = (
    ("not_needed", 0.35),
    ("price", 0.23),
    ("cannot_use", 0.15),
    ("has_similar", 0.09),
    ("worried_about_charge", 0.11),
    ("no_time", 0.07),
)
#: What is heard where nobody answers.
SILENCES = (("no_answer", 0.62), ("busy", 0.20), ("switched_off", 0.12), ("hung_up", 0.06))
#: Share of those who consider that name a time to be called back.
CALL_BACK = 0.25


@dataclass(frozen=True)
class _Ending:
    """How a try ended."""

    outcome: str
    reason: str = ""
    product: str = ""
    wants_call_back: bool = False


class Talks:
    """The customers at the other end of the line; the same try is never made twice."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self._world, self._ledger = world, ledger
        self._demand = Demand(world, ledger)

    def answer(
        self, told: Announcement, key: str, login: str, number: str, attempt: int, now: datetime
    ) -> Talk:
        """How the try of this name ends; asked again, the same."""
        with self._ledger.writing():
            known = self._ledger.talk(key)
            if known is not None:
                return known
            indexes = self._world.indexes_of_numbers([number])
            ended = self._try(told, indexes, attempt, now)
            talk = Talk(
                key=key,
                campaign=told.campaign,
                customer=int(indexes[0]),
                login=login,
                at=int(now.timestamp()),
                outcome=ended.outcome,
                reason=ended.reason,
                product=ended.product,
                wants_call_back=ended.wants_call_back,
            )
            self._ledger.note_talk(talk)
            return talk

    def _try(self, told: Announcement, indexes: Ints, attempt: int, now: datetime) -> _Ending:
        if indexes[0] < 0:
            return _Ending(NOT_REACHED, "wrong_number")
        if self._ledger.has_talked(told.campaign, int(indexes[0])):
            return _Ending(REFUSE, self._pick(REASONS, indexes, told, "why at last"))
        self._note_contact(told, int(indexes[0]), now)
        answered = self._answered(told, indexes, now)
        if answered == 0 and self._is_gone(indexes, now):
            return _Ending(NOT_REACHED, GONE)
        if attempt < answered or answered == 0:
            return _Ending(NOT_REACHED, self._pick(SILENCES, indexes, told, f"silence {attempt}"))
        return self._talk(told, indexes, now)

    def _talk(self, told: Announcement, indexes: Ints, now: datetime) -> _Ending:
        """Who is won orders; of the others some consider, and the annoyed want to be left alone."""
        met = np.array([now.timestamp()])
        for product in products_of(told):
            ordered = self._demand.ask(told, product, indexes, met, now)
            if np.isfinite(ordered)[0]:
                season, _ = self._demand.season(told, product, now)
                self._ledger.wish(int(indexes[0]), product, season)
                return _Ending(SUCCESS, product=product)
        contacts = Contacts(told=told, indexes=indexes, moments=met, won=np.zeros(1, bool))
        self._ledger.say(complaints(self._world, contacts))
        if wants_no_more(self._world, indexes, told)[0]:
            return _Ending(REFUSE, NO_MORE_CALLS)
        reason = self._pick(REASONS, indexes, told, "why")
        if not self._considers(told, indexes):
            return _Ending(REFUSE, reason)
        wants = self._world.draw(indexes, "call back", told.campaign)[0] < CALL_BACK
        return _Ending(CONSIDER, reason, wants_call_back=bool(wants))

    def _note_contact(self, told: Announcement, customer: int, now: datetime) -> None:
        contact = Contact(campaign=told.campaign, work_order=told.work_order, channel="call",
                          customer=customer, at=now.timestamp())  # fmt: skip
        self._ledger.note_contacts([contact])

    def _answered(self, told: Announcement, indexes: Ints, now: datetime) -> int:
        moment = np.array([now.timestamp() - self._world.beginning])
        return int(answered_try(self._world, indexes, told.campaign, moment)[0])

    def _is_gone(self, indexes: Ints, now: datetime) -> bool:
        return bool(self._world.gone_at(indexes)[0] <= now.timestamp() - self._world.beginning)

    def _considers(self, told: Announcement, indexes: Ints) -> bool:
        """Who was reached and not won considers: 42 % where every fourth would buy (requirements I7)."""
        product = next(iter(products_of(told)), "CRBT")
        talked = float(self._world.column(f"p1_{product}", indexes)[0])
        share = 0.556 * np.sqrt(min(talked / 0.245, 1.5))
        return bool(self._world.draw(indexes, "considers", told.campaign)[0] < share)

    def _pick(
        self, offered: tuple[tuple[str, float], ...], indexes: Ints, told: Announcement, purpose: str
    ) -> str:
        draw = self._world.draw(indexes, purpose, told.campaign)[0]
        place = int(np.searchsorted(np.cumsum([share for _, share in offered])[:-1], draw))
        return offered[place][0]
