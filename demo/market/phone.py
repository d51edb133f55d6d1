"""A call agent's desk as a program works it: pull the next call, ask for an order, hand in the result."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Any, TypeVar

from demo.market.product import NoAnswer
from demo.visitor import Refused, Visitor

_CALLS = "/api/v1/calls"
_TRIES = 7
#: Seconds before a request is made again; each time twice as long.
PAUSE = 0.25
_CONFLICT = 409
_OVERTAKEN = frozenset({404, _CONFLICT, 422})
T = TypeVar("T")


class CallGone(Exception):
    """The call is in other hands by now, or what was asked for it does not hold."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call in hand; `fence` goes with everything handed in for it."""

    call_id: int
    fence: int
    work_order: str
    number: str
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """What a pull brought: a call, or when it is worth pulling again."""

    call: Call | None
    next_at: datetime | None


class Phone:
    """Speaks to the product as one call agent, again and again until it answers."""

    def __init__(self, url: str, login: str, password: str, pause: float = PAUSE) -> None:
        self.login = login
        self._pause = pause
        self._url, self._password = url, password
        self._visitor: Visitor | None = None

    def pull(self) -> Pulled:
        """The call this call agent has, or the next one."""
        told = self._post("/next", {})
        next_at = told.get("next_at")
        return Pulled(
            call=_call(told["call"]) if told.get("call") else None,
            next_at=datetime.fromisoformat(next_at) if next_at else None,
        )

    def order(self, call: Call, product: str) -> None:
        """Have the customer asked by message. Raises CallGone where that cannot be."""
        self._post(f"/{call.call_id}/order", {"fence": call.fence, "product": product})

    def hand_in(self, call: Call, key: str, outcome: str, reason: str, call_back_at: str | None) -> None:
        """Say how the try ended. Raises CallGone where it is somebody else's by now, or the time is gone."""
        result = {"fence": call.fence, "key": key, "outcome": outcome, "reason": reason}
        if call_back_at is not None:
            result["call_back_at"] = call_back_at
        self._post(f"/{call.call_id}/result", result)

    def free_times(self) -> list[str]:
        """The times a customer may be promised."""
        slots: list[dict[str, Any]] = self._patiently(lambda visitor: visitor.json(f"{_CALLS}/slots"))
        return [str(slot["at"]) for slot in slots if slot["free"] > 0]

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._patiently(lambda visitor: visitor.post(_CALLS + path, body))

    def _patiently(self, ask: Callable[[Visitor], T]) -> T:
        """Nothing is lost by asking twice: the product knows a result by its key and a call by its fence."""
        pause, last = self._pause, ""
        for _ in range(_TRIES):
            try:
                return ask(self._signed_in())
            except Refused as refused:
                if refused.status in _OVERTAKEN:
                    raise CallGone(str(refused)) from refused
                last = str(refused)
            except (OSError, HTTPException, ValueError, LookupError) as error:
                last = str(error)
            self._visitor = None
            time.sleep(pause)
            pause *= 2
        raise NoAnswer(f"{self.login} at the call desk: {last}")

    def _signed_in(self) -> Visitor:
        if self._visitor is None:
            self._visitor = Visitor(self._url, self.login, self._password)
        return self._visitor


def _call(told: dict[str, Any]) -> Call:
    return Call(
        call_id=int(told["id"]),
        fence=int(told["fence"]),
        work_order=str(told["work_order"]),
        number=str(told["dial"]),
        attempt=int(told["attempt"]),
    )
