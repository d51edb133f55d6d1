"""Start the background process."""

import click
from flask import current_app
from flask.cli import with_appcontext

from app.worker import serve


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Wake timers, read answer files and run jobs until told to stop."""
    serve(current_app._get_current_object())  # type: ignore[attr-defined]


COMMANDS = (worker,)
