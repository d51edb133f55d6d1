"""Start the background process."""

import click
from flask import current_app
from flask.cli import with_appcontext

from app.worker import PARTS, serve


@click.command("worker")
@click.option("--only", type=click.Choice(list(PARTS)), help="one part; without it, all of them")
@with_appcontext
def worker(only: str | None) -> None:
    """Wake timers, read answer files, run jobs and send messages until told to stop."""
    serve(current_app._get_current_object(), only=only)  # type: ignore[attr-defined]


COMMANDS = (worker,)
