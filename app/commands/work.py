"""Start the background process."""

import click
from flask import current_app
from flask.cli import with_appcontext

from app.sending import send
from app.worker import _stop_on_signals, serve


@click.command("worker")
@click.option("--only", type=click.Choice(["work", "sending"]), help="one part; without it, all of them")
@with_appcontext
def worker(only: str | None) -> None:
    """Wake timers, read answer files, run jobs and send messages until told to stop."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if only == "sending":
        send(app, _stop_on_signals())
    else:
        serve(app)


COMMANDS = (worker,)
