"""Folders that last as long as the tests do."""

import atexit
import shutil
from pathlib import Path
from tempfile import mkdtemp


def lasting_folder(name: str) -> Path:
    """An empty folder that goes when the interpreter does."""
    folder = Path(mkdtemp(prefix=f"{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
