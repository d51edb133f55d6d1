"""Set up a new installation in one go: a process that reads the whole product takes seconds to begin."""

from datetime import datetime
from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_migrate import upgrade

from app.commands.load import FOLDER, load_customers, load_office, set_demo_clock
from app.commands.publish import publish_diagrams


@click.command("set-up")
@FOLDER
@click.option(
    "--snapshot", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Day of the customer data."
)
@click.option("--password", envvar="INITIAL_PASSWORD", help="First password of people who have none yet.")
@click.option("--demo-clock", "moment", help="Begin the demo at this moment (ISO, with zone).")
@click.pass_context
@with_appcontext
def set_up(
    context: click.Context, folder: Path, snapshot: datetime, password: str | None, moment: str | None
) -> None:
    """Make the tables, load the office and the customers of FOLDER, and bring the diagrams into force."""
    upgrade()
    context.invoke(load_office, folder=folder, password=password)
    context.invoke(load_customers, folder=folder, snapshot=snapshot)
    context.invoke(publish_diagrams)
    if moment:
        context.invoke(set_demo_clock, moment=moment)


COMMANDS = (set_up,)
