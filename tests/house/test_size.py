"""Functions and files stay readable: a function stops at 40 lines, a file at 400."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("app", "handlers", "models", "demo", "benchmarks")
FUNCTION, FILE = 40, 400


def modules() -> list[Path]:
    return [
        path
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if "node_modules" not in path.parts
    ]


def test_no_file_is_longer_than_its_limit() -> None:
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules()}
    assert {path: lines for path, lines in long.items() if lines > FILE} == {}


def test_no_function_is_longer_than_its_limit() -> None:
    long = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and (lines := _lines(node)) > FUNCTION:
                long[f"{path.relative_to(ROOT)}:{node.name}"] = lines
    assert long == {}


def _lines(node: ast.FunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_every_module_opens_with_a_sentence() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in modules()
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []
