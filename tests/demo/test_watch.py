from dataclasses import dataclass, field

from demo.visitor import wait_until
from demo.watch import Watchman


@dataclass
class Processes:
    """Processes that are not there: those in `dead` have ended, the hopeless one always ends."""

    dead: list[str] = field(default_factory=list)
    hopeless: str = ""
    started: list[str] = field(default_factory=list)

    def ended(self) -> str | None:
        return self.dead[0] if self.dead else None

    def start_again(self, name: str) -> None:
        self.started.append(name)
        if name != self.hopeless:
            self.dead.remove(name)


def test_what_was_killed_comes_back_and_it_is_said() -> None:
    processes, told = Processes(), list[str]()
    watchman = Watchman(processes, told.append, pause=0.001)
    with watchman.on_duty():
        for name in ("worker", "sender", "worker"):
            processes.dead.append(name)
            wait_until(name, lambda: not processes.dead, 10, pause=0.001)
    assert processes.started == ["worker", "sender", "worker"]
    assert told[0] == "worker ended; it is started again"
    assert watchman.given_up is None


def test_what_cannot_live_is_given_up() -> None:
    processes = Processes(dead=["web"], hopeless="web")
    watchman = Watchman(processes, lambda line: None, pause=0.001)
    with watchman.on_duty():
        wait_until("the end of patience", lambda: watchman.given_up, 10, pause=0.001)
    assert watchman.given_up == "web"
    assert processes.started == ["web", "web", "web"]
