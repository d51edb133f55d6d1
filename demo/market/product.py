"""The product as the outside sees it: a clock, four intakes, and a token in a file."""

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from pathlib import Path

_TRIES, _PAUSE, _TIMEOUT = 6, 0.25, 60.0
_DUE = ("due_jobs", "due_timers", "due_runs", "due_messages")
_GATEWAY_ERRORS = (429, 502, 503, 504)


class NoAnswer(Exception):
    """The product did not answer, however often it was asked."""


class Refusal(Exception):
    """The product answered that it does not want what it was sent."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The demo clock: where it stands, where it is wanted, whether the product has done all that is due."""

    now: datetime
    wished: datetime
    idle: bool
    due: int
    next_due: datetime | None


class Product:
    """Speaks HTTP to the product, again and again until it answers."""

    def __init__(self, url: str, token_file: Path, tries: int = _TRIES) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"not an HTTP address: {url}")
        self._url = url.rstrip("/")
        self._token_file = token_file
        self._tries = tries

    def clock(self) -> Clock:
        """Read the demo clock."""
        told = self._ask("GET", "/demo/clock", None)
        following = told.get("next_due")
        wished = told.get("wished") or told["now"]
        return Clock(
            now=datetime.fromisoformat(told["now"]),
            wished=datetime.fromisoformat(wished),
            idle=bool(told["idle"]),
            due=sum(int(told.get(kind, 0)) for kind in _DUE),
            next_due=datetime.fromisoformat(following) if following else None,
        )

    def move(self, moment: datetime) -> None:
        """Move the demo clock forward."""
        self._ask("POST", "/demo/clock", {"now": moment.isoformat()})

    def post(self, feed: str, items: list[dict[str, object]]) -> None:
        """Deliver answers; the product tells repeated ones by their key."""
        self._ask("POST", f"/intake/{feed}", items)

    def _ask(self, method: str, path: str, body: object) -> dict[str, str]:
        pause, last = _PAUSE, ""
        for _ in range(self._tries):
            try:
                return self._once(method, path, body)
            except urllib.error.HTTPError as error:
                if error.code not in _GATEWAY_ERRORS:
                    raise Refusal(f"{method} {path}: {error.code}") from error
                last = f"{error.code}"
            except (OSError, HTTPException) as error:
                last = f"{error}"
            time.sleep(pause)
            pause *= 2
        raise NoAnswer(f"{method} {path}: {last}")

    def _once(self, method: str, path: str, body: object) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        if self._token_file.exists():
            headers["Authorization"] = f"Bearer {self._token_file.read_text(encoding='ascii').strip()}"
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        request = urllib.request.Request(self._url + path, content, headers, method=method)  # noqa: S310 - checked above
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as reply:  # noqa: S310 - checked above
            found: dict[str, str] = json.loads(reply.read())
        return found
