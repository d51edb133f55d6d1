"""The wire needs nothing but Python, so that programs outside the product may speak it too."""

import ast
import sys
from pathlib import Path

import handlers.channels.wire as wire

FOLDER = Path(wire.__file__).parent


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_the_wire_imports_nothing_but_itself_and_the_standard_library() -> None:
    foreign = {
        path.name: sorted(
            name
            for name in imported(path)
            if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith(wire.__name__)
        )
        for path in FOLDER.glob("*.py")
    }
    assert set(foreign) > {"pdu.py", "coding.py"}
    assert {name: found for name, found in foreign.items() if found} == {}


def test_every_name_offered_is_there() -> None:
    assert [name for name in wire.__all__ if not hasattr(wire, name)] == []
