"""Bring the diagrams, forms and decision tables of the repository into force."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from app.config import HERE
from app.engine import Actor, Bundle, Engine

#: the processes of the repository: their diagrams below bpmn/, key of the top process
PROCESSES = (("loop/*.bpmn", "loop"), ("reconcile.bpmn", "reconcile"))


@click.command("publish-diagrams")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=HERE / "bpmn")
@with_appcontext
def publish_diagrams(folder: Path) -> None:
    """Publish every decision table and process of FOLDER; what is in force already stays as it is."""
    engine: Engine = current_app.extensions["engine"]
    publish_folder(engine, folder, Actor(login="system"))


def publish_folder(engine: Engine, folder: Path, actor: Actor) -> None:
    """Tables first, because processes pin their versions."""
    for table in sorted((folder / "rules").glob("*.dmn")):
        version = engine.publish_decision(table.read_bytes(), actor)
        click.echo(f"{version.key} {version.number} {version.digest[:12]}", err=True)
    forms = {path.name: path.read_bytes() for path in sorted((folder / "forms").glob("*.json"))}
    for files, key in PROCESSES:
        diagrams = {path.name: path.read_bytes() for path in sorted(folder.glob(files))}
        process = engine.publish(Bundle(diagrams=diagrams, forms=forms, key=key), actor)
        click.echo(f"{process.key} {process.number} {process.digest[:12]}", err=True)


COMMANDS = (publish_diagrams,)
