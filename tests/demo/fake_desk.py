"""A call desk that is not ours: gives calls out one at a time, and keeps what is handed in for them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

PAUSE = timedelta(hours=4)
MOST_TRIES = 3
Answer = tuple[int, dict[str, Any]]
GONE: Answer = (409, {"message": "this call has gone"})


@dataclass
class FakeCall:
    """A customer to be called; `due` is None once it is over."""

    number: str
    due: datetime | None
    work_order: str = "RW-7"
    attempts: int = 0
    fence: int = 0
    taken_by: str = ""


@dataclass
class FakeDesk:
    """Answers as the product's API does; `refuses` are numbers whose order cannot be asked for."""

    calls: list[FakeCall] = field(default_factory=list)
    slots: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    orders: list[tuple[str, str]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    #: after so many results their answers are lost on the way back
    loses_answers_after: int | None = None

    def open(self, numbers: list[str], due: datetime) -> None:
        """A work order was begun."""
        self.calls += [FakeCall(number=number, due=due) for number in numbers]

    def act(self, path: str, login: str, body: dict[str, Any], now: datetime) -> Answer:
        """One request of a call agent."""
        if path == "next":
            return 200, self._next(login, now)
        call_id, what = path.split("/")
        call = self.calls[int(call_id)]
        known = next((result for result in self.results if result["key"] == body.get("key")), None)
        if known is not None:
            return 200, {}
        if call.taken_by != login or call.fence != body["fence"]:
            return GONE
        return self._order(call, body) if what == "order" else self._result(call, login, body, now)

    def _next(self, login: str, now: datetime) -> dict[str, Any]:
        mine = [n for n, call in enumerate(self.calls) if call.taken_by == login]
        free = [n for n, call in enumerate(self.calls) if not call.taken_by and call.due and call.due <= now]
        if not mine and not free:
            moments = [call.due for call in self.calls if call.due and not call.taken_by]
            return {"call": None, "next_at": min(moments).isoformat() if moments else None}
        place = (mine or free)[0]
        call = self.calls[place]
        if not mine:
            call.taken_by, call.fence = login, call.fence + 1
        return {"next_at": None, "call": {
            "id": place, "fence": call.fence, "work_order": call.work_order, "dial": call.number,
            "attempt": call.attempts + 1,
        }}  # fmt: skip

    def _order(self, call: FakeCall, body: dict[str, Any]) -> Answer:
        if call.number in self.refuses:
            return GONE
        if (call.number, body["product"]) not in self.orders:
            self.orders.append((call.number, body["product"]))
        return 200, {}

    def _result(self, call: FakeCall, login: str, body: dict[str, Any], now: datetime) -> Answer:
        back = body.get("call_back_at")
        slot = next((slot for slot in self.slots if slot["at"] == back), None)
        if back and (slot is None or slot["free"] == 0):
            return GONE
        if slot:
            slot["free"] -= 1
        call.attempts += 1
        call.taken_by = ""
        self.results.append(
            {**body, "number": call.number, "login": login, "attempt": call.attempts, "at": now}
        )
        call.due = self._due(call, body, now)
        if self.loses_answers_after is not None and len(self.results) >= self.loses_answers_after:
            self.loses_answers_after = None
            return 503, {}
        return 200, {}

    def _due(self, call: FakeCall, body: dict[str, Any], now: datetime) -> datetime | None:
        if body.get("call_back_at"):
            return datetime.fromisoformat(body["call_back_at"])
        hopeless = body["reason"] in ("wrong_number", "out_of_service")
        if body["outcome"] != "not_reached" or call.attempts >= MOST_TRIES or hopeless:
            return None
        return now + PAUSE
