"""Every fault of the wire says what it is, in a sentence that forms with the fields it is given."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.channels.wire import faults
from handlers.channels.wire.faults import WireFault

FOLDER = Path(faults.__file__).parent
FIELD = re.compile(r"%\((\w+)\)")
KINDS = {
    name: kind
    for name, kind in vars(faults).items()
    if isinstance(kind, type) and issubclass(kind, WireFault)
}


def raised() -> Iterator[tuple[str, type[WireFault], set[str | None]]]:
    """Every place where a fault is made, and the fields it gets."""
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                given = {keyword.arg for keyword in node.keywords}
                yield f"{path.name}:{node.lineno}", KINDS[node.func.id], given


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_fault_says_what_it_is(kind: type[WireFault]) -> None:
    assert vars(kind).get("__doc__")
    fields = dict.fromkeys(FIELD.findall(kind.message), 3)
    told = str(kind(**fields))
    assert inspect.getdoc(kind)
    assert told
    assert "%(" not in told


def test_a_fault_gets_the_fields_its_sentence_names() -> None:
    places = list(raised())
    assert len(places) > 20
    lacking = {
        where: sorted(missing)
        for where, kind, given in places
        if None not in given and (missing := set(FIELD.findall(kind.message)) - given)
    }
    assert lacking == {}
