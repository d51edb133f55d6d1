"""Several web processes and workers of one installation, as on several machines: one database, one folder."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.people import Staff
from demo.servers import HERE, free_port
from demo.visitor import Visitor, wait_until
from tests.postgresql.installation import PASSWORD

#: seconds a process may take to be there
PATIENCE = 90.0


class People(Staff):
    """The office's staff at one web process, each signed in there."""

    def person(self, login: str) -> Visitor:
        """The browser of this person."""
        if login not in self._visitors:
            self._visitors[login] = Visitor(self.url, login, PASSWORD)
        return self._visitors[login]


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """The processes under way, by name."""

    folder: Path
    database: str
    urls: tuple[str, ...]
    processes: dict[str, subprocess.Popen[bytes]]

    def log(self, name: str) -> str:
        """What a process said."""
        return (self.folder / f"{name}.log").read_text(errors="replace")


@contextmanager
def at_work(folder: Path, database: str, webs: int, workers: int) -> Iterator[Nodes]:
    """So many of each, until the end; what did not end by itself is told to."""
    ports = [free_port() for _ in range(webs)]
    nodes = Nodes(
        folder=folder,
        database=database,
        urls=tuple(f"http://127.0.0.1:{port}" for port in ports),
        processes={},
    )
    try:
        for number, port in enumerate(ports):
            web = ["gunicorn", "wsgi:application", "-b", f"127.0.0.1:{port}", "--worker-class", "gthread"]
            _start(nodes, f"web{number}", [*web, "--threads", "8", "--timeout", "120", "--no-control-socket"])
        for number in range(workers):
            _start(nodes, f"worker{number}", ["flask", "worker"])
        for url in nodes.urls:
            wait_until(f"{url} answers", lambda url=url: _answers(url), PATIENCE)
        yield nodes
    finally:
        for process in nodes.processes.values():
            process.terminate()
        for process in nodes.processes.values():
            process.wait(PATIENCE)


def _start(nodes: Nodes, name: str, command: list[str]) -> None:
    environment = {
        **os.environ,
        "INSTANCE_DIR": str(nodes.folder),
        "DATABASE_URL": nodes.database,
        "DATABASE_POOL": "8",
        "DEMO": "1",
        "FLASK_APP": "wsgi:application",
    }
    with (nodes.folder / f"{name}.log").open("wb") as log:
        nodes.processes[name] = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=HERE, env=environment, stdout=log, stderr=log
        )


def _answers(url: str) -> bool:
    try:
        Visitor(url, "admin", PASSWORD)
    except OSError:
        return False
    return True
