"""The rows of the editor as a condition tree of version 1, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from app.preview.rows import GROUPS, ROOT, Row, empty, numbered
from app.preview.subjects import Subject

Tree = Mapping[str, Any]


def to_tree(root: Row, subjects: Mapping[str, Subject]) -> dict[str, Any]:
    """The tree of version 1; rows not filled in yet, and groups without rows, are left out."""
    return {"version": 1, "all": _members(root, subjects) if root.kind == "all" else _wrapped(root, subjects)}


def _wrapped(root: Row, subjects: Mapping[str, Subject]) -> list[dict[str, Any]]:
    members = _members(root, subjects)
    return [{root.kind: members}] if members else []


def _members(row: Row, subjects: Mapping[str, Subject]) -> list[dict[str, Any]]:
    found = []
    for child in row.children:
        if child.is_group:
            below = _members(child, subjects)
            found += [{child.kind: below}] if below else []
        else:
            node = _condition(child, subjects.get(child.subject))
            found += [node] if node else []
    return found


def _condition(row: Row, subject: Subject | None) -> dict[str, Any] | None:
    if subject is None:
        return None
    name = subject.key.partition(":")[2]
    if subject.kind == "yesno":
        return {"tag": name, "op": "=", "value": row.op != "no"}
    if row.op in ("blank", "given"):
        return {"tag": name, "is": row.op}
    return _valued(row, subject, name) if row.values else None


def _valued(row: Row, subject: Subject, name: str) -> dict[str, Any]:
    if subject.kind == "group":
        return {"group": list(row.values)}
    if subject.kind == "choice":
        return {"tag": name, "not_in" if row.op == "not_in" else "in": list(row.values)}
    return _comparison(row, subject, name)


def _comparison(row: Row, subject: Subject, name: str) -> dict[str, Any]:
    value = _stored(row.values[0], subject)
    if subject.kind == "score":
        if row.op == "top":
            return {"score": name, "top_percent": value}
        return {"score": name, "op": row.op or ">=", "value": value}
    if row.op == "between":
        return {"tag": name, "between": [value, _stored(row.upper, subject) if row.upper else value]}
    return {"tag": name, "op": row.op or "=", "value": value}


def _stored(text: str, subject: Subject) -> Any:
    """The typed text as the tree keeps it; what is no number stays text, for the tool to refuse by name."""
    if subject.kind == "text":
        return text
    try:
        number = Decimal(text.replace(",", "")) * subject.scale
    except InvalidOperation:
        return text
    return int(number) if number == number.to_integral_value() else float(number)


def from_tree(tree: Tree | None, subjects: Mapping[str, Subject]) -> Row:
    """The rows of a stored tree."""
    if not tree:
        return empty()
    nodes = list(tree.get("all", ()))
    only = nodes[0] if len(nodes) == 1 else {}
    kind = next((k for k in ("any", "none") if k in only), None)
    if kind and set(only) == {kind}:
        return numbered(_from(only, subjects), ROOT)
    return numbered(Row(path=ROOT, kind="all", children=tuple(_from(n, subjects) for n in nodes)), ROOT)


def _from(node: Mapping[str, Any], subjects: Mapping[str, Subject]) -> Row:
    for kind in GROUPS:
        if kind in node:
            return Row(path="", kind=kind, children=tuple(_from(n, subjects) for n in node[kind]))
    if "group" in node:
        return Row(path="", kind="condition", subject="group", op="in", values=tuple(node["group"]))
    if "score" in node:
        return _from_score(node)
    return _from_tag(node, subjects.get(f"tag:{node.get('tag', '')}"))


def _from_score(node: Mapping[str, Any]) -> Row:
    op, value = ("top", node["top_percent"]) if "top_percent" in node else (node["op"], node["value"])
    return Row(path="", kind="condition", subject=f"score:{node['score']}", op=op, values=(str(value),))


def _from_tag(node: Mapping[str, Any], subject: Subject | None) -> Row:
    key = f"tag:{node.get('tag', '')}"
    row = Row(path="", kind="condition", subject=key)
    if "is" in node:
        return replace(row, op=node["is"])
    for op in ("in", "not_in"):
        if op in node:
            return replace(row, op=op, values=tuple(str(v) for v in node[op]))
    if "between" in node:
        low, high = (_typed(v, subject) for v in node["between"])
        return replace(row, op="between", values=(low,), upper=high)
    if isinstance(node.get("value"), bool):
        holds = node["value"] == (node.get("op", "=") == "=")
        return replace(row, op="yes" if holds else "no")
    return _from_comparison(row, node, subject)


def _from_comparison(row: Row, node: Mapping[str, Any], subject: Subject | None) -> Row:
    op, value = node.get("op", "="), node.get("value")
    if subject is not None and subject.kind == "choice":
        return replace(row, op="not_in" if op == "!=" else "in", values=(str(value),))
    return replace(row, op=op, values=(_typed(value, subject),))


def _typed(value: Any, subject: Subject | None) -> str:
    if subject is None or subject.scale == 1 or not isinstance(value, int | float):
        return str(value)
    return f"{Decimal(str(value)) / subject.scale:f}"


def leaves(root: Row, subjects: Mapping[str, Subject]) -> Sequence[tuple[str, dict[str, Any]]]:
    """Every filled-in condition with its path, as a node of its own."""
    found = [
        (row.path, _condition(row, subjects.get(row.subject))) for row in root.walk() if not row.is_group
    ]
    return [(path, node) for path, node in found if node is not None]
