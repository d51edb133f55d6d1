"""What the documents name is there: files, commands, modules."""

import importlib.util
import re
from pathlib import Path

import click
import pytest
from flask import Flask

from app import commands

ROOT = Path(__file__).parents[2]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ROOMS = "app|bpmn|handlers|models|demo|frontend|migrations|benchmarks|tests|docs|tools"
IN_TICKS = re.compile(r"`([^`\n]+)`")
PATH = re.compile(rf"^(?:{ROOMS})/[\w./<>*-]*$")
LINK = re.compile(r"\]\(([^)#:]+)\)")


def ticked(path: Path) -> list[str]:
    return IN_TICKS.findall(path.read_text(encoding="utf-8"))


def up_to_its_first_unknown(name: str) -> str:
    """`handlers/<stage>.py` says that there is a folder handlers/."""
    known = re.split(r"[<*]", name, maxsplit=1)[0]
    return known if known == name else known.rpartition("/")[0]


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.relative_to(ROOT).as_posix())
def test_every_path_a_document_names_is_there(doc: Path) -> None:
    named = [up_to_its_first_unknown(text) for text in ticked(doc) if PATH.match(text)]
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(doc: Path) -> None:
    links = LINK.findall(doc.read_text(encoding="utf-8"))
    assert [link for link in links if not (doc.parent / link).exists()] == []


def test_the_how_tos_are_about_something() -> None:
    for doc in sorted((ROOT / "docs" / "howto").glob("*.md")):
        assert [text for text in ticked(doc) if PATH.match(text)], doc.name


def test_every_make_command_a_document_names_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {
        word
        for doc in DOCS
        for word in re.findall(r"(?:^|`)make ([a-z]+)", doc.read_text(), flags=re.MULTILINE)
    }
    assert {"run", "test"} <= named <= targets


def test_every_make_command_has_its_line_of_help() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z]+):", text, flags=re.MULTILINE)
    helped = re.findall(r"^([a-z]+):.*## .+", text, flags=re.MULTILINE)
    assert targets == helped


def test_every_flask_command_a_document_names_is_there() -> None:
    known = {name for name, command in _commands()}
    named = {word for doc in DOCS for text in ticked(doc) for word in re.findall(r"^flask ([a-z-]+)", text)}
    assert named <= known | {"db"}
    assert named


def _commands() -> list[tuple[str, click.Command]]:
    """Every command the product adds to `flask`."""
    app = Flask("commands")
    commands.init_app(app)
    return list(app.cli.commands.items())


def test_every_module_a_document_runs_is_there() -> None:
    named = {
        word
        for doc in DOCS
        for word in re.findall(r"python -m ((?:app|demo|benchmarks)[\w.]*)", doc.read_text())
    }
    assert [name for name in sorted(named) if importlib.util.find_spec(name) is None] == []
