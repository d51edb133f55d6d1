"""Several web processes and workers of one installation, as on several machines: one database, one folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from demo.people import Staff
from demo.servers import HERE, free_port
from demo.visitor import Visitor, wait_until
from tests.postgresql.installation import PASSWORD

#: which part of the work a process does
PARTS = {"worker": (), "work": ("--only", "work"), "sender": ("--only", "sending")}
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
    """The processes under way, by name: web0, worker0, and so on."""

    folder: Path
    database: str
    urls: tuple[str, ...]
    #: what the product reads besides
    settings: Mapping[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start a process, also one that was killed; what it says is added to its log."""
        environment = {
            **os.environ,
            "INSTANCE_DIR": str(self.folder),
            "DATABASE_URL": self.database,
            "DATABASE_POOL": "8",
            "DEMO": "1",
            "FLASK_APP": "wsgi:application",
            **self.settings,
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *self._command(name)],
                cwd=HERE,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """End a process and its children without a word."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def wait_for_pages(self) -> None:
        """Until every web process answers."""
        for url in self.urls:
            wait_until(f"{url} answers", lambda url=url: _answers(url), PATIENCE)

    def log(self, name: str) -> str:
        """What a process said."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _command(self, name: str) -> list[str]:
        kind, number = name[:-1], int(name[-1])
        if kind != "web":
            return ["flask", "worker", *PARTS[kind]]
        address = self.urls[number].removeprefix("http://")
        gunicorn = ["gunicorn", "wsgi:application", "-b", address, "--worker-class", "gthread"]
        return [*gunicorn, "--threads", "8", "--timeout", "120", "--no-control-socket"]


@contextmanager
def at_work(
    folder: Path, database: str, names: Sequence[str], settings: Mapping[str, str] | None = None
) -> Iterator[Nodes]:
    """These processes, until the end; what did not end by itself is told to."""
    urls = tuple(f"http://127.0.0.1:{free_port()}" for name in names if name.startswith("web"))
    nodes = Nodes(folder=folder, database=database, urls=urls, settings=settings or {})
    try:
        for name in names:
            nodes.start(name)
        nodes.wait_for_pages()
        yield nodes
    finally:
        for process in nodes.processes.values():
            process.terminate()
        for process in nodes.processes.values():
            process.wait(PATIENCE)


def _answers(url: str) -> bool:
    try:
        Visitor(url, "admin", PASSWORD)
    except OSError:
        return False
    return True
