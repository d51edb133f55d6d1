"""What is done from the shell: set up tables, load files, publish diagrams, work, verify."""

from flask import Flask

from app.commands import load, publish, set_up, verify, work


def init_app(app: Flask) -> None:
    """Add the commands to `flask`."""
    for part in (load, publish, set_up, verify, work):
        for command in part.COMMANDS:
            app.cli.add_command(command)
