"""A product that is not ours: it keeps what it is sent, moves its clock when told, and refuses strangers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs

from tests.demo.fake_desk import FakeDesk

TOKEN = "open sesame"
CSRF = "not from elsewhere"
SIGN_IN = '<form action="/sign-in"><input name="login"><input name="password"></form>'


@dataclass
class FakeProduct:
    """What the fake knows; `trouble` makes the next requests fail."""

    now: datetime
    wished: datetime | None
    feeds: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    moves: list[datetime] = field(default_factory=list)
    desk: FakeDesk = field(default_factory=FakeDesk)
    trouble: int = 0
    url: str = ""
    lock: Lock = field(default_factory=Lock)

    def get(self) -> dict[str, Any]:
        return {
            "now": self.now.isoformat(), "wished": self.wished.isoformat() if self.wished else None,
            "idle": True, "due_jobs": 0, "due_timers": 0, "unread_files": 0,
        }  # fmt: skip

    def post(self, path: str, body: Any) -> dict[str, Any]:
        if path == "/demo/clock":
            self.now = datetime.fromisoformat(body["now"])
            self.moves.append(self.now)
            return {}
        self.feeds.setdefault(path.removeprefix("/intake/"), []).extend(body)
        return {"received": len(body), "repeated": 0}


class Handler(BaseHTTPRequestHandler):
    """One request; `product` is set by whoever serves it."""

    product: FakeProduct

    def do_GET(self) -> None:
        with self.product.lock:
            if self.path == "/sign-in":
                self._page(SIGN_IN)
            elif self.path == "/api/v1/session":
                self._answer(200, {"csrf_token": CSRF})
            elif self.path == "/api/v1/calls/slots":
                self._answer(200, self.product.desk.slots)
            else:
                self._answer(200, self.product.get())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with self.product.lock:
            if self.path == "/sign-in":
                self._page("", login=parse_qs(body)["login"][0])
            elif self.product.trouble > 0:
                self.product.trouble -= 1
                self._answer(503, {})
            else:
                self._answer(*self._act(json.loads(body)))

    def _act(self, body: Any) -> tuple[int, Any]:
        if not self.path.startswith("/api/v1/calls"):
            is_known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            return (200, self.product.post(self.path, body)) if is_known else (401, {})
        login = SimpleCookie(self.headers.get("Cookie", "")).get("login")
        if login is None or self.headers.get("X-CSRFToken") != CSRF:
            return 400, {"message": "who is that?"}
        path = self.path.removeprefix("/api/v1/calls/")
        return self.product.desk.act(path, login.value, body, self.product.now)

    def _page(self, text: str, login: str = "") -> None:
        self._send(200, text.encode(), {"Set-Cookie": f"login={login}"} if login else {})

    def _answer(self, status: int, body: Any) -> None:
        self._send(status, json.dumps(body).encode(), {})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *parts: object) -> None:
        pass


@contextmanager
def serving(product: FakeProduct) -> Iterator[FakeProduct]:
    """The fake on a free loopback port."""
    handler = type("ProductHandler", (Handler,), {"product": product})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    product.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield product
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def give_token(instance: Path) -> None:
    """What the product's set-up does."""
    (instance / "keys").mkdir(parents=True, exist_ok=True)
    (instance / "keys" / "intake_token").write_text(TOKEN)
