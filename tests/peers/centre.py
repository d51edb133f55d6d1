"""Starts the SMS centre on npm `smpp`; what it can do stands in centre.js."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

HERE = Path(__file__).parent
#: where set-up puts node if the machine has none
OURS = HERE.parents[1] / ".venv" / "bin" / "node"
#: seconds for it to end after its input did
PATIENCE = 10.0


class NoPeer(Exception):
    """What is missing here to run it."""


class Centre:
    """A running SMS centre."""

    def __init__(self, told: IO[str], says: IO[str]) -> None:
        self._told, self._says = told, says
        self.port = int(self._line()["port"])

    def counts(self) -> dict[str, int]:
        """What it counted so far."""
        self.say("counts")
        return self._line()

    def say(self, command: str) -> None:
        """Have it do something."""
        self._told.write(f"{command}\n")
        self._told.flush()

    def _line(self) -> dict[str, int]:
        line = self._says.readline()
        if not line:
            raise RuntimeError("the SMS centre ended")
        found: dict[str, int] = json.loads(line)
        return found


@contextmanager
def running(**options: object) -> Iterator[Centre]:
    """An SMS centre on a free port of loopback; `NoPeer` where node or its packages are missing."""
    words = [f"--{name}={value}" for name, value in options.items()]
    process = subprocess.Popen(
        [_node(), HERE / "centre.js", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        yield Centre(process.stdin, process.stdout)
    finally:
        _end(process)


def _node() -> str:
    if not (HERE / "node_modules" / "smpp").is_dir():
        raise NoPeer("npm's smpp is not installed: make test sets it up")
    found = shutil.which("node") or (str(OURS) if OURS.exists() else None)
    if found is None:
        raise NoPeer("node is not installed")
    return found


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.close()
        process.wait(PATIENCE)
    except (BrokenPipeError, subprocess.TimeoutExpired):
        process.kill()
        process.wait()
    finally:
        process.stdout.close()
