"""The processes of the demo: the product's web, worker and sender, and the market with its SMS centre."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from demo.market.keys import SYSTEM_ID

HERE = Path(__file__).resolve().parent.parent
#: Messages a second the product allows itself: a little below what the centre's contract allows.
SMS_RATE = 5_500


class NotReady(Exception):
    """A process did not come up; its last words are in its log."""


class Servers:
    """Starts processes and ends exactly those it started."""

    def __init__(self, instance: Path, demo: Path, logs: Path, port: int, sms_rate: int = SMS_RATE) -> None:
        self.instance, self.demo, self.logs = instance, demo, logs
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.sms_port, self.sms_rate = free_port(), sms_rate
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._watch = MemoryWatch()
        logs.mkdir(parents=True, exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        """What the product reads: demo mode on, no lists by file, messages go to the market's centre."""
        return {
            **os.environ,
            "INSTANCE_DIR": str(self.instance),
            "DEMO": "1",
            "FLASK_APP": "wsgi:application",
            "BY_FILE": "",
            "SMS_CENTRE": f"127.0.0.1:{self.sms_port}",
            "SMS_SYSTEM_ID": SYSTEM_ID,
            "SMS_RATE": str(self.sms_rate),
        }

    def flask(self, *words: str, **extra: str) -> None:
        """Run one command of the product to its end."""
        command = [sys.executable, "-m", "flask", *words]
        done = subprocess.run(  # noqa: S603 - our own program
            command, cwd=HERE, env={**self.environment, **extra}, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise NotReady(f"flask {' '.join(words)}\n{done.stderr[-3000:]}")

    def start(self, name: str, command: Sequence[str], extra: Mapping[str, str] | None = None) -> None:
        """Start a process; what it says goes to its log."""
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", *command],
                cwd=HERE,
                env={**self.environment, **(extra or {})},
                stdout=log,
                stderr=log,
            )
        self._running[name] = process
        self._watch.add(process.pid)

    def start_all(self) -> None:
        """All four, the market as soon as the first page answers."""
        if _answers(self.url + "/sign-in"):
            raise NotReady(f"Port {self.port} is in use; choose another one: make run PORT={self.port + 1}")
        for name in ("web", "worker", "sender"):
            self.start_again(name)
        self.wait_for_page()
        self.start_again("market")

    def start_again(self, name: str) -> None:
        """Start web, worker, sender or market; also after it was killed."""
        commands = {
            "web": ["gunicorn", "wsgi:application", "-b", f"127.0.0.1:{self.port}", *_GUNICORN],
            "worker": ["flask", "worker", "--only", "work"],
            "sender": ["flask", "worker", "--only", "sending"],
            "market": ["demo.market", *self._market()],
        }
        self.start(name, commands[name])

    def kill(self, name: str) -> None:
        """End one of our processes and its children without warning, as a power cut would."""
        process = self._running.pop(name)
        for pid in _with_children({process.pid}):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def cut_link(self) -> None:
        """Have the SMS centre hang up on everybody, as a broken cable would; while it is there."""
        if _listens(self.sms_port):
            self._running["market"].send_signal(signal.SIGUSR1)

    def wait_for_page(self, seconds: float = 120.0) -> None:
        """Wait until the sign-in page answers."""
        end = time.monotonic() + seconds
        while not _answers(self.url + "/sign-in"):
            if time.monotonic() > end or self._running["web"].poll() is not None:
                raise NotReady((self.logs / "web.log").read_text(errors="replace")[-3000:])
            time.sleep(0.1)

    def stop(self) -> None:
        """End what was started, by its own id, the youngest first."""
        for process in reversed(self._running.values()):
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()
        self._watch.stop()

    def ended(self) -> str | None:
        """The name of a process that ended by itself, if one did."""
        return next((name for name, process in self._running.items() if process.poll() is not None), None)

    @property
    def peak_mb(self) -> int:
        """The most memory our processes held together, this one included, in MB."""
        return self._watch.peak_mb

    def _market(self) -> list[str]:
        folders = ["--instance", str(self.instance), "--demo", str(self.demo)]
        return [*folders, "--url", self.url, "--sms-port", str(self.sms_port)]


_GUNICORN = (
    "--worker-class",
    "gthread",
    "--threads",
    "32",
    "--timeout",
    "120",
    "--log-level",
    "warning",
    "--no-control-socket",
)


class MemoryWatch:
    """Adds up the resident memory of some processes, their children and this one, four times a second."""

    def __init__(self) -> None:
        self.peak_mb = 0
        self._pids = {os.getpid()}
        self._stop = threading.Event()
        threading.Thread(target=self._look, daemon=True).start()

    def add(self, pid: int) -> None:
        """Count this process too."""
        self._pids = self._pids | {pid}

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def _look(self) -> None:
        while not self._stop.wait(0.25):
            held = sum(_resident_kb(pid) for pid in _with_children(self._pids))
            self.peak_mb = max(self.peak_mb, held // 1024)


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - loopback only
            return True
    except urllib.error.HTTPError as refused:
        refused.close()
        return False
    except OSError:
        return False


def _with_children(pids: set[int]) -> set[int]:
    """The processes and all below them, read from /proc; just the processes where there is none."""
    found = set(pids)
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if int(fields[1]) in found:
            found.add(int(path.parent.name))
    return found


def _resident_kb(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    line = next((line for line in text.splitlines() if line.startswith("VmRSS")), "VmRSS: 0 kB")
    return int(line.split()[1])
