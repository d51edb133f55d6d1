"""A reader of answer files in a process of its own, so that a test can kill it.

Its arguments are database, its address, inbox and warehouse; it says how much memory it took at most, in KiB.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import models.tables  # noqa: F401
from app.intake.files import read_waiting_files
from handlers.warehouse import Keys, Warehouse
from tests import databases
from tests.factories.stage import opened

NOW = datetime(2026, 3, 6, 1, 0, tzinfo=UTC)


def peak() -> int:
    """The most memory since this program began: what its parent took before is not in it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def main(database: str, address: str, inbox: str, warehouse: str) -> None:
    """Read what waits in the inbox."""
    root = Path(warehouse)
    databases.lend(Path(database), address)
    with opened(Path(database)) as app:
        app.extensions.update(
            warehouse=Warehouse(root, Keys.from_folder(root.parent / "keys")),
            clock=lambda: NOW,
            engine=SimpleNamespace(),
        )
        read_waiting_files(Path(inbox))
    sys.stdout.write(f"{peak()}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
