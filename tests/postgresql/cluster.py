"""A PostgreSQL cluster of the tests' own: started in a temporary directory, gone when they are."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psycopg

#: where Debian keeps its versions, newest last
DEBIAN = Path("/usr/lib/postgresql")
#: the server runs as one of these where the tests run as root, whom it refuses
USERS = ("postgres", "nobody")
OWNER = "bihuan"
#: seconds for the server to answer after it was started
PATIENCE = 20.0
#: speed over safety, as nothing here outlives the tests; who waits for a row for ever fails instead
QUICK = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "shared_buffers=32MB",
    "lock_timeout=60s",
)
#: as a server is set up whose commits must outlast a power cut
DURABLE = ("shared_buffers=128MB", "lock_timeout=60s")


class NoServer(Exception):
    """What is missing here to run a server."""


@dataclass(kw_only=True)
class Cluster:
    """A server, reached through its socket alone."""

    folder: Path
    programs: Path
    user: pwd.struct_passwd
    settings: Sequence[str] = QUICK
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Let it run, until it answers."""
        told = [f"-c{setting}" for setting in (*self.settings, "listen_addresses=")]
        with (self.folder / "log").open("ab") as log:
            self.server = subprocess.Popen(
                [
                    self.programs / "postgres",
                    "-D",
                    self.folder / "data",
                    *told,
                    f"-cunix_socket_directories={self.folder}",
                ],
                **_as(self.user, self.folder),
                stdout=log,
                stderr=log,
            )
        _wait_for(self.server, self.folder)

    def stop(self) -> None:
        """Stop it as an administrator does who cannot wait: whoever is connected is thrown out."""
        if self.server is not None:
            self.server.send_signal(signal.SIGINT)
            self.server.wait(PATIENCE)
        self.server = None

    def new_database(self, template: str = "template0") -> str:
        """Make a database like another one, to which nobody is connected; its URL."""
        name = f"bihuan_{next(self.numbers)}"
        self._say(f'CREATE DATABASE {name} TEMPLATE "{template}" STRATEGY FILE_COPY')
        return f"postgresql+psycopg://{OWNER}@/{name}?host={self.folder}"

    def drop(self, url: str) -> None:
        """Give the room of a database back, whoever is still connected."""
        self._say(f"DROP DATABASE {name_of(url)} WITH (FORCE)")

    def _say(self, statement: str) -> None:
        with psycopg.connect(host=str(self.folder), user=OWNER, dbname="postgres", autocommit=True) as server:
            server.execute(statement.encode())


def name_of(url: str) -> str:
    """The database a URL names."""
    found = re.search(r"@/(\w+)\?", url)
    assert found, url
    return found.group(1)


def binaries() -> Path:
    """The folder of initdb and postgres, of the newest version found; `NoServer` says where we looked."""
    versions = sorted(DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]))
    on_path = shutil.which("initdb")
    folders = ([Path(on_path).resolve().parent] if on_path else []) + versions
    found = [folder for folder in folders if {"initdb", "postgres"} <= {one.name for one in folder.iterdir()}]
    if not found:
        raise NoServer(
            f"PostgreSQL's initdb and postgres are neither in {DEBIAN}/*/bin nor on PATH: "
            "apt-get install postgresql"
        )
    return found[-1]


def server_user() -> pwd.struct_passwd:
    """Ourselves, or somebody with fewer rights where we are root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    known = {user.pw_name: user for user in pwd.getpwall()}
    for name in USERS:
        if name in known:
            return known[name]
    raise NoServer(f"PostgreSQL does not run as root, and there is no user {' or '.join(USERS)}")


@contextmanager
def running(settings: Sequence[str] = QUICK) -> Iterator[Cluster]:
    """A new cluster in a folder that only its user may enter; its socket is the only way in."""
    programs, user = binaries(), server_user()
    folder = Path(mkdtemp(prefix="bihuan-pg-"))
    try:
        os.chown(folder, user.pw_uid, user.pw_gid)
        _initialise(programs, folder, user)
        cluster = Cluster(folder=folder, programs=programs, user=user, settings=settings)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder)


def _initialise(programs: Path, folder: Path, user: pwd.struct_passwd) -> None:
    """Who may enter the folder is trusted; over the network nobody is."""
    made = subprocess.run(
        [
            *(programs / "initdb", "--pgdata", folder / "data", "--username", OWNER),
            *("--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--no-locale", "--no-sync"),
        ],
        **_as(user, folder),
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr


def _as(user: pwd.struct_passwd, folder: Path) -> dict[str, Any]:
    """What a child process gets: that user's rights where we are root, a folder it may be in, no settings."""
    given: dict[str, Any] = {"cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}}
    if os.geteuid() == 0:
        given |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return given


def _wait_for(server: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(host=str(folder), user=OWNER, dbname="postgres").close()
            return
        except psycopg.OperationalError:
            assert server.poll() is None and time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.05)
