"""A product that is not ours: it keeps what it is sent, moves its clock when told, and refuses strangers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

TOKEN = "open sesame"


@dataclass
class FakeProduct:
    """What the fake knows; `trouble` makes the next requests fail."""

    now: datetime
    wished: datetime | None
    feeds: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    moves: list[datetime] = field(default_factory=list)
    trouble: int = 0
    url: str = ""

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


def _handler(product: FakeProduct) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, product.get())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if product.trouble > 0:
                product.trouble -= 1
                self._answer(503, {})
            elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._answer(401, {})
            else:
                self._answer(200, product.post(self.path, body))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *parts: object) -> None:
            pass

    return Handler


@contextmanager
def serving(product: FakeProduct) -> Iterator[FakeProduct]:
    """The fake on a free loopback port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(product))
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
