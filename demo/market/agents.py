"""The demo's call agents: they pull calls by the API, talk to the market's customers, and hand in results."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path

from demo.market.announcements import Announcement, Announcements
from demo.market.ledger import Ledger, Talk
from demo.market.phone import PAUSE, Call, CallGone, Phone
from demo.market.product import NoAnswer
from demo.market.talks import CONSIDER, SUCCESS, Talks
from demo.market.world import LOCAL, World
from demo.office.staff import CALL_AGENTS, DEMO_PASSWORD, VISITORS_CALL_AGENT
from demo.province.streams import salt

#: Tries a call agent makes in an hour, and the hours they work.
PER_HOUR = 10
_OPEN, _CLOSE = time(9), time(20)
#: A file in the demo's folder: visitors have come, and one of the call agents is theirs.
VISITORS = "open_to_visitors"
Say = Callable[[str], None]


class CallAgents:
    """Work hour by hour, all at once, each at a desk of their own."""

    def __init__(self, world: World, instance_dir: Path, url: str, say: Say, pause: float = PAUSE) -> None:
        self._world, self._say = world, say
        self._announcements = Announcements(instance_dir)
        self._phones = {login: Phone(url, login, DEMO_PASSWORD, pause) for login in CALL_AGENTS}
        self._looked: tuple[datetime, int] | None = None
        self._next_look: datetime | None = None

    def work(self, now: datetime) -> int:
        """Make the calls of this hour, once; how many were made."""
        lists = sum(1 for _ in self._announcements.calls())
        if not lists or self._looked == (now, lists) or not _OPEN <= now.astimezone(LOCAL).time() < _CLOSE:
            return 0
        self._looked = (now, lists)
        shifts = [Shift(self._world, self._announcements, phone, now) for phone in self._on_duty()]
        threads = [threading.Thread(target=shift.work) for shift in shifts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for fault in filter(None, (shift.fault for shift in shifts)):
            self._say(fault)
        self._next_look = min(filter(None, (shift.next_look for shift in shifts)), default=None)
        return sum(shift.made for shift in shifts)

    def next_look(self, now: datetime) -> datetime | None:
        """When there is something to call again, as far as they know; None where there is nothing."""
        if self._next_look is None:
            return None
        local = max(self._next_look, now).astimezone(LOCAL)
        if local.time() < _OPEN:
            return datetime.combine(local.date(), _OPEN, LOCAL)
        if local.time() >= _CLOSE:
            return datetime.combine(local.date() + timedelta(days=1), _OPEN, LOCAL)
        return local

    def _on_duty(self) -> Sequence[Phone]:
        visited = (self._world.demo_dir / VISITORS).exists()
        return [
            phone for login, phone in self._phones.items() if not (visited and login == VISITORS_CALL_AGENT)
        ]


class Shift:
    """One hour of one call agent, in a thread of its own with a ledger of its own."""

    def __init__(self, world: World, announcements: Announcements, phone: Phone, now: datetime) -> None:
        self._world, self._announcements, self._phone, self._now = world, announcements, phone, now
        self.made = 0
        self.next_look: datetime | None = None
        self.fault = ""

    def work(self) -> None:
        """Call until the hour is over or nobody is left; what stops it is kept to be told."""
        ledger = Ledger(self._world.demo_dir)
        try:
            self._call_on(ledger)
        except NoAnswer as silence:
            self.fault, self.next_look = str(silence), self._now
        finally:
            ledger.close()

    def _call_on(self, ledger: Ledger) -> None:
        talks = Talks(self._world, ledger)
        hour = self._now.replace(minute=0, second=0, microsecond=0)
        left = PER_HOUR - ledger.calls_since(self._phone.login, int(hour.timestamp()))
        while left > 0:
            pulled = self._phone.pull()
            if pulled.call is None:
                self.next_look = pulled.next_at
                return
            self._make(talks, pulled.call)
            left -= 1
        self.next_look = self._now

    def _make(self, talks: Talks, call: Call) -> None:
        told = self._announcements.of_work_order(call.work_order)
        if told is None:
            raise NoAnswer(f"{call.work_order} was never announced")
        talk = talks.answer(told, _key(told, call), self._phone.login, call.number, call.attempt, self._now)
        self.made += 1
        try:
            self._hand_in(call, self._ordered(call, talk))
        except CallGone as gone:
            self.fault = str(gone)

    def _ordered(self, call: Call, talk: Talk) -> Talk:
        """Who is won is asked by message; where that cannot be just now, he has to think about it."""
        if talk.outcome != SUCCESS:
            return talk
        try:
            self._phone.order(call, talk.product)
        except CallGone:
            return replace(talk, outcome=CONSIDER, reason="no_time")
        return talk

    def _hand_in(self, call: Call, talk: Talk) -> None:
        """With the time the customer named; without one where that is taken by now."""
        times = self._phone.free_times() if talk.outcome == CONSIDER and talk.wants_call_back else []
        if times:
            chosen = times[int(salt(talk.key, "time")) % len(times)]
            try:
                self._phone.hand_in(call, talk.key, talk.outcome, talk.reason, chosen)
                return
            except CallGone:
                pass
        self._phone.hand_in(call, talk.key, talk.outcome, talk.reason, None)


def _key(told: Announcement, call: Call) -> str:
    """The name of a try: the same however often it is handed in."""
    return f"{told.work_order}-{call.call_id}-{call.attempt}"
