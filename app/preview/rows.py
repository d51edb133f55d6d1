"""The condition tree as form rows and back: every row is plain form fields, so a keyboard is enough.

A row is named by its path, e.g. "0.1" for the second child of the first child of the root; the root's path is
"r". Fields of a row: `k.<path>` kind, `s.<path>` subject, `o.<path>` operator, `v.<path>` values (repeated),
`w.<path>` the upper value of a range.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

GROUPS = ("all", "any", "none")
ROOT = "r"
#: rows a tree may have on the screen; the tool's own limits come after
MOST_ROWS = 60
DEEPEST = 4


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the editor: a group with its rows, or a condition."""

    path: str
    #: all | any | none | condition
    kind: str
    children: tuple["Row", ...] = ()
    subject: str = ""
    op: str = ""
    values: tuple[str, ...] = ()
    upper: str = ""

    @property
    def is_group(self) -> bool:
        """A group holds rows; a condition compares."""
        return self.kind in GROUPS

    @property
    def depth(self) -> int:
        """0 for the root."""
        return 0 if self.path == ROOT else self.path.count(".") + 1

    def walk(self) -> Iterator["Row"]:
        """This row and all below it, from the top."""
        yield self
        for child in self.children:
            yield from child.walk()


def empty() -> Row:
    """A new tree: everybody who fulfils all of nothing yet."""
    return Row(path=ROOT, kind="all")


def read(form: Any) -> Row:
    """The rows a form carries (a MultiDict); rows without their parent are left out."""
    paths = [key[2:] for key in form if key.startswith("k.")][:MOST_ROWS]
    return numbered(_read(form, ROOT, set(paths)), ROOT)


def _read(form: Any, path: str, known: set[str]) -> Row:
    kind = form.get(f"k.{path}", "all")
    if kind not in GROUPS:
        return Row(
            path=path,
            kind="condition",
            subject=form.get(f"s.{path}", ""),
            op=form.get(f"o.{path}", ""),
            values=tuple(v.strip() for v in form.getlist(f"v.{path}") if v.strip()),
            upper=form.get(f"w.{path}", "").strip(),
        )
    below = sorted((p for p in known if p != ROOT and _parent(p) == path), key=_last)
    return Row(path=path, kind=kind, children=tuple(_read(form, p, known) for p in below))


def _parent(path: str) -> str:
    return path.rpartition(".")[0] or ROOT


def _last(path: str) -> int:
    last = path.rpartition(".")[2]
    return int(last) if last.isdigit() else 0


def numbered(row: Row, path: str) -> Row:
    """Give every row the path of its place, after something was added or taken out."""
    prefix = "" if path == ROOT else f"{path}."
    children = tuple(numbered(child, f"{prefix}{i}") for i, child in enumerate(row.children))
    return replace(row, path=path, children=children)


def act(root: Row, verb: str, path: str) -> tuple[Row, str]:
    """Do what a button asks, and say which row has the focus after it; an unknown verb changes nothing."""
    acts: Mapping[str, Callable[[Row], Row | None]] = {
        "add": lambda row: _with_child(row, Row(path="", kind="condition")),
        "group": lambda row: _with_child(
            row, Row(path="", kind="any", children=(Row(path="", kind="condition"),))
        ),
        "remove": lambda row: None,
    }
    if verb == "ungroup":
        return numbered(_dissolved(root, path), ROOT), _parent(path)
    if verb not in acts or (verb == "remove" and path == ROOT):
        return root, path
    changed = numbered(_changed(root, path, acts[verb]) or empty(), ROOT)
    return changed, _focus(changed, verb, path)


def _changed(row: Row, path: str, change: Callable[[Row], Row | None]) -> Row | None:
    if row.path == path:
        return change(row)
    kept = [c for c in (_changed(child, path, change) for child in row.children) if c is not None]
    return replace(row, children=tuple(kept))


def _with_child(row: Row, child: Row) -> Row:
    return replace(row, children=(*row.children, child)) if row.is_group else row


def _dissolved(row: Row, path: str) -> Row:
    children: list[Row] = []
    for child in row.children:
        children += child.children if child.path == path and child.is_group else (_dissolved(child, path),)
    return replace(row, children=tuple(children))


def _focus(root: Row, verb: str, path: str) -> str:
    if verb == "remove":
        return _parent(path)
    grown = next((row for row in root.walk() if row.path == path and row.children), root)
    last = grown.children[-1] if grown.children else grown
    return last.children[-1].path if last.children else last.path
