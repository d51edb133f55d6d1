"""Check the chains of history, for auditors and for schedules."""

import json
import sys

import click
from flask import current_app
from flask.cli import with_appcontext

from app.engine import Engine


@click.command("verify-history")
@click.option("--instance", type=int, default=None, help="Check this process only.")
@with_appcontext
def verify_history(instance: int | None) -> None:
    """Compute every chain again; prints one JSON object, exit code 1 if a chain is broken."""
    engine: Engine = current_app.extensions["engine"]
    found = engine.verify(instance)
    broken = [{"instance": b.process_id, "seq": b.seq, "reason": str(b.reason)} for b in found.broken]
    report = {"instances": found.processes, "events": found.events, "ok": not broken, "broken": broken}
    click.echo(json.dumps(report, ensure_ascii=False))
    if broken:
        sys.exit(1)


COMMANDS = (verify_history,)
