"""Collects every text a person may read: Babel's own marks, and the messages of problems and findings.

A problem carries its sentence as a class attribute `message`, so no mark is needed around it;
the same goes for `message=` and `fix=` handed to a finding.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg

ROOT = Path(__file__).resolve().parents[2]
MAPPING = ROOT / "babel.cfg"
#: packages whose problems reach a screen
PACKAGES = ("app", "handlers", "models")
SENTENCES = frozenset({"message", "fix"})
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
    "pgettext": ((1, "c"), 2),
}


def collect(root: Path = ROOT) -> Catalog:
    """Every msgid of the project, in order of the alphabet so that two people's changes do not collide."""
    found: dict[tuple[str, str], str | tuple[str, ...]] = {}
    for message, context in _marked(root):
        found[message if isinstance(message, str) else message[0], context] = message
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            for sentence in sentences(file.read_text(encoding="utf-8")):
                found.setdefault((sentence, ""), sentence)
    catalog = Catalog(charset="utf-8")
    for key in sorted(found):
        catalog.add(found[key], context=key[1] or None)
    return catalog


def _marked(root: Path) -> Iterator[tuple[str | tuple[str, ...], str]]:
    with (root / MAPPING.name).open(encoding="utf-8") as lines:
        methods, options = parse_mapping_cfg(lines)  # type: ignore[no-untyped-call]
    for _file, _line, message, _comments, context in extract_from_dir(
        root / "app", methods, options, keywords=KEYWORDS
    ):
        yield message, context or ""


def sentences(source: str) -> Iterator[str]:
    """`message` of a class, and `message=` or `fix=` in a call, where they are plain text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                yield from _of_class(line)
        elif isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg in SENTENCES:
                    yield from _text(keyword.value)


def _of_class(line: ast.stmt) -> Iterator[str]:
    if isinstance(line, ast.Assign):
        names = [target.id for target in line.targets if isinstance(target, ast.Name)]
    elif isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
        names = [line.target.id]
    else:
        return
    if SENTENCES.intersection(names) and line.value is not None:
        yield from _text(line.value)


def _text(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _text(value.body)
        yield from _text(value.orelse)
